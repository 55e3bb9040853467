"""The owner's side in sum: who asked about what this unit holds and lists, by asker, by item and over time."""

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncWeek

from vigie.backends.known import By, Claim
from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.models import ListHit, MatchNotice
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.schemas.asked import AskedAbout, AskedSummary, ListAsked, Tally, Week
from vigie.rooms.units.queries import desks

PAGE: Final = 50
TOP: Final = 8
WEEKS: Final = 13
"""A quarter: what the picture of the weeks shows, whatever the period of the lines."""


@dataclasses.dataclass(frozen=True, slots=True)
class AskedFilter:
    """What to look for; empty fields do not narrow."""

    unit: uuid.UUID | None = None
    item: uuid.UUID | None = None
    """A content's public id."""
    level: Level | None = None
    since: datetime | None = None


def asked_about(
    actor: Actor, wanted: AskedFilter, *, after: uuid.UUID | None = None, limit: int = PAGE
) -> tuple[AskedAbout, ...]:
    """Who asked about what the unit holds, newest first, from behind `after` (a notice's public id); NotFound for none."""
    require(actor, Permission.MATCH_NOTICE_SEE)
    rows = _narrowed(actor, wanted)
    if after is not None:
        last = MatchNotice.objects.for_actor(actor).filter(public_id=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(id__lt=last.id)
    found = list(rows.select_related("content").order_by("-id")[:limit])
    around = desks(actor, {row.asker_unit for row in found})
    return tuple(
        AskedAbout(
            public_id=row.public_id,
            content=row.content.public_id,
            desk=around.get(row.asker_unit),
            level=Level(row.level),
            claim=Claim(row.claim),
            told_at=row.recorded_at,
        )
        for row in found
    )


def asked_summary(actor: Actor, wanted: AskedFilter) -> AskedSummary:
    """The same lines in sum: the units that asked most, the items asked about most, and each of the last 13 weeks."""
    require(actor, Permission.MATCH_NOTICE_SEE)
    rows = _narrowed(actor, wanted)
    units, items = (
        _tallies(rows, "asker_unit"),
        _tallies(rows, "content__public_id"),
    )
    names = desks(actor, {row["id"] for row in units})
    return AskedSummary(
        number=rows.count(),
        units=tuple(
            Tally(name=names[row["id"]].unit_name if row["id"] in names else "", **row) for row in units
        ),
        items=tuple(Tally(name=f"M-{row['id'].hex[-6:].upper()}", **row) for row in items),
        weeks=tuple(_weeks(_narrowed(actor, dataclasses.replace(wanted, since=None)))),
    )


def list_hits(actor: Actor, *, after: uuid.UUID | None = None, limit: int = PAGE) -> tuple[ListAsked, ...]:
    """Who came upon items of the unit's lists, newest first, from behind `after` (a hit's public id); NotFound for none."""
    require(actor, Permission.MATCH_NOTICE_SEE)
    rows = ListHit.objects.for_actor(actor).select_related("item__list")
    if after is not None:
        last = ListHit.objects.for_actor(actor).filter(public_id=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(id__lt=last.id)
    found = list(rows.order_by("-id")[:limit])
    around = desks(actor, {row.asker_unit for row in found})
    return tuple(
        ListAsked(
            public_id=row.public_id,
            list_name=row.item.list.name,
            list_version=row.item.list.version,
            item=row.item.item,
            desk=around.get(row.asker_unit),
            by=By(row.by),
            told_at=row.recorded_at,
        )
        for row in found
    )


def _narrowed(actor: Actor, wanted: AskedFilter) -> QuerySet[MatchNotice]:
    exact = {
        "asker_unit": wanted.unit,
        "content__public_id": wanted.item,
        "level": wanted.level,
        "recorded_at__gte": wanted.since,
    }
    rows: QuerySet[MatchNotice] = MatchNotice.objects.for_actor(actor).filter(
        **{name: value for name, value in exact.items() if value}
    )
    return rows


def _tallies(rows: QuerySet[MatchNotice], column: str) -> list[dict[str, Any]]:
    silent = Count("id", filter=Q(level=Level.SILENT.value))
    counted = rows.values(column).annotate(number=Count("id"), silent=silent, last=Max("recorded_at"))
    return [{"id": row.pop(column), **row} for row in counted.order_by("-number", "-last", column)[:TOP]]


def _weeks(rows: QuerySet[MatchNotice]) -> Iterator[Week]:
    today = context.now().astimezone(UTC).date()
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    counted = (
        rows.filter(recorded_at__gte=datetime(first.year, first.month, first.day, tzinfo=UTC))
        .annotate(week=TruncWeek("recorded_at", tzinfo=UTC))
        .values_list("week")
        .annotate(number=Count("id"))
    )
    found: dict[date, int] = {week.date(): number for week, number in counted}
    for number in range(WEEKS):
        monday = first + timedelta(weeks=number)
        yield Week(monday=monday, number=found.get(monday, 0))
