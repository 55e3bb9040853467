"""`vigie partner`: a partner submits, the unit takes it into a case, reads what is known and says what it thinks."""

import hashlib
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.handlers.wsgi import WSGIHandler

from factories.matching import File, hold
from factories.people import Somebody, add_person, add_unit
from rooms.matching.looking_up import Desk, desk
from rooms.partners.test_comparing import published, worked
from vigie.backends.remote import Remote
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import utc_now
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.partners import cli

pytestmark = pytest.mark.usefixtures("database", "matcher")


@pytest.fixture
def alvania(database: None) -> Desk:
    return desk("ALV")


@pytest.fixture
def pia(alvania: Desk) -> Somebody:
    add_unit("alv-ngo", "ALV")
    return add_person("pia", "alv-ngo", Role.PARTNER, certified_days=0)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs a command as somebody; returns exit code, data and messages."""

    def ran(person: Somebody, *arguments: object) -> tuple[int, str, str]:
        token = token_for(person.user, label="test", confirmed_at=utc_now()).token
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Language": "en"}
        wire = httpx.WSGITransport(app=WSGIHandler())
        monkeypatch.setattr(
            cli,
            "signed_in",
            lambda _settings: Remote(
                httpx.Client(transport=wire, base_url="http://testserver", headers=headers)
            ),
        )
        with pytest.raises(SystemExit) as ended:
            main(["partner", *map(str, arguments)])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return ran


def test_from_the_submission_to_the_opinion(
    alvania: Desk, pia: Somebody, run: Callable[..., Any], tmp_path: Path
) -> None:
    drawn = b"a drawn lamp " + secrets.token_bytes(8)
    hold(alvania.investigator.actor, File(data=drawn))
    known, unknown = hashlib.sha256(drawn).hexdigest(), hashlib.md5(drawn + b".").hexdigest()
    (tmp_path / "list").write_text(f"{known}\n{unknown}\nno hash\n")
    ines = alvania.investigator
    code, out, err = run(
        pia, "submit", "--to", "alv-viu", "--title", "A list", "--hashes", tmp_path / "list", "--json"
    )
    submission = json.loads(out)["id"]
    assert (code, json.loads(out)["hashes"]) == (6, 2)
    assert "Line 3 is no hash" in err
    assert run(ines, "hashes", submission)[1] == f"{known}\n{unknown}\n"
    assert "received" in run(ines, "list")[1]
    assert run(ines, "findings", submission)[0] == 4
    assert run(ines, "compare", submission, "--case", "C-1")[0] == 2
    assert run(ines, "compare", submission, "--case", "C-1", "--exhibit", "E-9")[0] == 4
    assert run(ines, "compare", submission, "--case", "C-1", "--exhibit", "E-1")[0] == 0
    assert "0 rows known, 0 not compared; waiting, compared: not yet." in run(ines, "findings", submission)[2]
    worked()
    published()
    code, out, err = run(ines, "findings", submission)
    assert (code, out) == (0, f"     1  {known}  own\n")
    assert "1 rows known" in err
    [row] = [json.loads(line) for line in run(ines, "findings", submission, "--json")[1].splitlines()]
    assert row["own"][0]["claim"] == "identical"
    assert run(ines, "compare", submission)[0] == 0
    assert run(pia, "compare", submission)[0] == 8
    assert run(ines, "opinion", submission, "useful", "--words", "Thank you.")[0] == 0
    [seen] = [json.loads(line) for line in run(pia, "list", "--json")[1].splitlines()]
    assert seen["opinion"]["opinion"] == "useful"
