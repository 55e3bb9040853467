"""What readers may do onwards: said when a case is opened, stricter at any time, looser by a supervisor; facts follow."""

import dataclasses
import hashlib
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from factories.cases import borellian, opened_case, opened_exhibit
from factories.clients import browser, terminal
from factories.intake import answered, arrived, line, neighbour_in_place, opened_submission, worked
from factories.media import picture
from factories.people import Somebody, add_person, add_unit
from factories.retention import given
from support.database import administrator
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import Audience, Handling
from vigie.kernel.vault import Vault
from vigie.rooms.cases import operations, queries
from vigie.rooms.intake.operations import recording
from vigie.rooms.media.operations import tighten_content_handling
from vigie.rooms.series.operations import add_member, create_series
from vigie.rooms.series.rules import Basis

SEIZURE = {"legal_basis": "seizure"}


@pytest.fixture
def ines(database: None, stored_vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Any:
    add_unit("alv", "ALV")
    with neighbour_in_place(monkeypatch):
        yield add_person("ines", "alv")


@pytest.fixture
def sam(ines: Somebody) -> Somebody:
    return add_person("sam", "alv", Role.SUPERVISOR)


def tightened(actor: Actor, case: uuid.UUID, handling: Handling) -> None:
    with act_as(actor, clock=utc_now):
        operations.tighten_handling(actor, case=case, handling=handling)


def said_of(table: str) -> list[str]:
    with administrator() as look:
        return [
            row[0] for row in look.execute(f"SELECT handling FROM {table} ORDER BY id".encode()).fetchall()
        ]


def handling_of(content: uuid.UUID) -> str:
    with administrator() as look:
        row = look.execute("SELECT handling FROM media_content WHERE public_id = %s", [content]).fetchone()
    assert row is not None
    return str(row[0])


def content_of(data: bytes) -> uuid.UUID:
    with administrator() as look:
        digest = hashlib.sha256(data).digest()
        row = look.execute("SELECT public_id FROM media_content WHERE sha256 = %s", [digest]).fetchone()
    assert row is not None
    found: uuid.UUID = row[0]
    return found


def test_what_was_found_and_what_was_made_from_it_follow_the_case(ines: Somebody) -> None:
    actor = ines.actor
    case = opened_case(actor, handling=Handling.OPEN, **SEIZURE)
    [content] = given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    with act_as(actor, clock=utc_now):
        facts = {"legal_basis": "seizure", "purpose": Purpose.VICTIM_IDENTIFICATION}
        series = create_series(actor, name="Lighthouse", audience=Audience.COMMUNITY, **facts)
        add_member(actor, series=series, content=content, basis=Basis.SAME_VICTIM)
    tightened(actor, case, Handling.ORIGINATOR_ONLY)
    for table in ("cases_case", "media_content", "media_rendition", "media_originalkey", "series_membership"):
        assert said_of(table) == ["originator_only"], table
    [after] = given(actor, picture(2), exhibit=opened_exhibit(actor, "E-2", case=case))
    assert handling_of(after) == "originator_only"
    with administrator() as look:
        [row] = look.execute("SELECT facts FROM audit_event WHERE verb = 'media:handling:tighten'").fetchall()
    assert (row[0]["handling"], row[0]["contents"]) == ("originator_only", 1)


def test_what_is_stricter_already_stays(ines: Somebody) -> None:
    actor = ines.actor
    case = opened_case(actor, handling=Handling.OPEN, **SEIZURE)
    exhibit = opened_exhibit(actor, case=case)
    strict, loose = given(actor, picture(1), picture(2), exhibit=exhibit)
    with act_as(actor, clock=utc_now):
        tighten_content_handling(actor, strict, Handling.ORIGINATOR_ONLY)
    tightened(actor, case, Handling.RELEASABLE)
    assert (handling_of(strict), handling_of(loose)) == ("originator_only", "releasable")


@pytest.mark.parametrize("handling", [Handling.OPEN, Handling.RELEASABLE])
def test_nothing_gets_looser_by_tightening(ines: Somebody, handling: Handling) -> None:
    case = opened_case(ines.actor, handling=Handling.RELEASABLE, **SEIZURE)
    with pytest.raises(Invalid):
        tightened(ines.actor, case, handling)


def test_another_units_case_is_no_case_at_all(ines: Somebody) -> None:
    case = opened_case(ines.actor, **SEIZURE)
    for one in (case, uuid.uuid4()):
        with pytest.raises(NotFound):
            tightened(borellian(), one, Handling.ORIGINATOR_ONLY)


def test_looser_is_for_a_supervisor_who_just_signed_in(ines: Somebody, sam: Somebody) -> None:
    case = opened_case(ines.actor, handling=Handling.ORIGINATOR_ONLY, **SEIZURE)
    stale = dataclasses.replace(sam.actor, confirmed_at=utc_now() - timedelta(minutes=6))
    for who, refused in ((ines.actor, Refused), (stale, StepUpNeeded)):
        with pytest.raises(refused), act_as(who, clock=utc_now):
            operations.set_handling(who, case=case, handling=Handling.OPEN)
    assert said_of("cases_case") == ["originator_only"]
    with act_as(sam.actor, clock=utc_now):
        operations.set_handling(sam.actor, case=case, handling=Handling.OPEN)
    assert said_of("cases_case") == ["open"]


def test_looser_reaches_what_was_found_there_alone_and_bore_the_cases_word(
    ines: Somebody, sam: Somebody
) -> None:
    actor = ines.actor
    case = opened_case(actor, handling=Handling.ORCON, **SEIZURE)
    other = opened_case(actor, "C-2", handling=Handling.ORCON, **SEIZURE)
    given(actor, *(picture(seed) for seed in (1, 2, 3)), exhibit=opened_exhibit(actor, case=case))
    alone, both, stricter = (content_of(picture(seed)) for seed in (1, 2, 3))
    given(actor, picture(2), exhibit=opened_exhibit(actor, "E-2", case=other))
    with act_as(actor, clock=utc_now):
        tighten_content_handling(actor, stricter, Handling.ORIGINATOR_ONLY)
    with act_as(sam.actor, clock=utc_now):
        operations.loosen_handling(sam.actor, case=case, handling=Handling.OPEN)
    assert [handling_of(one) for one in (alone, both, stricter)] == ["open", "orcon", "originator_only"]
    with pytest.raises(Invalid), act_as(sam.actor, clock=utc_now):
        operations.loosen_handling(sam.actor, case=case, handling=Handling.ORCON)


def test_a_file_recorded_beside_a_tightening_does_not_escape_it(
    ines: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record of a batch holds what the case says: a tightening that comes meanwhile waits, and then reaches the file."""
    actor = ines.actor
    case = opened_case(actor, handling=Handling.OPEN, **SEIZURE)
    submission = opened_submission(actor, opened_exhibit(actor, case=case))
    data = picture(1)
    [answer] = answered(actor, submission, line(0, data))
    arrived(actor, submission, answer.entry, data)
    done = threading.Event()

    def tighten() -> None:
        try:
            tightened(actor, case, Handling.ORIGINATOR_ONLY)
        finally:
            done.set()
            connections.close_all()

    other = threading.Thread(target=tighten)
    stored = recording.record_contents

    def record(*args: Any, **kwargs: Any) -> Any:
        if other.ident is None:
            other.start()
            assert not done.wait(1.0), "the tightening did not wait for the batch"
        return stored(*args, **kwargs)

    monkeypatch.setattr(recording, "record_contents", record)
    worked(actor, submission)
    other.join(20)
    assert done.is_set()
    assert said_of("media_content") == ["originator_only"]


def test_an_erased_case_says_nothing_any_more(ines: Somebody) -> None:
    case = opened_case(ines.actor, **SEIZURE)
    with administrator() as change:
        change.execute("UPDATE cases_case SET state = 'erased'")
    with pytest.raises(Conflict):
        tightened(ines.actor, case, Handling.ORIGINATOR_ONLY)


def test_it_is_chosen_when_a_case_is_opened_and_shown_on_case_exhibit_and_item(ines: Somebody) -> None:
    client = browser(ines)
    form = client.get("/cases/open/").content.decode()
    assert "It leaves in no answer that can be kept as a file" in form
    filled = {
        "reference": "ALV-1", "legal_basis": "seizure", "purpose": "victim_identification", "share": "community",
        "answer_outside": "contact_only", "handling": "releasable",
    }  # fmt: skip
    page = client.post("/cases/open/", filled)["Location"]
    case = uuid.UUID(page.split("/")[2])
    exhibit = opened_exhibit(ines.actor, case=case)
    [content] = given(ines.actor, picture(1), exhibit=exhibit)
    for address in (page, f"/exhibits/{exhibit}/", f"/media/{content}/"):
        shown = client.get(address).content.decode()
        assert "Releasable" in shown, address
        assert "passed on to those who see it anyway" in shown, address


def test_the_page_of_a_case_offers_stricter_to_all_and_looser_to_supervisors(
    ines: Somebody, sam: Somebody
) -> None:
    case = opened_case(ines.actor, handling=Handling.ORCON, **SEIZURE)
    address = f"/cases/{case}/"
    hers, his = (browser(one).get(address).content.decode() for one in (ines, sam))
    assert 'value="originator_only"' in hers
    assert 'value="open"' not in hers
    assert 'value="open"' in his
    answer = browser(ines).post(f"{address}handling/", {"handling": "originator_only"}, follow=True)
    assert "Originator only" in answer.content.decode()
    assert browser(ines).post(f"{address}handling/", {"handling": "open"}).status_code == 422
    assert browser(sam).post(f"{address}handling/", {"handling": "open"}, follow=True).status_code == 200
    assert said_of("cases_case") == ["open"]


def test_an_item_is_made_stricter_on_its_own_page_by_its_owner_alone(ines: Somebody) -> None:
    add_unit("bor", "BOR")
    bo = add_person("bo", "bor")
    case = opened_case(ines.actor, handling=Handling.ORCON, **SEIZURE)
    [content] = given(ines.actor, picture(1), exhibit=opened_exhibit(ines.actor, case=case))
    page = f"/media/{content}/"
    theirs = browser(bo).get(page).content.decode()
    assert "Unit alv" in theirs
    assert "its owner is asked before it goes further" in theirs
    assert "DCIM" not in theirs
    assert browser(bo).post(f"{page}handling/", {"handling": "originator_only"}).status_code == 404
    assert browser(ines).post(f"{page}handling/", {"handling": "open"}).status_code == 422
    browser(ines).post(f"{page}handling/", {"handling": "originator_only"})
    assert handling_of(content) == "originator_only"
    assert browser(bo).get(f"/media/{uuid.uuid4()}/").status_code == 404


def test_the_api_says_it_too(ines: Somebody) -> None:
    case = opened_case(ines.actor, **SEIZURE)
    client = terminal(ines)
    address = f"/api/v1/cases/{case}/handling"
    assert (
        client.post(address, {"handling": "originator_only"}, content_type="application/json").status_code
        == 204
    )
    assert (
        client.post(address, {"handling": "originator_only"}, content_type="application/json").status_code
        == 422
    )
    assert client.post(address, {"handling": "open"}, content_type="application/json").status_code == 403
    with act_as(ines.actor, clock=utc_now):
        assert queries.case(ines.actor, case).handling is Handling.ORIGINATOR_ONLY
