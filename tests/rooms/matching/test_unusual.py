"""The weekly digest: plain rules that say why, people for the oversight body, units for an owner, a year and no longer."""

import csv
import io
import secrets
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from factories.matching import File, flipped, hold, random_code
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from rooms.matching.asking import deliver_all
from rooms.matching.looking_up import desk, sha256
from support.database import administrator
from vigie.kernel import context, gate, ledger
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Refused
from vigie.kernel.ids import uuid7
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.policy import AnswerOutside
from vigie.rooms.matching import operations
from vigie.rooms.matching.models import UnusualPerson, UnusualUnit
from vigie.rooms.matching.queries.unusual import unusual_people, unusual_units
from vigie.rooms.matching.rules.probing import KEPT, followed
from vigie.rooms.matching.rules.unusual import (
    PersonWeek,
    Rule,
    UnitWeek,
    is_odd_hour,
    last_whole_week,
    person_reasons,
    unit_reasons,
)
from vigie.rooms.matching.tasks import digest

WEEK = last_whole_week(utc_now())
TUESDAY_NOON = datetime.combine(WEEK + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=12)
QUIET = [PersonWeek(calls=2, rows=100, hits=2, misses=60, handed_in=10)] * 8


def rules(week: PersonWeek, before: Any = QUIET, colleagues: Any = ()) -> set[Rule]:
    return {one.rule for one in person_reasons(week, before, colleagues)}


def test_a_week_like_the_others_is_not_unusual() -> None:
    assert rules(QUIET[0]) == set()
    assert rules(PersonWeek()) == set()


@pytest.mark.parametrize(
    ("week", "rule"),
    [
        (PersonWeek(calls=2, rows=500, hits=9, misses=300, handed_in=5), Rule.MUCH_MORE),
        (PersonWeek(calls=2, rows=100, hits=30, misses=60), Rule.MANY_HITS),
        (PersonWeek(calls=8, rows=100, hits=2, misses=60, odd_hours=5), Rule.NIGHT_OR_WEEKEND),
        (PersonWeek(calls=2, rows=499, hits=1, misses=498), Rule.MANY_MISSES),
        (PersonWeek(calls=9, rows=100, hits=2, misses=60, neighbours=8), Rule.WALKING),
    ],
)
def test_each_rule_holds_by_itself(week: PersonWeek, rule: Rule) -> None:
    assert rules(week) == {rule}


def test_bulk_is_unusual_only_where_nothing_was_handed_in() -> None:
    busy = [PersonWeek(calls=2, rows=2_000, misses=1_200, handed_in=50)] * 8
    week = PersonWeek(calls=2, rows=2_000, misses=1_200)
    assert rules(week, busy) == {Rule.BULK_WITHOUT_INTAKE}
    assert rules(PersonWeek(calls=2, rows=2_000, misses=1_200, handed_in=1), busy) == set()


def test_a_busy_unit_makes_a_busy_week_usual() -> None:
    week = PersonWeek(calls=2, rows=500, hits=9, misses=300, handed_in=5)
    colleague = PersonWeek(calls=2, rows=400, misses=240)
    assert rules(week, QUIET, [colleague]) == set()


def test_a_reason_carries_the_figure_it_holds_by_and_what_is_usual() -> None:
    [reason] = person_reasons(PersonWeek(calls=2, rows=500, hits=9, misses=300, handed_in=5), QUIET, ())
    assert (reason.value, reason.usual) == (500, 100)


@pytest.mark.parametrize(
    ("week", "before", "found"),
    [
        (UnitWeek(questions=9), [], set()),
        (UnitWeek(questions=12), [UnitWeek()] * 8, {Rule.NEW_ASKER}),
        (UnitWeek(questions=12), [UnitWeek(questions=3)] * 8, set()),
        (UnitWeek(questions=25), [UnitWeek(questions=5)] * 8, {Rule.MUCH_MORE}),
        (UnitWeek(questions=12, silent=10), [UnitWeek(questions=10, silent=1)] * 8, {Rule.MOSTLY_SILENT}),
        (UnitWeek(questions=12, odd_hours=12), [UnitWeek(questions=10)] * 8, {Rule.NIGHT_OR_WEEKEND}),
    ],
)
def test_an_asker_is_unusual_for_an_owner(week: UnitWeek, before: list[UnitWeek], found: set[Rule]) -> None:
    assert {one.rule for one in unit_reasons(week, before, ())} == found


def test_night_and_weekend_are_those_of_the_asker() -> None:
    import zoneinfo

    tokyo = zoneinfo.ZoneInfo("Asia/Tokyo")
    assert not is_odd_hour(TUESDAY_NOON, UTC)
    assert is_odd_hour(TUESDAY_NOON + timedelta(hours=8), UTC)
    assert is_odd_hour(TUESDAY_NOON + timedelta(days=4), UTC)
    assert is_odd_hour(TUESDAY_NOON, tokyo)


