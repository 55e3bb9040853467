"""`vigie witness` and `vigie audit`: the two sides of the log's witnesses, by the commands people type."""

import base64
import functools
import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from factories.oversight import kept_and_signed
from factories.people import add_person, add_unit
from support.database import administrator
from support.installed import checkpoint_key
from support.time_stamps import TimeStampAuthority
from vigie.backends import remote as remote_side
from vigie.backends.remote import Remote
from vigie.config.problems import Weight
from vigie.engines.proofs import SigningKey, WitnessKey, open_checkpoint
from vigie.interfaces.cli import audit as audit_cli
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import utc_now
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.oversight.queries import as_stored

pytestmark = pytest.mark.usefixtures("database")
SERVER = "http://localhost"


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    code: Any = ended.value.code
    return int(code)


@pytest.fixture
def key(database: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An installation whose server the commands reach without a network, somebody of oversight signed in at it."""
    add_unit("board", "ALV")
    olga = add_person("olga", "board", Role.OVERSIGHT, certified_days=0)
    token = token_for(olga.user, label="test", confirmed_at=utc_now()).token
    wire = functools.partial(httpx.Client, transport=httpx.WSGITransport(app=WSGIHandler()))
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    monkeypatch.setattr(httpx, "Client", wire)
    monkeypatch.setattr(remote_side, "signed_in", lambda _: Remote(wire(base_url=SERVER, headers=headers)))
    monkeypatch.setattr(audit_cli, "_django", lambda: None)
    with checkpoint_key() as made:
        kept_and_signed(made)
        yield made


def joined(folder: Path, name: str, key: SigningKey, capsys: pytest.CaptureFixture[str]) -> str:
    """A witness made, added, and given its token; returns its public key."""
    assert run("witness", "init", name, str(key.verifier), "--folder", str(folder)) == 0
    public = capsys.readouterr().out.strip().splitlines()[-1]
    assert run("audit", "witness", "add", public) == 0
    added = json.loads(capsys.readouterr().out)
    assert added["log_key"] == str(key.verifier)
    (folder / "token").write_text(added["token"])
    return public


def sign(folder: Path, *more: str) -> int:
    return run("witness", "sign", "--folder", str(folder), "--server", SERVER, *more)


def test_two_witnesses_sign_and_the_verdict_names_them(tmp_path, key, capsys):
    assert run("audit", "verify") == 0
    assert "Without an outside witness" in capsys.readouterr().out
    a, b = tmp_path / "a", tmp_path / "b"
    keys = [joined(folder, f"{folder.name}.example/w", key, capsys) for folder in (a, b)]
    assert sign(a) == 0
    assert "signed and handed over" in capsys.readouterr().out
    assert run("witness", "status", "--folder", str(a), "--note", str(tmp_path / "a.note")) == 0
    kept_and_signed(key)
    assert sign(b, "--peer", str(tmp_path / "a.note")) == 0
    assert "one history" in capsys.readouterr().out
    assert run("audit", "witness", "list") == 0
    assert [json.loads(line)["size"] > 0 for line in capsys.readouterr().out.splitlines()] == [True, True]
    assert run("audit", "verify", "--json", "--witness", keys[0], "--witness", keys[1]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {one["witness"] for one in document["witnessed"]} == {"a.example/w", "b.example/w"}
    assert "Without an outside witness" not in document["detects"]
    assert run("audit", "export", str(tmp_path / "log.zip")) == 0
    assert run("audit", "verify", "--bundle", str(tmp_path / "log.zip"), "--witness", keys[0]) == 0
    assert "a.example/w saw" in capsys.readouterr().out
    assert run("audit", "witness", "end", "a.example/w") == 0
    assert sign(a) == 3


def test_a_stick_carries_both_ways(tmp_path, key, capsys):
    joined(tmp_path / "a", "a.example/w", key, capsys)
    request, note = str(tmp_path / "request"), str(tmp_path / "note")
    assert run("audit", "request", request) == 0
    assert run("witness", "sign", request, note, "--folder", str(tmp_path / "a")) == 0
    assert open_checkpoint(Path(note).read_text(), key.verifier).size > 0
    assert run("audit", "cosign", note) == 0
    assert "1 new cosignatures are kept" in capsys.readouterr().err
    assert run("witness", "sign", "--folder", str(tmp_path / "a")) == 2
    assert run("witness", "sign", note, request, "--folder", str(tmp_path / "none")) == 1
    assert run("witness", "sign", "--folder", str(tmp_path / "none"), "--server", SERVER) == 0


def cut_back_and_go_on(key: SigningKey) -> None:
    """The operator takes the last checkpoint and its entries away, writes others, and signs again."""
    with administrator() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM audit_checkpoint")
        owner.execute("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE index = 3)")
        owner.execute("DELETE FROM audit_leaf")
    kept_and_signed(key)


def test_a_log_written_anew_is_refused_by_the_witness_and_shown_by_its_note(tmp_path, key, capsys):
    a = tmp_path / "a"
    joined(a, "a.example/w", key, capsys)
    kept_and_signed(key)
    assert sign(a) == 0
    note = tmp_path / "a.note"
    assert run("witness", "status", "--folder", str(a), "--note", str(note)) == 0
    cut_back_and_go_on(key)
    assert sign(a) == 1
    said = capsys.readouterr().err
    assert "NOT SIGNED: " in said
    assert "evidence" in said
    assert list(a.glob("logs/*/evidence/*"))
    assert run("audit", "verify", "--kept", str(note)) == 1
    assert "The log is not as signed" in capsys.readouterr().out


def test_two_histories_shown_to_two_witnesses_are_found_when_they_compare(tmp_path, key, capsys):
    a, b = tmp_path / "a", tmp_path / "b"
    joined(a, "a.example/w", key, capsys)
    joined(b, "b.example/w", key, capsys)
    kept_and_signed(key)
    assert sign(a) == 0
    note = tmp_path / "a.note"
    assert run("witness", "status", "--folder", str(a), "--note", str(note)) == 0
    cut_back_and_go_on(key)
    assert sign(b, "--peer", str(note)) == 1
    assert "two histories" in capsys.readouterr().err
    assert run("witness", "compare", str(note), "--folder", str(b), "--server", SERVER) == 1
    assert run("witness", "compare", str(note), "--folder", str(a)) == 0


def test_a_peers_note_may_lie_at_an_address(tmp_path, key, capsys, monkeypatch):
    a = tmp_path / "a"
    joined(a, "a.example/w", key, capsys)
    assert sign(a) == 0
    answers = iter([httpx.Response(404), httpx.ConnectError("nobody"), httpx.Response(200, text="no note")])

    def get(*_: Any, **__: Any) -> httpx.Response:
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(httpx, "get", get)
    compare = ("witness", "compare", "https://b.example/note", "--folder", str(a), "--server", SERVER)
    assert [run(*compare) for _ in range(3)] == [4, 7, 1]


def test_a_witness_of_several_logs_says_which(tmp_path, key, capsys):
    folder = tmp_path / "a"
    joined(folder, "a.example/w", key, capsys)
    other = SigningKey.generate("other.example/log")
    assert run("witness", "init", "a.example/w", str(other.verifier), "--folder", str(folder)) == 0
    assert run("witness", "status", "--folder", str(folder), "--note", str(tmp_path / "x")) == 2
    assert "name the log with --log" in capsys.readouterr().err
    assert run("witness", "compare", "x", "--folder", str(folder), "--log", "nobody") == 1
    assert run("witness", "init", "a.example/w", "no key", "--folder", str(folder)) == 1


def test_a_checkpoint_is_stamped_by_an_authority_or_by_files(tmp_path, key, capsys, monkeypatch):
    authority = TimeStampAuthority(tmp_path / "tsa")
    named = settings.VIGIE.model_copy(update={"stamp_certificates": authority.certificates})
    monkeypatch.setattr(settings, "VIGIE", named)
    assert run("audit", "stamp") == 1
    assert "No time-stamp authority is named." in capsys.readouterr().err
    query, reply = tmp_path / "query", tmp_path / "reply"
    assert run("audit", "stamp", "--query-out", str(query)) == 0
    size = capsys.readouterr().out.strip()
    reply.write_bytes(authority.reply(query.read_bytes()))
    assert run("audit", "stamp", "--reply", str(reply), "--size", size) == 0
    asked = settings.VIGIE.model_copy(update={"stamp_authority": "http://tsa.example/"})
    monkeypatch.setattr(audit_cli, "load_settings", lambda: asked)
    answers = iter([200, 500])

    def post(_: str, *, content: bytes, **__: Any) -> httpx.Response:
        return httpx.Response(next(answers), content=authority.reply(content))

    monkeypatch.setattr(httpx, "post", post)
    assert run("audit", "stamp") == 0
    assert run("audit", "stamp") == 1

    def unreachable(*_: Any, **__: Any) -> httpx.Response:
        raise httpx.ConnectError("nobody")

    monkeypatch.setattr(httpx, "post", unreachable)
    assert run("audit", "stamp") == 7
    capsys.readouterr()
    bundle = tmp_path / "log.zip"
    assert run("audit", "export", str(bundle)) == 0
    assert run("audit", "verify", "--bundle", str(bundle), "--authorities", str(authority.certificates)) == 0
    assert f"Time stamp of {size} entries: 20" in capsys.readouterr().out


def test_a_missing_openssl_is_said(key, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: (_ for _ in ()).throw(FileNotFoundError()))
    assert run("audit", "stamp", "--query-out", "query") == 1
    assert "openssl is not installed" in capsys.readouterr().err


def test_the_doctor_warns_of_a_day_without_two_witnesses(tmp_path, key, capsys, monkeypatch):
    monkeypatch.setattr(audit_cli, "holder", lambda _: 4711)

    def findings():
        return list(audit_cli.examine_witnesses(settings.VIGIE))

    assert [one.weight for one in findings()] == [Weight.FINE]
    with administrator() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE audit_checkpoint SET at = at - %s", [timedelta(hours=25)])
    [late] = findings()
    assert late.weight is Weight.WARNING
    assert "no two outside witnesses" in late.what
    for name in "ab":
        joined(tmp_path / name, f"{name}.example/w", key, capsys)
        assert sign(tmp_path / name) == 0
    assert [one.weight for one in findings()] == [Weight.FINE]
    monkeypatch.setattr(audit_cli, "holder", lambda _: None)
    assert findings() == []


def test_a_bent_cosignature_in_the_database_is_said(tmp_path, key, capsys):
    public = WitnessKey.parse(joined(tmp_path / "a", "a.example/w", key, capsys))
    head = as_stored.checkpoints()[-1]
    line = f"— a.example/w {base64.b64encode(public.key_id + bytes(72)).decode()}\n"
    with administrator() as owner:
        owner.execute(
            "INSERT INTO oversight_cosignature (id, witness_id, size, at, line, recorded_at) "
            "SELECT %s, id, %s, now(), %s, now() FROM oversight_witness",
            [uuid.uuid4(), head.size, line],
        )
    assert run("audit", "verify") == 1
    assert "the cosignature of a.example/w does not belong to the checkpoint" in capsys.readouterr().out
