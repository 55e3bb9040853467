"""Owners see who asked about what they hold and list: by unit, by item, over time, and no more than they may know."""

import csv
import io
import secrets
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from factories.matching import File, Held, hold, submission
from factories.web import browser, lines_of
from rooms.matching.asking import ask, at, deliver_all
from rooms.matching.looking_up import Desk, desk, sha256
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import NotFound, Refused, TooLarge
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.matching import operations
from vigie.rooms.matching.operations import asked as exporting
from vigie.rooms.matching.queries.asked import AskedFilter, asked_about, asked_summary, list_hits
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.schemas.asked import AskedAbout, AskedSummary, ListAsked
from vigie.rooms.matching.tasks import deliver, due

pytestmark = pytest.mark.usefixtures("database", "matcher")


@pytest.fixture
def alvania(database: None) -> Desk:
    return desk("ALV")


@pytest.fixture
def borellia(database: None) -> Desk:
    return desk("BOR")


@pytest.fixture
def castoria(database: None) -> Desk:
    return desk("CAS")


def drawn() -> File:
    return File(data=b"a drawn lamp " + secrets.token_bytes(8))


def lines(actor: Actor, **wanted: object) -> tuple[AskedAbout, ...]:
    with act_as(actor, clock=utc_now):
        return asked_about(actor, AskedFilter(**wanted))  # type: ignore[arg-type]  # names as the filter has them


def summary(actor: Actor, **wanted: object) -> AskedSummary:
    with act_as(actor, clock=utc_now):
        return asked_summary(actor, AskedFilter(**wanted))  # type: ignore[arg-type]  # names as the filter has them


def hits(actor: Actor) -> tuple[ListAsked, ...]:
    with act_as(actor, clock=utc_now):
        return list_hits(actor)


def flagged(owner: Desk, data: bytes, role: str = "flag") -> None:
    """The owner's list names these bytes."""
    table = f"sha256\n{sha256(data)['sha256']}\n".encode()
    facts = {"name": "L", "source": "T", "version": "1", "role": role, "legal_basis": "seizure"}
    answer = owner.supervising.post("/api/v1/lists", {**facts, "file": SimpleUploadedFile("l.csv", table)})
    assert answer.status_code == 201, answer.content


@pytest.fixture
def three(alvania: Desk, borellia: Desk, castoria: Desk) -> tuple[Held, Held, Held]:
    """Borellia holds a file for everybody, one by contact, one in silence; Alvania looks up all, Castoria the second."""
    wishes = (
        {"audience": Audience.COMMUNITY},
        {},
        {"outside": AnswerOutside.SILENT},
    )
    files = [drawn() for _ in wishes]
    held = [hold(borellia.investigator.actor, file, **wish) for file, wish in zip(files, wishes, strict=True)]  # type: ignore[arg-type]
    alvania.told(*(sha256(file.data) for file in files))
    castoria.told(sha256(files[1].data))
    deliver_all()
    return held[0], held[1], held[2]


def test_a_look_up_tells_each_owner_at_the_level_that_was_answered(
    three: tuple[Held, Held, Held], alvania: Desk, borellia: Desk
) -> None:
    found = {
        line.content: line.level
        for line in lines(borellia.investigator.actor, unit=alvania.investigator.actor.unit)
    }
    assert found == {
        three[0].public_id: Level.FULL,
        three[1].public_id: Level.CONTACT_ONLY,
        three[2].public_id: Level.SILENT,
    }
    assert lines(alvania.investigator.actor) == ()


def test_the_owner_is_told_within_a_minute_and_at_no_moment_that_says_anything(
    alvania: Desk, borellia: Desk
) -> None:
    files = [drawn() for _ in range(40)]
    for file in files:
        hold(borellia.investigator.actor, file)
    alvania.told(*(sha256(file.data) for file in files))
    with administrator() as look:
        rows = look.execute("SELECT extract(epoch FROM deliver_after - at) FROM match_delivery").fetchall()
    waits = [float(seconds) for (seconds,) in rows]
    assert len(waits) == 40
    assert all(0 <= seconds <= 60 for seconds in waits)
    assert max(waits) - min(waits) > 15, "drawn, not fixed"


