"""The command line's way to a server: its own words come back, its token stays in one file, nothing else is called."""

import json
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from vigie.backends.remote import (
    Login,
    RemoteProblem,
    forget_login,
    keep_login,
    kept_login,
    open_remote,
    place_of_login,
    read_login,
    server_of,
    signed_in,
)
from vigie.backends.remote.client import EXIT_OF_STATUS
from vigie.config.home import Home, mark_demo, prepare_home
from vigie.config.schema import Settings

SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
PROBLEM = {"title": "Not found", "detail": "There is no such case.", "code": "not-found"}


class Answers(BaseHTTPRequestHandler):
    """A server that answers as told and remembers what it was asked."""

    told: ClassVar[dict[str, tuple[int, bytes]]] = {}
    asked: ClassVar[list[dict[str, Any]]] = []

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.asked.append(
            {"method": self.command, "path": self.path, "body": body, "headers": dict(self.headers)}
        )
        status, content = self.told.get(self.path.partition("?")[0], (404, json.dumps(PROBLEM).encode()))
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the library names them

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    Answers.told.clear()
    Answers.asked.clear()
    running = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def demo(tmp_path: Path) -> Settings:
    """Settings of a demonstration: its sign-in is kept beside its home."""
    home = Home(tmp_path / "home")
    prepare_home(home)
    mark_demo(home)
    return Settings(home=home.root)


def login(server: str = "http://127.0.0.1:1", until: str = SOON) -> Login:
    return Login(server, "secret-token", until, "ines")


def test_answers_come_back_as_they_were_given(server: str) -> None:
    Answers.told["/list"] = (200, b'[{"a": 1}]')
    Answers.told["/made"] = (201, b'{"id": "x"}')
    Answers.told["/gone"] = (204, b"")
    Answers.told["/file"] = (200, b"\x00\xff")
    with open_remote(server, None, language="fr") as remote:
        assert remote.get("/list", after=None, limit=3) == [{"a": 1}]
        assert remote.post("/made", {"name": "é"}) == {"id": "x"}
        assert remote.delete("/gone") is None
        assert remote.download("/file") == b"\x00\xff"
    assert [one["path"] for one in Answers.asked] == ["/list?limit=3", "/made", "/gone", "/file"]
    assert json.loads(Answers.asked[1]["body"]) == {"name": "é"}


def test_a_client_speaks_its_persons_language_and_carries_the_token_only_when_signed_in(server: str) -> None:
    Answers.told["/me"] = (200, b"{}")
    for kept in (None, login(server)):
        with open_remote(server, kept, language="ar") as remote:
            remote.get("/me")
    without, with_token = (one["headers"] for one in Answers.asked)
    assert without["Accept-Language"] == with_token["Accept-Language"] == "ar"
    assert "Authorization" not in without
    assert with_token["Authorization"] == "Bearer secret-token"


def test_every_new_record_has_a_key_of_its_own(server: str) -> None:
    Answers.told["/made"] = (201, b"{}")
    with open_remote(server, None, language="en") as remote:
        remote.post("/made", {})
        remote.post("/made", {})
    keys = [one["headers"]["Idempotency-Key"] for one in Answers.asked]
    assert len(set(keys)) == 2


@pytest.mark.parametrize("call", ["get", "delete", "download"])
def test_a_refusal_comes_back_in_the_servers_words(server: str, call: str) -> None:
    with open_remote(server, None, language="en") as remote, pytest.raises(RemoteProblem) as refused:
        getattr(remote, call)("/no-such-case")
    assert (refused.value.status, refused.value.code, refused.value.exit_code) == (404, "not-found", 4)
    assert str(refused.value) == "Not found: There is no such case."


@pytest.mark.parametrize(("status", "code"), [*EXIT_OF_STATUS.items(), (500, 1), (418, 1), (302, 1)], ids=str)
def test_each_status_ends_the_command_as_agreed(server: str, status: int, code: int) -> None:
    Answers.told["/x"] = (status, b"<html>a page, not a problem</html>")
    with open_remote(server, None, language="en") as remote, pytest.raises(RemoteProblem) as refused:
        remote.get("/x")
    assert refused.value.exit_code == code
    assert str(refused.value) == f"the server answered {status}"


@pytest.mark.parametrize("call", ["get", "download"])
def test_a_server_that_does_not_answer_is_named(call: str) -> None:
    with (
        open_remote("http://127.0.0.1:1", None, language="en") as remote,
        pytest.raises(RemoteProblem) as silent,
    ):
        getattr(remote, call)("/x")
    assert (silent.value.status, silent.value.exit_code) == (0, 7)
    assert "http://127.0.0.1:1" in str(silent.value)


