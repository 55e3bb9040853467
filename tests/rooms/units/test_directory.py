"""The directory: who takes part, until when, and whom to call."""

import dataclasses
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from factories.people import add_unit, enrolment
from vigie.kernel.actors import Purpose, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.units import operations, queries
from vigie.rooms.units.models import Agreement
from vigie.rooms.units.rules import UnitFacts, is_country_code, is_period, is_time_zone

pytestmark = pytest.mark.usefixtures("database")
SETTER = enrolment()
FACTS = UnitFacts(code="alv-viu", name="Alvania VIU", country="ALV", organisation="Police of Alvania")
TODAY = date(2026, 11, 21)


def add_country(code: str = "ALV", **changes: Any) -> None:
    facts = {"name": "Alvania", "legal_bases": {"seizure": "Seizure order"}} | changes
    with act_as(SETTER, clock=utc_now):
        operations.add_country(SETTER, code=code, **facts)


def add(facts: UnitFacts = FACTS, *, begins: date = TODAY, ends: date = TODAY) -> uuid.UUID:
    with act_as(SETTER, clock=utc_now):
        return operations.add_unit(SETTER, facts=facts, agreement_from=begins, agreement_until=ends)


def end_of(unit: uuid.UUID, day: date) -> datetime:
    return queries.agreed(unit, purpose=Purpose.VICTIM_IDENTIFICATION, today=day, alias="plumbing").until


def test_a_country_takes_part_with_the_legal_bases_its_law_names() -> None:
    add_country()
    actor = dataclasses.replace(SETTER, country="ALV")
    assert [(one.code, one.label) for one in queries.legal_bases(actor)] == [("seizure", "Seizure order")]
    assert queries.legal_bases(dataclasses.replace(SETTER, country="BOR")) == []
    assert queries.country_codes() == {"ALV"}
    line = AuditEvent.objects.using("auditor").get()
    assert (line.verb, line.facts) == ("unit:country:add", {"country": "ALV"})


def test_a_country_takes_part_once_and_a_refusal_changes_nothing() -> None:
    add_country()
    with pytest.raises(Conflict, match="takes part already"):
        add_country(name="Another", legal_bases={"x": "y"})
    assert len(queries.legal_bases(dataclasses.replace(SETTER, country="ALV"))) == 1


@pytest.mark.parametrize("code", ["", "A", "alv", "ALVA", "A1", "ÀLV", "AL V", "A\0V"])
def test_a_countrys_code_is_two_or_three_capital_letters(code: str) -> None:
    assert not is_country_code(code)
    with pytest.raises(Invalid, match="capital letters"):
        add_country(code)


def test_only_an_invented_country_leaves_the_installation_a_demonstration() -> None:
    with act_as(SETTER, clock=utc_now):
        operations.add_fictional_country(SETTER, code="ALV", name="Alvania", legal_bases={})
    assert not queries.has_real_country()
    add_country("BOR")
    assert queries.has_real_country()


def test_a_unit_takes_part_under_its_organisations_agreement() -> None:
    add_country()
    first = add(ends=TODAY + timedelta(days=10))
    second = add(dataclasses.replace(FACTS, code="alv-two"), ends=TODAY + timedelta(days=99))
    assert Agreement.objects.count() == 1
    for unit in (first, second):
        end = end_of(unit, TODAY)
        assert end == datetime(2026, 12, 2, tzinfo=UTC)  # the last day is included


def test_an_agreement_that_has_not_begun_has_ended_or_was_ended_opens_nothing() -> None:
    from vigie.kernel import gate

    add_country()
    unit = add(begins=TODAY, ends=TODAY)
    never = datetime.fromtimestamp(0, UTC)
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        assert end_of(unit, day) == never
    assert end_of(uuid.uuid4(), TODAY) == never
    with gate.opened():
        Agreement.objects.update(ended_on=TODAY)
    assert end_of(unit, TODAY) == never


def test_what_makes_no_sense_is_refused_and_leaves_nothing() -> None:
    add_country()
    with pytest.raises(Invalid, match="time zone"):
        add(dataclasses.replace(FACTS, time_zone="Mars/Olympus"))
    with pytest.raises(Invalid, match="begins"):
        add(begins=TODAY, ends=TODAY - timedelta(days=1))
    with pytest.raises(NotFound, match="does not take part"):
        add(dataclasses.replace(FACTS, country="BOR"))
    add()
    with pytest.raises(Conflict, match="alv-viu"):
        add()
    assert len(queries.all_desks(SETTER)) == 1


def test_a_desk_is_found_by_unit_and_code_and_named_after_its_unit_at_the_least() -> None:
    add_country()
    unit = add()
    desk = queries.desk(SETTER, unit)
    assert desk == queries.unit_by_code("alv-viu") == queries.desks(SETTER, [unit, uuid.uuid4()])[unit]
    assert (desk.desk, desk.country, desk.country_name) == ("Alvania VIU", "ALV", "Alvania")
    with pytest.raises(NotFound):
        queries.desk(SETTER, uuid.uuid4())
    with pytest.raises(NotFound, match="nowhere"):
        queries.unit_by_code("nowhere")


def test_only_who_sets_up_or_administers_adds_units() -> None:
    add_unit("alv-viu", "ALV")
    actor = dataclasses.replace(SETTER, roles=frozenset({Role.SERVICE_INTAKE}))
    with pytest.raises(Refused), act_as(actor, clock=utc_now):
        operations.add_country(actor, code="BOR", name="B", legal_bases={})


def test_rules() -> None:
    assert is_country_code("FR")
    assert is_country_code("ALV")
    assert is_time_zone("Europe/Paris")
    assert not is_time_zone("")
    assert is_period(TODAY, TODAY)
    assert not is_period(TODAY, TODAY - timedelta(days=1))