def test_the_sums_count_by_unit_by_item_and_by_week(
    three: tuple[Held, Held, Held], alvania: Desk, borellia: Desk, castoria: Desk
) -> None:
    found = summary(borellia.investigator.actor)
    assert found.number == 4
    assert [(one.name, one.number, one.silent) for one in found.units] == [
        ("Unit alv-viu", 3, 1),
        ("Unit cas-viu", 1, 0),
    ]
    assert (found.items[0].id, found.items[0].number) == (three[1].public_id, 2)
    assert len(found.weeks) == 13
    assert [week.number for week in found.weeks] == [0] * 12 + [4]
    assert summary(castoria.investigator.actor).number == 0


def test_lines_are_narrowed_by_unit_item_level_and_time_and_come_in_pages(
    three: tuple[Held, Held, Held], castoria: Desk, borellia: Desk
) -> None:
    owner = borellia.investigator.actor
    assert len(lines(owner, unit=castoria.investigator.actor.unit)) == 1
    assert len(lines(owner, item=three[1].public_id)) == 2
    assert [line.content for line in lines(owner, level=Level.SILENT)] == [three[2].public_id]
    assert lines(owner, since=utc_now() + timedelta(hours=1)) == ()
    whole = lines(owner)
    with act_as(owner, clock=utc_now):
        first = asked_about(owner, AskedFilter(), limit=3)
        rest = asked_about(owner, AskedFilter(), after=first[-1].public_id)
        with pytest.raises(NotFound):
            asked_about(owner, AskedFilter(), after=three[0].public_id)
    assert first + rest == whole


def test_the_page_shows_units_and_desks_and_nobody_in_them(
    three: tuple[Held, Held, Held], alvania: Desk, borellia: Desk
) -> None:
    client = browser(borellia.investigator)
    page = client.get("/asked/").content.decode()
    assert "Unit alv-viu" in page
    assert "They were told nothing." in page
    assert f"M-{three[2].public_id.hex[-6:].upper()}" in page
    for secret in ("alv.inv", "Alv.Inv", str(alvania.case), str(alvania.investigator.actor.id)):
        assert secret not in page
    assert "Export as a table" not in page, "an investigator exports nothing"
    assert (
        "Nobody asked within these limits"
        in client.get(f"/asked/?unit={borellia.investigator.actor.unit}").content.decode()
    )
    assert client.get("/asked/?unit=nonsense").status_code == 404
    assert "Nobody has asked yet" in browser(alvania.investigator).get("/asked/").content.decode()


def test_a_supervisor_takes_the_lines_out_as_a_table_and_the_log_says_so(
    three: tuple[Held, Held, Held], borellia: Desk
) -> None:
    client = browser(borellia.supervisor)
    assert "Export as a table" in client.get("/asked/").content.decode()
    answer = client.get("/asked/export/?level=silent")
    assert answer.status_code == 200
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["unit"], row["item"], row["told"]) == ("alv-viu", str(three[2].public_id), "silent")
    [(outcome, _, facts)] = lines_of("match:notice:export")
    assert (outcome, facts["lines"], facts["narrowed"]) == ("done", 1, {"level": "silent"})


def test_an_investigator_may_not_export(borellia: Desk) -> None:
    with pytest.raises(Refused), act_as(borellia.investigator.actor, clock=utc_now):
        operations.export_asked(borellia.investigator.actor, AskedFilter())