def test_walking_from_code_to_code_is_seen_over_calls_and_asking_again_is_not() -> None:
    key, first = b"k", random_code()
    beside, trail = followed([first], b"", key)
    assert beside == 0
    for bits in (1, 3, 7):
        beside, trail = followed([flipped(first, bits)], trail, key)
        assert beside == 1
    assert followed([first, random_code(), random_code()], trail, key)[0] == 0
    assert followed([flipped(first, 2)], trail, b"another key")[0] == 0
    for _ in range(KEPT + 5):
        _, trail = followed([random_code()], trail, key)
    assert len(trail) == KEPT * 32
    assert first[:4] not in trail


def asked(person: Somebody, at: datetime, **facts: int) -> None:
    """One look-up stands in the log, at that moment."""
    zero = {"rows": 0, "own": 0, "listed": 0, "answered": 0}
    _stands(person.actor, Permission.MATCH_LOOKUP_ASK, at, zero | facts)


def _stands(actor: Actor, permission: Permission, at: datetime, facts: dict[str, Any]) -> None:
    entry = ledger.Entry(actor=actor, verb=permission.value, outcome=ledger.Outcome.DONE, at=at, facts=facts)
    with context.acting_as(actor, clock=utc_now), gate.opened():
        ledger.append(entry)


@pytest.fixture
def people(database: None) -> dict[str, Somebody]:
    for code, country in (("alv-viu", "ALV"), ("bor-viu", "BOR"), ("ovs", "CAS")):
        add_unit(code, country)
    return {
        "ines": add_person("ines", "alv-viu"),
        "tomas": add_person("tomas", "alv-viu", Role.SUPERVISOR),
        "mirela": add_person("mirela", "bor-viu", Role.SUPERVISOR),
        "odile": add_person("odile", "ovs", Role.OVERSIGHT),
    }


def test_the_oversight_body_reads_who_was_unusual_and_why_and_nobody_else_does(
    people: dict[str, Somebody],
) -> None:
    ines, odile = people["ines"], people["odile"]
    for number in range(1, 9):
        asked(ines, TUESDAY_NOON - timedelta(weeks=number), rows=50, own=10, answered=1)
    for minute in range(6):
        asked(ines, TUESDAY_NOON + timedelta(hours=11, minutes=minute), rows=60, answered=40, neighbours=2)
    digest(0)
    digest(0)
    with act_as(odile.actor, clock=utc_now):
        [line] = unusual_people(odile.actor)
    assert (line.week, line.person) == (WEEK, ines.actor.id)
    assert line.figures["rows"] == 360
    assert {why.rule for why in line.reasons} == {
        Rule.MUCH_MORE,
        Rule.MANY_HITS,
        Rule.NIGHT_OR_WEEKEND,
        Rule.WALKING,
    }
    page = browser(odile).get("/unusual/").content.decode()
    assert "Asked far more often: 360, where 50 is usual." in page
    assert "66 % of what was asked is held by others, where 2 % is usual." in page
    assert "neighbouring code 12 times" in page
    assert "ines" not in page.lower(), "a code, as in the log"
    for other in ("tomas", "mirela", "ines"):
        actor = people[other].actor
        with context.acting_as(actor, clock=utc_now):
            assert not UnusualPerson.objects.for_actor(actor).exists()
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT count(*) FROM matching_unusualperson")
                assert cursor.fetchone() == (0,)
    assert browser(people["ines"]).get("/unusual/").status_code == 403
    assert "Nothing unusual" in browser(people["tomas"]).get("/unusual/").content.decode()


def test_files_handed_in_are_counted_for_who_announced_them(people: dict[str, Somebody]) -> None:
    for who, handed_in in (("ines", 0), ("tomas", 30)):
        asked(people[who], TUESDAY_NOON, rows=1_500, own=900)
        if handed_in:
            _stands(people[who].actor, Permission.INTAKE_FILE_SEND, TUESDAY_NOON, {"entries": handed_in})
    digest(0)
    odile = people["odile"].actor
    with act_as(odile, clock=utc_now):
        found = {line.person: line for line in unusual_people(odile)}
    assert [why.rule for why in found[people["ines"].actor.id].reasons] == [Rule.BULK_WITHOUT_INTAKE]
    assert people["tomas"].actor.id not in found


