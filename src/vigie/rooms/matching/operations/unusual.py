"""The weekly digest of unusual askers: computed by a service, read by those concerned, kept for a year."""

import csv
import dataclasses
import io
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from vigie.engines.formats.spreadsheets import cell
from vigie.kernel import context
from vigie.kernel.actors import Actor, LogScope
from vigie.kernel.ids import public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import staff_ownership
from vigie.rooms.matching.models import UnusualPerson, UnusualUnit
from vigie.rooms.matching.queries.unusual import (
    countries_of,
    person_weeks,
    unit_weeks,
    unusual_people,
    unusual_units,
)
from vigie.rooms.matching.rules.unusual import (
    KEPT,
    WEEKS_BEFORE,
    PersonWeek,
    Reason,
    UnitWeek,
    person_reasons,
    unit_reasons,
)
from vigie.rooms.matching.schemas.unusual import UnusualPersonView, UnusualUnitView


@operation(Permission.MATCH_DIGEST_COMPUTE)
def record_unusual_people(actor: Actor, week: date) -> int:
    """The digest of this week (a Monday) stands for the oversight body; returns how many people are in it.

    Once, however often it is computed. Lines older than a year are gone.
    """
    first = week - timedelta(weeks=WEEKS_BEFORE)
    by_week = person_weeks(actor, first, WEEKS_BEFORE + 1)
    now = by_week.get(week, {})
    countries = countries_of(actor, {unit for unit, _person in now})
    rows = []
    for (unit, person), figures in now.items():
        before = [by_week.get(day, {}).get((unit, person), PersonWeek()) for day in _weeks(first)]
        others = [one for (their, other), one in now.items() if their == unit and other != person]
        reasons = person_reasons(figures, before, others)
        if reasons:
            row = UnusualPerson(
                week=week, asker_unit=unit, asker_country=countries.get(unit, ""), person=person,
                **_line(actor, figures, reasons),
            )  # fmt: skip
            rows.append(row)
    UnusualPerson.objects.bulk_create(rows, ignore_conflicts=True)
    old = UnusualPerson.objects.for_actor(actor).filter(week__lt=context.now().date() - KEPT)
    gone, _each = old.delete()
    about("digest", public_id(), week=week.isoformat(), lines=len(rows), removed=gone)
    return len(rows)


@operation(Permission.MATCH_DIGEST_COMPUTE)
def record_unusual_units(actor: Actor, week: date) -> int:
    """The digest of this week (a Monday) stands for the actor's unit, made of its own notices alone.

    Returns how many units are in it. Once, however often it is computed. Lines older than a year are gone.
    """
    first = week - timedelta(weeks=WEEKS_BEFORE)
    by_week = unit_weeks(actor, first, WEEKS_BEFORE + 1)
    now = by_week.get(week, {})
    countries = countries_of(actor, now)
    rows = []
    for unit, figures in now.items():
        before = [by_week.get(day, {}).get(unit, UnitWeek()) for day in _weeks(first)]
        others = [one for other, one in now.items() if other != unit]
        reasons = unit_reasons(figures, before, others)
        if reasons:
            line = _line(actor, figures, reasons)
            rows.append(
                UnusualUnit(week=week, asker_unit=unit, asker_country=countries.get(unit, ""), **line)
            )
    UnusualUnit.objects.bulk_create(rows, ignore_conflicts=True)
    old = UnusualUnit.objects.for_actor(actor).filter(week__lt=context.now().date() - KEPT)
    gone, _each = old.delete()
    about("digest", public_id(), week=week.isoformat(), lines=len(rows), removed=gone)
    return len(rows)


@operation(Permission.MATCH_DIGEST_EXPORT)
def export_unusual(actor: Actor) -> bytes:
    """What the actor may read of the digest, as CSV (RFC 4180, UTF-8 with a byte order mark), newest week first."""
    everywhere = actor.log_scope is LogScope.INSTALLATION
    lines: Iterable[UnusualPersonView | UnusualUnitView] = (
        unusual_people(actor) if everywhere else unusual_units(actor)
    )
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(("week", "unit", "person", "rule", "value", "usual", "figures"))
    number = 0
    for line in lines:
        table.writerows([cell(value) for value in row] for row in _cells(line))
        number += 1
    about("digest", public_id(), lines=number)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cells(line: UnusualPersonView | UnusualUnitView) -> Iterator[tuple[str, ...]]:
    unit = line.desk.code if line.desk else str(line.asker_unit)
    person: uuid.UUID | str = line.person if isinstance(line, UnusualPersonView) else ""
    figures = " ".join(f"{name}={value}" for name, value in sorted(line.figures.items()))
    for why in line.reasons:
        yield (
            line.week.isoformat(),
            unit,
            str(person),
            why.rule.value,
            str(why.value),
            str(why.usual),
            figures,
        )


def _weeks(first: date) -> Iterator[date]:
    for number in range(WEEKS_BEFORE):
        yield first + timedelta(weeks=number)


def _line(actor: Actor, figures: PersonWeek | UnitWeek, reasons: Iterable[Reason]) -> dict[str, Any]:
    return {
        "figures": dataclasses.asdict(figures),
        "reasons": [{"rule": one.rule.value, "value": one.value, "usual": one.usual} for one in reasons],
        **staff_ownership(actor, unit=actor.unit, country=actor.country),
    }
