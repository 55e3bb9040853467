"""`vigie lookup`: a list of hashes in, what is known of them out, in calls or in a stream that survives a cut."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler

from factories.matching import File, hold
from rooms.matching.looking_up import Desk, desk
from support.database import administrator
from vigie.backends.remote import Remote
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import utc_now
from vigie.kernel.policy import Audience
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.matching.cli import asking, lookups

pytestmark = pytest.mark.usefixtures("database", "matcher")


class Wire(httpx.BaseTransport):
    """The way to the program; it is cut after so many bytes of a stream of answers, once for each number."""

    def __init__(self) -> None:
        self.inner = httpx.WSGITransport(app=WSGIHandler())
        self.cuts: list[int] = []
        self.calls: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url.raw_path.decode()}")
        response = self.inner.handle_request(request)
        if "ndjson" not in response.headers.get("content-type", "") or not self.cuts:
            return response
        return httpx.Response(
            response.status_code, headers=response.headers, stream=Cut(response, self.cuts.pop(0))
        )


class Cut(httpx.SyncByteStream):
    def __init__(self, response: httpx.Response, after: int) -> None:
        self.response, self.left = response, after

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.response.iter_raw():
            yield piece[: self.left]
            self.left -= len(piece)
            if self.left <= 0:
                raise httpx.ReadError("cut")

    def close(self) -> None:
        self.response.close()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def alvania(database: None, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = desk("ALV")
    sign_in(made.investigator, wire, monkeypatch)
    return made


def sign_in(person: Any, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_for(person.user, label="test", confirmed_at=utc_now()).token
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Language": "en"}
    monkeypatch.setattr(
        lookups,
        "signed_in",
        lambda _settings: Remote(httpx.Client(transport=wire, base_url="http://testserver", headers=headers)),
    )


@pytest.fixture
def known() -> bytes:
    return b"known" + secrets.token_bytes(8)


@pytest.fixture
def a_list(tmp_path: Path, known: bytes) -> Path:
    """Five rows on seven lines: a comment, a text that is no hash, and the third row is known."""
    digests = [hashlib.sha256(data).hexdigest() for data in (b"1", b"2", known, b"4", b"5")]
    place = tmp_path / "hashes.txt"
    place.write_text("\n".join(["# a list", *digests[:2], "no hash", *digests[2:]]))
    return place


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["lookup", *arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


PLACE = ("--case", "C-1", "--exhibit", "E-1")


def test_what_is_known_is_printed_with_whom_to_call(
    alvania: Desk, known: bytes, a_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(alvania.investigator.actor, File(data=known))
    hold(desk("BOR").investigator.actor, File(data=known), audience=Audience.COMMUNITY)
    status, out, err = run(capsys, str(a_list), *PLACE)
    own, other = out.splitlines()
    assert own.startswith("line 5")
    assert "held here     identical sha256" in own
    assert "full          identical sha256  Unit bor-viu" in other
    assert "line 4: does not begin with a hash" in err
    assert "5 rows: 1 held here, 0 on lists, 1 held by others; 1 faults." in err
    assert status == 6


def test_what_lists_say_is_printed_too(
    alvania: Desk, a_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for role, data in (("flag", b"4"), ("hide", b"5")):
        file = SimpleUploadedFile("l.txt", hashlib.sha256(data).hexdigest().encode())
        facts = {"name": role, "source": "T", "version": "1", "role": role, "legal_basis": "seizure"}
        assert alvania.supervising.post("/api/v1/lists", {**facts, "file": file}).status_code == 201
    _, out, err = run(capsys, str(a_list), *PLACE)
    assert [line.split()[2:5] for line in out.splitlines()] == [
        ["flagged", "flag", "1:"],
        ["harmless", "hide", "1:"],
    ]
    assert "2 on lists" in err


def test_every_row_is_one_json_document_in_the_order_of_the_file(
    alvania: Desk, a_list: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_ROWS", 2)
    status, out, _ = run(capsys, str(a_list), *PLACE, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["row"], row["item"]) for row in rows] == list(
        enumerate(["line 2", "line 3", "line 5", "line 6", "line 7"], 1)
    )
    assert status == 6


def test_a_released_list_goes_in_one_stream_and_survives_cuts(
    alvania: Desk,
    wire: Wire,
    known: bytes,
    a_list: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vigie.rooms.matching.api.incoming.CHUNK_ROWS", 2)
    hold(alvania.investigator.actor, File(data=known))
    release = alvania.release(100).json()["id"]
    whole = run(capsys, str(a_list), *PLACE, "--release", release, "--json")
    wire.cuts, wire.calls = [150, 150, 1_000], []
    cut = run(capsys, str(a_list), *PLACE, "--release", release, "--json")
    assert cut[1] == whole[1]
    assert [json.loads(line)["row"] for line in cut[1].splitlines()] == [1, 2, 3, 4, 5]
    streams = [call for call in wire.calls if "bulk" in call]
    assert len(streams) > 2
    assert "first_row=1" in streams[0]
    assert "first_row=2" in streams[1]


def test_a_line_that_brings_nothing_says_where_to_go_on(
    alvania: Desk, wire: Wire, a_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = alvania.release(100).json()["id"]
    wire.cuts = [0, 0, 0]
    status, out, err = run(capsys, str(a_list), *PLACE, "--release", release, "--first-row", "3")
    assert (status, out) == (7, "")
    assert "go on with --first-row 3" in err


def test_a_stream_the_server_ends_says_why_and_where(
    alvania: Desk, a_list: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie.rooms.matching.api.incoming.CHUNK_ROWS", 2)
    release = alvania.release(3).json()["id"]
    status, out, err = run(capsys, str(a_list), *PLACE, "--release", release, "--json")
    assert status == 8
    assert len(out.splitlines()) == 2
    assert "go on with --first-row 3" in err


@pytest.mark.parametrize(
    ("place", "status"),
    [
        (("--case", "C-9", "--exhibit", "E-1"), 4),
        (("--case", "C-1", "--exhibit", "E-9"), 4),
        (("--case", "C-1"), 2),
    ],
)
def test_a_look_up_names_a_case_and_an_exhibit_that_are_there(
    alvania: Desk, a_list: Path, capsys: pytest.CaptureFixture[str], place: tuple[str, ...], status: int
) -> None:
    assert run(capsys, str(a_list), *place)[0] == status


def test_a_file_that_is_no_list_is_refused_by_name(
    alvania: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "x.txt"
    place.write_text("nothing of the kind")
    status, out, err = run(capsys, str(place), *PLACE)
    assert (status, out) == (2, "")
    assert str(place) in err


def test_over_the_quota_the_policy_refused(
    alvania: Desk, a_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with administrator() as look:
        look.execute(
            "INSERT INTO matching_lookupcount (id, owner_unit, owner_country, recorded_by, recorded_at, person, day,"
            " asked, released) VALUES (gen_random_uuid(), %s, 'ALV', %s, now(), %s, (now() AT TIME ZONE 'UTC')::date,"
            " %s, 0)",
            [
                alvania.investigator.actor.unit,
                *[alvania.investigator.actor.id] * 2,
                settings.VIGIE.lookups_person_day - 1,
            ],
        )
    status, out, err = run(capsys, str(a_list), *PLACE)
    assert (status, out) == (8, "")
    assert "1 more hashes may be looked up until" in err


def test_a_supervisor_gives_lists_and_takes_back(
    alvania: Desk, wire: Wire, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = ("alv.inv", "--case", "C-1", "--most", "5", "--until", "2999-01-01")
    assert run(capsys, "release", "give", *facts)[0] == 8
    sign_in(alvania.supervisor, wire, monkeypatch)
    status, given, _ = run(capsys, "release", "give", *facts)
    assert status == 0
    assert run(capsys, "release", "list")[1].split()[0] == given.strip()
    assert run(capsys, "release", "revoke", given.strip())[0] == 0
    assert "revoked" in run(capsys, "release", "list")[1]
    assert json.loads(run(capsys, "release", "list", "--json")[1])["most_hashes"] == 5