@pytest.mark.usefixtures("matcher")
def test_an_owner_reads_only_what_concerns_its_own_holdings(database: None) -> None:
    alvania, borellia, castoria = desk("ALV"), desk("BOR"), desk("CAS")
    files = [File(data=b"a drawn lamp " + secrets.token_bytes(8)) for _ in range(12)]
    for file in files:
        hold(borellia.investigator.actor, file, outside=AnswerOutside.SILENT)
    for file in files[:3]:
        hold(castoria.investigator.actor, file, outside=AnswerOutside.SILENT)
    alvania.told(*(sha256(file.data) for file in files))
    deliver_all()
    with administrator() as look:
        look.execute("UPDATE matching_matchnotice SET recorded_at = %s", [TUESDAY_NOON])
    digest(0)
    with act_as(borellia.supervisor.actor, clock=utc_now):
        [line] = unusual_units(borellia.supervisor.actor)
    assert line.asker_unit == alvania.investigator.actor.unit
    assert line.figures["questions"] == 12, "its own, and no trace of the three others hold as well"
    assert {why.rule for why in line.reasons} == {Rule.NEW_ASKER, Rule.MOSTLY_SILENT}
    for other in (castoria, alvania):
        with act_as(other.supervisor.actor, clock=utc_now):
            assert unusual_units(other.supervisor.actor) == ()
    page = browser(borellia.supervisor).get("/unusual/").content.decode()
    assert "Unit alv-viu" in page
    assert "Had asked nothing in eight weeks, and then 12 times." in page
    assert "Unit cas-viu" not in page


@pytest.mark.usefixtures("matcher")
def test_codes_without_digests_that_lie_beside_each_other_are_counted_in_the_log(database: None) -> None:
    alvania, first = desk("ALV"), random_code()
    for bits in (0, 1, 2):
        alvania.told({"pdq": flipped(first, bits).hex(), "quality": 100})
    alvania.told({"pdq": flipped(first, 3).hex(), "quality": 100, **sha256(secrets.token_bytes(9))})
    found = [facts.get("neighbours", 0) for _, _, facts in lines_of("match:lookup:ask")]
    assert found == [0, 1, 1, 0], "a file in one's hands has digests, and is no step"


def test_the_digest_leaves_as_a_table_under_a_line_in_the_log(people: dict[str, Somebody]) -> None:
    asked(people["ines"], TUESDAY_NOON, rows=1_500, own=900)
    digest(0)
    answer = browser(people["odile"]).get("/unusual/export/")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["unit"], row["rule"], row["value"]) for row in rows] == [
        ("alv-viu", "much_more", "1500"),
        ("alv-viu", "bulk_without_intake", "1500"),
    ]
    assert [facts["lines"] for _, _, facts in lines_of("match:digest:export")] == [1]
    empty = browser(people["mirela"]).get("/unusual/export/").content.decode("utf-8-sig")
    assert len(empty.splitlines()) == 1
    ines = people["ines"].actor
    with pytest.raises(Refused), act_as(ines, clock=utc_now):
        operations.export_unusual(ines)


def test_lines_are_kept_for_a_year(people: dict[str, Somebody]) -> None:
    asked(people["ines"], TUESDAY_NOON, rows=1_500, own=900)
    digest(0)
    old, kept = utc_now().date() - timedelta(days=367), utc_now().date() - timedelta(days=365)
    with administrator() as look:
        columns = (
            "owner_unit, owner_country, recorded_by, recorded_at, asker_unit, asker_country, figures, reasons"
        )
        for table, more in (("matching_unusualperson", "person, "), ("matching_unusualunit", "")):
            for day in (old, kept):
                owner = people["mirela"].actor.unit
                values: list[Any] = [uuid7(), day, owner, "BOR", owner, utc_now(), owner, "BOR", "{}", "[]"]
                if more:
                    values.insert(2, uuid.uuid4())
                marks = ", ".join(["%s"] * len(values))
                look.execute(
                    f"INSERT INTO {table} (id, week, {more}{columns}) VALUES ({marks})".encode(), values
                )
    digest(0)
    assert _weeks("matching_unusualperson") == {WEEK, kept}
    assert _weeks("matching_unusualunit") == {kept}
    assert UnusualUnit._meta.db_table == "matching_unusualunit"


def _weeks(table: str) -> set[date]:
    with administrator() as look:
        return {week for (week,) in look.execute(f"SELECT week FROM {table}".encode()).fetchall()}


def test_a_unit_whose_digest_fails_does_not_hold_up_the_others(
    people: dict[str, Somebody], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from vigie.rooms.matching import tasks

    done: list[uuid.UUID] = []

    def breaking(actor: Actor, week: date) -> int:
        done.append(actor.unit)
        raise RuntimeError(week.isoformat())

    monkeypatch.setattr(tasks, "record_unusual_units", breaking)
    digest(0)
    assert len(done) == 3
    assert caplog.text.count("failed and is tried again") == 3