def test_no_proxy_of_the_environment_sees_a_request(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    Answers.told["/me"] = (200, b"{}")
    with open_remote(server, None, language="en") as remote:
        assert remote.get("/me") == {}


class TestKeptSignIn:
    """One file, readable by its owner only, replaced whole, and believed only while it lasts."""

    def test_it_reads_back_and_is_the_owners_alone(self, tmp_path: Path) -> None:
        place = tmp_path / "new" / "login.json"
        for token in ("one", "two"):
            keep_login(place, Login("http://s", token, SOON, "ines"))
        kept = read_login(place)
        assert kept is not None
        assert kept.token == "two"
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
        assert [path.name for path in place.parent.iterdir()] == ["login.json"]

    @pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"server": "x"}', '{"unknown": 1}', "\ud800"])
    def test_a_damaged_one_is_none(self, tmp_path: Path, text: str) -> None:
        place = tmp_path / "login.json"
        assert read_login(place) is None
        place.write_bytes(text.encode("utf-8", "surrogatepass"))
        assert read_login(place) is None

    def test_it_can_be_forgotten_twice(self, tmp_path: Path) -> None:
        place = tmp_path / "login.json"
        keep_login(place, login())
        forget_login(place)
        forget_login(place)
        assert read_login(place) is None

    def test_it_ends_at_its_moment(self) -> None:
        moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
        kept = login(until="2026-11-21T12:00:00+00:00")
        assert kept.has_ended(moment)
        assert not kept.has_ended(moment - timedelta(seconds=1))
        assert login(until="2026-11-21T12:00:00Z").has_ended(moment)

    def test_without_one_a_command_says_how_to_sign_in(self, demo: Settings) -> None:
        for until in (None, (datetime.now(UTC) - timedelta(seconds=1)).isoformat()):
            if until is not None:
                keep_login(place_of_login(demo), login(until=until))
            with pytest.raises(RemoteProblem) as missing:
                kept_login(demo)
            assert missing.value.exit_code == 3
            assert "vigie login" in str(missing.value)

    def test_a_command_speaks_to_the_server_it_was_signed_in_at(self, demo: Settings, server: str) -> None:
        Answers.told["/me"] = (200, b"{}")
        keep_login(place_of_login(demo), login(server))
        with signed_in(demo) as remote:
            remote.get("/me")
        assert Answers.asked[0]["headers"]["Authorization"] == "Bearer secret-token"

    def test_a_demonstrations_sign_in_stays_in_its_home(self, demo: Settings, tmp_path: Path) -> None:
        assert place_of_login(demo) == demo.home / "login.json"
        assert place_of_login(Settings(home=tmp_path / "real")).parent != tmp_path / "real"


def test_the_usual_server_is_this_machines_own(tmp_path: Path) -> None:
    assert server_of(Settings(home=tmp_path, port=9000)) == "http://127.0.0.1:9000"
    assert server_of(Settings(home=tmp_path, address="::1", port=9000)) == "http://[::1]:9000"


ODD = [b"<h1>Please pay for this network</h1>", b"\xff\xfe\x00", b'{"half":', b"[" * 100_000]


@pytest.mark.parametrize("body", ODD)
@pytest.mark.parametrize("status", [200, 404, 502])
def test_what_is_no_answer_of_a_vigie_is_a_problem_with_words(server: str, status: int, body: bytes) -> None:
    """A portal, a gateway or another program at the address: told, and never a trace of Python."""
    Answers.told["/api/v1/x"] = (status, body)
    with open_remote(server, None, language="en") as remote, pytest.raises(RemoteProblem) as told:
        remote.get("/api/v1/x")
    assert told.value.status == status
    assert ("answered" in str(told.value)) or ("does not answer as a Vigie does" in str(told.value))
    assert told.value.exit_code in set(EXIT_OF_STATUS.values()) | {1}


@pytest.mark.parametrize("body", [b"[]", b'"words"', b"null", b"7"])
def test_a_problem_that_is_no_object_is_told_by_its_status(server: str, body: bytes) -> None:
    Answers.told["/api/v1/x"] = (409, body)
    with (
        open_remote(server, None, language="en") as remote,
        pytest.raises(RemoteProblem, match="answered 409"),
    ):
        remote.get("/api/v1/x")
