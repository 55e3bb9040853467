"""The log as a page: sentences and proofs for those who may read it, and never more of it than is theirs."""

import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from django.apps import apps

from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from support.database import administrator
from vigie.engines.proofs import SigningKey
from vigie.kernel import sequencer
from vigie.kernel.actors import utc_now
from vigie.kernel.permissions import Role
from vigie.rooms.oversight.queries import lines

KEY = SigningKey("log.example/audit", bytes(range(32)))


@pytest.fixture(autouse=True)
def _log_key() -> Iterator[None]:
    kernel = apps.get_app_config("kernel")
    kernel.__dict__["checkpoint_key"] = KEY
    yield
    kernel.__dict__.pop("checkpoint_key", None)


@pytest.fixture
def board(database: None) -> Somebody:
    add_unit("board", "ALV")
    add_unit("alv", "ALV")
    add_unit("bor", "BOR")
    add_person("tomas", "alv")
    return add_person("board", "board", Role.OVERSIGHT, certified_days=0)


def kept_and_signed() -> None:
    sequencer.sequence()
    sequencer.sign(KEY, now=utc_now())


def page(person: Somebody, address: str = "/log/") -> str:
    answer = browser(person).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_investigator_may_not_read_it(board: Somebody) -> None:
    answer = browser(add_person("ines", "alv")).get("/log/")
    assert answer.status_code == 403
    assert lines_of("audit:log:read")[-1][:2] == ("refused", "no-role")


def test_one_sentence_says_how_far_it_is_proven(board: Somebody) -> None:
    assert "The log has no entry in its tree yet" in page(board)
    sequencer.sequence()
    assert "kept and not signed yet" in page(board)
    kept_and_signed()
    assert "Signed to entry" in page(board)
    add_person("lea", "alv")
    sequencer.sequence()
    assert "later entries wait for the next one" in page(board)


def test_checking_reads_it_again_and_names_the_first_entry_that_does_not_fit(board: Somebody) -> None:
    kept_and_signed()
    assert "Unbroken to entry" in page(board, "/log/?check=now")
    with administrator() as connection:
        connection.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE audit_event SET verb = 'nothing' WHERE id = (SELECT event_id FROM audit_leaf WHERE index = 2)"
        )
        connection.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    shown = page(board, "/log/?check=now")
    assert "The log is not as it was signed" in shown
    assert "The first entry that does not fit is number 3." in shown


def test_oversight_reads_every_unit_and_a_supervisor_their_own(board: Somebody) -> None:
    supervisor = add_person("ines", "alv", Role.SUPERVISOR)
    add_person("marek", "bor")
    assert '<br><span class="muted">Unit bor</span>' in page(board)
    theirs = page(supervisor)
    assert "Unit alv" in theirs
    assert "Unit bor" not in theirs


def test_entries_are_sentences_without_names(board: Somebody) -> None:
    shown = page(board)
    assert "Set their password" in shown
    assert "Tomas" not in shown
    assert "P-" in shown


def test_filters_narrow_and_can_be_left_again(board: Somebody) -> None:
    browser(board).get("/cases/")
    refused = page(board, "/log/?outcome=refused")
    assert "Refused</span>" in refused
    assert "Allowed</span>" not in refused
    assert "No entry fits what you asked for." in page(board, "/log/?verb=media:original:export")
    assert page(board, "/log/?period=today").count("<tr") == page(board).count("<tr")


def test_a_record_and_a_person_lead_to_their_own_lines(board: Somebody) -> None:
    page_of_all = page(board)
    for name, label in (("subject", "Record"), ("person", "Person")):
        address = re.search(rf'href="(/log/\?{name}=[0-9a-f-]+)"', page_of_all)
        assert address is not None
        narrowed = page(board, address[1])
        assert 1 <= narrowed.count("<tr") - 1 < page_of_all.count("<tr") - 1
        assert f"{label} <bdi" in narrowed
        assert 'href="/log/" aria-current="true"' in narrowed


def test_a_filter_that_is_no_id_finds_nothing(board: Somebody) -> None:
    client = browser(board)
    for address in ("/log/?subject=x", "/log/?entry=x", "/log/?cursor=x", f"/log/?entry={board.actor.id}"):
        assert client.get(address).status_code == 404


def test_long_logs_come_in_pages(board: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PAGE", 3)
    first = page(board)
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = page(board, older)
    assert "Newest" in second
    codes = {part.split("</bdi>")[0] for part in first.split('#entry"><bdi>')[1:]}
    assert codes.isdisjoint({part.split("</bdi>")[0] for part in second.split('#entry"><bdi>')[1:]})


def test_one_entry_shows_its_proof(board: Somebody) -> None:
    event = lines_and_ids("account:password:set")[0]
    assert "No signed checkpoint covers this entry yet." in page(board, f"/log/?entry={event}")
    kept_and_signed()
    shown = page(board, f"/log/?entry={event}")
    assert "The proof holds" in shown
    assert KEY.name in shown


def lines_and_ids(verb: str) -> list[str]:
    with administrator() as look:
        return [
            str(i) for (i,) in look.execute("SELECT id FROM audit_event WHERE verb = %s", [verb]).fetchall()
        ]


def test_the_reason_given_stands_beside_the_act(board: Somebody) -> None:
    ines = add_person("ines", "alv", certified_days=0)
    browser(ines).post("/cases/open/", {})
    assert "needs a valid certificate" not in page(board)  # a form that is wrong asks the policy nothing
    browser(ines).get("/doctor/")
    assert "Your role does not include this." in page(board)


def test_export_needs_a_fresh_sign_in_and_is_written_down(board: Somebody) -> None:
    kept_and_signed()
    stale = browser(board, confirmed=timedelta(minutes=6)).get("/log/export/")
    assert stale["Location"].startswith("/sign-in/confirm/")
    answer = browser(board).get("/log/export/")
    assert answer["Content-Type"] == "application/zip"
    assert zipfile.ZipFile(BytesIO(answer.content)).testzip() is None
    assert [outcome for outcome, _, _ in lines_of("audit:log:export")] == ["refused", "done"]
