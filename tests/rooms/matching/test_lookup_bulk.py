"""Long lists of hashes: released by a supervisor, answered as they come, gone on with after a cut."""

import io
import json
import os
import secrets
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from factories.cases import opened_case, opened_exhibit
from factories.clients import browser, terminal
from factories.matching import File, hold
from factories.people import add_person
from factories.web import lines_of
from rooms.matching.looking_up import CASE_BASIS, Desk, desk, sha256
from support.database import administrator
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Refused
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside
from vigie.rooms.matching import operations
from vigie.rooms.matching.api import incoming
from vigie.rooms.matching.api.incoming import BodyCutError, Spool, chunks, whole
from vigie.rooms.matching.rules.lookups import Unreadable

pytestmark = pytest.mark.usefixtures("database", "matcher")
NDJSON = "application/x-ndjson"


@pytest.fixture
def alvania(database: None) -> Desk:
    return desk("ALV")


def sent(asker: Desk, release: str, body: bytes, client: Client | None = None, **changes: str) -> Any:
    asked = {"case": str(asker.case), "exhibit": str(asker.exhibit), "release": release} | changes
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return (client or asker.terminal).post(f"/api/v1/lookups/bulk?{query}", body, content_type=NDJSON)


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def body(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def released(asker: Desk, most: int = 1_000, **changes: str) -> str:
    given = asker.release(most, **changes)
    assert given.status_code == 201, given.content
    return str(given.json()["id"])


def some(count: int) -> list[dict[str, Any]]:
    return [sha256(secrets.token_bytes(8)) for _ in range(count)]


def test_every_row_is_answered_in_its_order_and_a_broken_one_named(alvania: Desk) -> None:
    held = hold(alvania.investigator.actor, File(data=b"bulk" + secrets.token_bytes(8)))
    with administrator() as look:
        digest = look.execute("SELECT sha256 FROM media_content").fetchone()
    assert digest is not None
    mine = {"sha256": digest[0].hex()}
    sending = body(*some(1)) + b"{no json\n\n" + body(mine, mine, {"md5": "short", **some(1)[0]}) + b"[]"
    *told, end = lines(sent(alvania, released(alvania), sending))
    assert end == {"done": True, "last_row": 7}
    assert [one["row"] for one in told] == [1, 2, 4, 5, 6, 7]
    assert [one["asked"] for one in told] == [True, False, True, False, True, False]
    by_row = {one["row"]: one for one in told}
    assert [one["content"]["public_id"] for one in by_row[4]["own"]] == [str(held.public_id)]
    faults = {row: one["faults"] for row, one in by_row.items() if one["faults"]}
    assert faults[2] == ["not a line of JSON"]
    assert faults[5] == ["the same as row 4"]
    assert faults[6][0].startswith("md5 is not 32 hexadecimal digits")
    assert faults[7] == ["not an object with hashes by name"]


def test_what_is_silent_streams_like_what_nobody_holds(alvania: Desk) -> None:
    other, release = desk("BOR"), released(alvania)
    data = secrets.token_bytes(8)
    before = lines(sent(alvania, release, body(sha256(data))))
    hold(other.investigator.actor, File(data=data), outside=AnswerOutside.SILENT)
    assert lines(sent(alvania, release, body(sha256(data)))) == before


def test_each_stretch_is_counted_and_logged_by_itself(alvania: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "CHUNK_ROWS", 2)
    release = released(alvania)
    lines(sent(alvania, release, body(*some(5))))
    done = [facts for outcome, _, facts in lines_of("match:lookup:ask") if outcome == "done"]
    assert [(facts["rows"], facts["release"]) for facts in done] == [(2, release), (2, release), (1, release)]
    assert len({facts["asked"] for facts in done}) == 3
    with administrator() as look:
        assert look.execute("SELECT asked, released FROM matching_lookupcount").fetchall() == [(5, 5)]
        assert look.execute("SELECT used FROM matching_lookuprelease").fetchall() == [(5,)]


def test_a_release_covers_what_it_says_and_the_rest_is_gone_on_with(
    alvania: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "CHUNK_ROWS", 2)
    rows = some(5)
    *told, end = lines(sent(alvania, released(alvania, 3), body(*rows)))
    assert [one["row"] for one in told] == [1, 2]
    assert (end["last_row"], end["stopped"]["status"], end["stopped"]["code"]) == (2, 429, "quota-spent")
    *told, end = lines(sent(alvania, released(alvania, 3), body(*rows[2:]), first_row="3"))
    assert [one["row"] for one in told] == [3, 4, 5]
    assert end == {"done": True, "last_row": 5}


def another_case(asker: Desk) -> dict[str, str]:
    """A case of the same unit that no release names, with an exhibit."""
    case = opened_case(asker.investigator.actor, reference="C-2", **CASE_BASIS)
    exhibit = opened_exhibit(asker.investigator.actor, case=case)
    return {"case": str(case), "exhibit": str(exhibit)}


def test_only_the_person_in_the_case_until_the_moment_and_not_taken_back(alvania: Desk) -> None:
    row = body(*some(1))
    colleague = terminal(add_person("second", "alv-viu"))
    elsewhere = desk("BOR")
    good = released(alvania)
    taken_back = released(alvania)
    assert alvania.supervising.delete(f"/api/v1/lookups/releases/{taken_back}").status_code == 204
    ended = released(alvania)
    with administrator() as look:
        look.execute(
            "UPDATE matching_lookuprelease SET valid_until = now() WHERE public_id = %s", [uuid.UUID(ended)]
        )
    refused = [
        sent(alvania, taken_back, row),
        sent(alvania, ended, row),
        sent(alvania, str(uuid.uuid4()), row),
        sent(alvania, released(elsewhere), row),
        sent(alvania, good, row, client=colleague),
        sent(alvania, good, row, **another_case(alvania)),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert len({answer.content for answer in refused}) == 1
    assert refused[0].json()["code"] == "release-needed"
    other_case = sent(alvania, good, row, case=str(elsewhere.case))
    nowhere = sent(alvania, good, row, case=str(uuid.uuid4()), exhibit=str(uuid.uuid4()))
    assert other_case.status_code == nowhere.status_code == 404
    assert other_case.content == nowhere.content
    assert lines(sent(alvania, good, row))[-1]["done"]


@pytest.mark.parametrize("ending", ["release", "certificate", "token"])
def test_what_ends_while_a_list_is_under_way_ends_the_list(
    alvania: Desk, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "CHUNK_ROWS", 2)
    release = released(alvania)
    client = alvania.terminal
    answering = iter(sent(alvania, release, body(*some(6)), client=client).streaming_content)
    first = next(answering)
    assert [json.loads(line)["row"] for line in first.splitlines()] == [1, 2]
    with administrator() as look:
        if ending == "release":
            alvania.supervising.delete(f"/api/v1/lookups/releases/{release}")
        elif ending == "certificate":
            look.execute("UPDATE accounts_certificate SET revoked_at = now()")
        else:
            look.execute("UPDATE accounts_token SET revoked_at = now()")
    [last] = b"".join(answering).splitlines()
    said = json.loads(last)
    expected = {
        "release": (403, "release-needed"),
        "certificate": (403, "certificate-missing"),
        "token": (401, "not-signed-in"),
    }[ending]
    assert (said["stopped"]["status"], said["stopped"]["code"]) == expected
    assert said["last_row"] == 2


def test_long_lists_take_a_quarter_of_the_threads_and_give_them_back(alvania: Desk) -> None:
    release, most = released(alvania), settings.VIGIE.web_threads // 4
    open_now = [sent(alvania, release, body(*some(1))) for _ in range(most)]
    refused = sent(alvania, release, body(*some(1)))
    assert refused.status_code == 503
    assert "Nothing was counted" in refused.json()["detail"]
    open_now.pop().close()  # nobody read from it
    assert lines(sent(alvania, release, body(*some(1))))[-1]["done"]
    for answer in open_now:
        assert lines(answer)[-1]["done"]
        answer.close()
    for _ in range(most + 1):
        assert lines(sent(alvania, release, b"")) == [{"done": True, "last_row": 0}]


def test_a_person_at_a_browser_asks_too_until_they_may_no_more(alvania: Desk) -> None:
    release = released(alvania)
    client = browser(alvania.investigator)
    assert lines(sent(alvania, release, body(*some(1)), client=client))[-1]["done"]
    answer = sent(alvania, release, body(*some(1)), client=client)
    with administrator() as look:
        look.execute("UPDATE accounts_user SET is_active = false")
    [end] = lines(answer)
    assert end["stopped"]["status"] == 401


def test_a_supervisor_gives_and_lists_releases_and_others_see_their_own(alvania: Desk) -> None:
    given = released(alvania, 77)
    assert alvania.release(0).status_code == 422
    assert alvania.release(until="2020-01-01T00:00:00Z").status_code == 422
    assert alvania.release(until="2999-01-01T00:00:00").status_code == 422
    assert alvania.release(person="nobody.here").status_code == 404
    assert alvania.release(person=desk("BOR").investigator.user.username).status_code == 404
    facts = {"person": "alv.inv", "case": str(alvania.case), "most_hashes": 1}
    own = alvania.terminal.post(
        "/api/v1/lookups/releases",
        facts | {"valid_until": "2999-01-01T00:00:00Z"},
        content_type="application/json",
    )
    assert own.status_code == 403
    place = "/api/v1/lookups/releases"
    for client in (alvania.supervising, alvania.terminal):
        [row] = client.get(place).json()
        assert (row["public_id"], row["most_hashes"], row["used"]) == (given, 77, 0)
        assert row["person"] == str(alvania.investigator.actor.id)
    assert terminal(add_person("third", "alv-viu")).get(place).json() == []
    assert alvania.terminal.delete(f"{place}/{given}").status_code == 403
    absent = alvania.supervising.delete(f"{place}/{uuid.uuid4()}")
    foreign = desk("CAS").supervising.delete(f"{place}/{given}")
    assert foreign.status_code == 404
    assert foreign.content == absent.content
    for _ in range(2):
        assert alvania.supervising.delete(f"{place}/{given}").status_code == 204
    written = [facts for _, _, facts in lines_of("match:lookup:release") if facts]
    assert [(facts.get("most_hashes"), facts.get("revoked")) for facts in written] == [
        (77, None),
        (None, 1),
        (None, 1),
    ]


class Sender:
    """A body that comes in pieces, as its writer sends them."""

    def __init__(self) -> None:
        self.out, self.writer = os.pipe()

    def read(self, size: int) -> bytes:
        return os.read(self.out, size)

    def send(self, data: bytes) -> None:
        os.write(self.writer, data)

    def end(self) -> None:
        os.close(self.writer)


@pytest.fixture
def sender() -> Iterator[Sender]:
    one = Sender()
    yield one
    os.close(one.out)


def test_a_slow_sender_hears_before_it_has_sent_all(sender: Sender) -> None:
    spool = Spool(sender.read)
    coming = chunks(spool, 5)
    sender.send(b'{"a": 1}\n{"a": 2}\n{"a"')
    assert next(coming) == [(5, {"a": 1}), (6, {"a": 2})]
    sender.send(b": 3}")
    sender.end()
    assert list(coming) == [[(7, {"a": 3})]]
    spool.close()


def test_a_line_that_is_too_long_or_too_deep_is_named_and_not_kept(sender: Sender) -> None:
    spool = Spool(sender.read)
    sender.send(b"[" * 10_000 + b"\n" + b"x" * 20_000 + b"\n" + b"7\n")
    sender.end()
    [rows] = chunks(spool, 1)
    assert rows == [
        (1, Unreadable("not a line of JSON")),
        (2, Unreadable("longer than 16384 bytes")),
        (3, 7),
    ]
    spool.close()


def test_a_body_that_breaks_off_is_told_apart_from_one_that_ends(sender: Sender) -> None:
    left = [b'{"a": 1}\n', ConnectionResetError("gone")]

    def read(_: int) -> bytes:
        piece = left.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece

    spool = Spool(read)
    coming = chunks(spool, 1)
    with pytest.raises(BodyCutError):
        list(coming)
    sender.end()


def test_a_body_shorter_than_it_said_is_one_that_broke_off() -> None:
    came = io.BytesIO(b"1\n2\n")
    spool = Spool(whole(came.read, 5))
    with pytest.raises(BodyCutError):
        list(chunks(spool, 1))
    spool.close()
    assert list(chunks(Spool(whole(io.BytesIO(b"1\n2\n").read, 4)), 1)) == [[(1, 1), (2, 2)]]


def test_nothing_is_kept_of_a_list_whose_reader_went_away(sender: Sender) -> None:
    spool = Spool(sender.read)
    coming = chunks(spool, 1)
    sender.send(b"1\n")
    assert next(coming) == [(1, 1)]
    spool.close()
    sender.send(b"2\n")
    sender.end()
    spool._filler.join(5)
    assert spool._file.closed


class TestVeryManyHashes:
    """More than one supervisor may release alone is proposed, and given by a second one."""

    @pytest.fixture(autouse=True)
    def _few_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            settings, "VIGIE", settings.VIGIE.model_copy(update={"lookups_release_alone": 1_000})
        )

    def test_one_supervisor_alone_gives_as_many_as_the_setting_says(self, alvania: Desk) -> None:
        assert alvania.release(1_000).status_code == 201
        assert alvania.release(1_001).status_code == 422  # no word of why, for whoever decides

    def test_a_second_supervisor_gives_what_the_first_proposed(self, alvania: Desk) -> None:
        answer = alvania.release(1_001, words="The bureau's whole list.")
        assert answer.status_code == 202
        assert alvania.supervising.get("/api/v1/lookups/releases").json() == []
        place = f"/api/v1/approvals/{answer.json()['proposal']}"
        second = terminal(add_person("alv.sup.2", "alv-viu", Role.SUPERVISOR))
        shown = second.get(place).json()
        assert shown["summary"] == "Let alv.inv look up 1,001 hashes in bulk until 2999-01-01 00:00 UTC"
        body = {"digest": shown["digest"]}
        own = alvania.supervising.post(f"{place}/approve", body, content_type="application/json")
        assert (own.status_code, own.json()["code"]) == (403, "self-approval")
        assert second.post(f"{place}/approve", body, content_type="application/json").status_code == 204
        [row] = alvania.supervising.get("/api/v1/lookups/releases").json()
        assert (row["most_hashes"], row["person"]) == (1_001, str(alvania.investigator.actor.id))

    def test_the_operation_itself_gives_no_more_to_one_person(self, alvania: Desk) -> None:
        chief = alvania.supervisor.actor
        with pytest.raises(Refused) as refusal, act_as(chief, clock=utc_now):
            operations.release_lookups(
                chief,
                person="alv.inv",
                case=alvania.case,
                most_hashes=11,
                valid_until=utc_now() + timedelta(days=1),
                alone_up_to=10,
            )
        assert refusal.value.code == "two-needed"

    def test_a_case_that_changed_since_is_refused(self, alvania: Desk) -> None:
        proposal = alvania.release(1_001, words="All.").json()["proposal"]
        with administrator() as look:
            look.execute("UPDATE cases_case SET state = 'closed'")
        second = terminal(add_person("alv.sup.2", "alv-viu", Role.SUPERVISOR))
        digest = second.get(f"/api/v1/approvals/{proposal}").json()["digest"]
        answer = second.post(
            f"/api/v1/approvals/{proposal}/approve", {"digest": digest}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "content-changed")