def test_more_lines_than_one_file_takes_are_refused(
    three: tuple[Held, Held, Held], borellia: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_LINES", 3)
    with pytest.raises(TooLarge), act_as(borellia.supervisor.actor, clock=utc_now):
        operations.export_asked(borellia.supervisor.actor, AskedFilter())


def test_the_owner_of_a_list_hears_of_look_ups_that_hit_its_items(alvania: Desk) -> None:
    data = drawn().data
    flagged(alvania, data)
    alvania.told(sha256(data), sha256(drawn().data))
    alvania.told(sha256(data))
    assert hits(alvania.investigator.actor) == (), "not before its moment"
    release()
    [hit] = hits(alvania.investigator.actor)
    assert (hit.list_name, hit.by.value) == ("L", "sha256")
    assert hit.desk is not None
    assert hit.desk.code == "alv-viu"
    page = browser(alvania.investigator).get("/asked/lists/").content.decode()
    assert hit.item in page
    assert due() == []


def test_the_owner_of_a_list_hears_of_what_was_handed_in(alvania: Desk) -> None:
    file = drawn()
    flagged(alvania, file.data)
    ask(hold(alvania.investigator.actor, file), submission(alvania.investigator.actor))
    release()
    assert len(hits(alvania.investigator.actor)) == 1


def test_a_list_of_the_harmless_tells_nobody(alvania: Desk) -> None:
    data = drawn().data
    flagged(alvania, data, role="hide")
    alvania.told(sha256(data))
    release()
    assert hits(alvania.investigator.actor) == ()
    assert "No item was hit yet" in browser(alvania.investigator).get("/asked/lists/").content.decode()


def test_a_hit_is_told_to_the_list_s_owner_and_not_to_the_asker(alvania: Desk, borellia: Desk) -> None:
    """As it will be for lists several units use: the asker's side writes, and cannot read what it wrote."""
    from django.db import DatabaseError, transaction

    from vigie.kernel import context, gate
    from vigie.rooms.matching.models import ListDelivery

    data = drawn().data
    flagged(borellia, data)
    with administrator() as look:
        [(item,)] = look.execute("SELECT id FROM matching_knownitem").fetchall()
    asker, owner = alvania.investigator.actor, borellia.investigator.actor
    row = {
        "item_id": item,
        "owner_unit": owner.unit,
        "owner_country": "BOR",
        "asker_country": "ALV",
        "by": "sha256",
        "day": utc_now().date(),
        "deliver_after": utc_now(),
    }
    with context.acting_as(asker, clock=utc_now), gate.opened():
        ListDelivery.objects.create(asker_unit=asker.unit, **row)
        assert not ListDelivery.objects.exists()
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            ListDelivery.objects.create(asker_unit=owner.unit, **row)
    deliver(0)
    [hit] = hits(owner)
    assert hit.desk is not None
    assert hit.desk.code == "alv-viu"
    assert hits(asker) == ()


def test_a_hit_on_an_item_that_is_gone_is_discarded(alvania: Desk) -> None:
    data = drawn().data
    flagged(alvania, data)
    alvania.told(sha256(data))
    with administrator() as look, look.transaction():
        look.execute("SET LOCAL session_replication_role = replica")
        look.execute("DELETE FROM matching_knownitem")
    release()
    assert due() == []
    assert hits(alvania.investigator.actor) == ()


def test_hits_come_in_pages(alvania: Desk) -> None:
    first, second = drawn().data, drawn().data
    flagged(alvania, first)
    actor = alvania.investigator.actor
    ask_both = [sha256(first)]
    alvania.told(*ask_both)
    release()
    with administrator() as look:
        look.execute("UPDATE list_delivery SET day = day - 1")
    alvania.told(*ask_both, sha256(second))
    release()
    with act_as(actor, clock=at(utc_now())):
        newest = list_hits(actor, limit=1)
        rest = list_hits(actor, after=newest[-1].public_id)
        with pytest.raises(NotFound):
            list_hits(actor, after=alvania.case)
    assert len(newest) == len(rest) == 1


def release() -> None:
    """Hits on lists are due now and have been told."""
    with administrator() as look:
        look.execute("UPDATE list_delivery SET deliver_after = now() - interval '1 second'")
    deliver(0)
