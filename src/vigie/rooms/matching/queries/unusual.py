"""The weekly digest: what it is made of, and who reads which part of it."""

import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db.models import QuerySet

from vigie.kernel.actors import Actor, ActorKind, LogScope
from vigie.kernel.ledger import Outcome
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.models import MatchNotice, UnusualPerson, UnusualUnit
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.rules.unusual import PersonWeek, UnitWeek, is_odd_hour, monday_of
from vigie.rooms.matching.schemas.unusual import UnusualPersonView, UnusualUnitView, Why
from vigie.rooms.units.queries import all_desks, desks

Persons = Mapping[date, Mapping[tuple[uuid.UUID, uuid.UUID], PersonWeek]]
"""By the Monday of the week, then by unit and person."""
Units = Mapping[date, Mapping[uuid.UUID, UnitWeek]]
"""By the Monday of the week, then by asking unit."""


def person_weeks(actor: Actor, first: date, weeks: int) -> Persons:
    """What each person asked in each of these weeks, from the log the actor may read."""
    require(actor, Permission.MATCH_DIGEST_COMPUTE)
    zones = _zones(actor)
    found: dict[date, dict[tuple[uuid.UUID, uuid.UUID], PersonWeek]] = defaultdict(
        lambda: defaultdict(PersonWeek)
    )
    for event in _events(Permission.MATCH_LOOKUP_ASK, first, weeks):
        one = found[_monday(event.at)][event.unit, event.actor_id]
        facts = event.facts
        known = max(facts["own"], facts["listed"], facts["answered"])
        one.calls += 1
        one.rows += facts["rows"]
        one.hits += facts["answered"]
        one.misses += facts["rows"] - known
        one.neighbours += facts.get("neighbours", 0)
        one.odd_hours += is_odd_hour(event.at, zones.get(event.unit, UTC))
    for event in _events(Permission.INTAKE_FILE_SEND, first, weeks):
        person = event.unit, event.actor_id
        if person in found[_monday(event.at)]:
            found[_monday(event.at)][person].handed_in += event.facts.get("entries", 1)
    return found


def unit_weeks(actor: Actor, first: date, weeks: int) -> Units:
    """What each unit asked about the actor's unit's holdings in each of these weeks, from its own notices alone."""
    require(actor, Permission.MATCH_DIGEST_COMPUTE)
    zones = _zones(actor)
    rows = MatchNotice.objects.for_actor(actor).filter(
        recorded_at__gte=_start(first), recorded_at__lt=_start(first + timedelta(weeks=weeks))
    )
    found: dict[date, dict[uuid.UUID, UnitWeek]] = defaultdict(lambda: defaultdict(UnitWeek))
    for unit, level, at in rows.values_list("asker_unit", "level", "recorded_at").iterator():
        one = found[_monday(at)][unit]
        one.questions += 1
        one.silent += level == Level.SILENT.value
        one.odd_hours += is_odd_hour(at, zones.get(unit, UTC))
    return found


def unusual_people(actor: Actor, week: date | None = None) -> tuple[UnusualPersonView, ...]:
    """The digest for the oversight body, newest week first; empty for those who read one unit's log only."""
    require(actor, Permission.MATCH_DIGEST_SEE)
    if actor.log_scope is not LogScope.INSTALLATION:
        return ()
    rows = UnusualPerson.objects.for_actor(actor).order_by("-week", "id")
    found = list(rows.filter(week=week) if week else rows)
    around = desks(actor, {row.asker_unit for row in found})
    return tuple(
        UnusualPersonView(
            week=row.week,
            person=row.person,
            desk=around.get(row.asker_unit),
            asker_unit=row.asker_unit,
            figures=row.figures,
            reasons=tuple(Why(**one) for one in row.reasons),
        )
        for row in found
    )


def unusual_units(actor: Actor, week: date | None = None) -> tuple[UnusualUnitView, ...]:
    """The digest for an owner: who asked unusually about what its unit holds, newest week first."""
    require(actor, Permission.MATCH_DIGEST_SEE)
    rows = UnusualUnit.objects.for_actor(actor).order_by("-week", "id")
    found = list(rows.filter(week=week) if week else rows)
    around = desks(actor, {row.asker_unit for row in found})
    return tuple(
        UnusualUnitView(
            week=row.week,
            desk=around.get(row.asker_unit),
            asker_unit=row.asker_unit,
            figures=row.figures,
            reasons=tuple(Why(**one) for one in row.reasons),
        )
        for row in found
    )


def countries_of(actor: Actor, units: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The country of each of these units; one that left the directory has none."""
    return {unit: desk.country for unit, desk in desks(actor, units).items()}


def _events(permission: Permission, first: date, weeks: int) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(
        verb=permission.value,
        outcome=Outcome.DONE.value,
        actor_kind=ActorKind.PERSON.value,
        at__gte=_start(first),
        at__lt=_start(first + timedelta(weeks=weeks)),
    ).order_by("id")


def _zones(actor: Actor) -> dict[uuid.UUID, tzinfo]:
    found: dict[uuid.UUID, tzinfo] = {}
    for desk in all_desks(actor):
        try:
            found[desk.unit] = zoneinfo.ZoneInfo(desk.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            found[desk.unit] = UTC
    return found


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _monday(moment: datetime) -> date:
    return monday_of(moment.astimezone(UTC).date())
