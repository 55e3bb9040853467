"""Reads of series: what the actor sees of them, and nothing that counts what it does not."""

import uuid
from collections.abc import Collection

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Audience
from vigie.rooms.series.models import Membership, Series
from vigie.rooms.series.schemas import SeriesPage, SeriesSummary

PAGE = 50


def series_list(actor: Actor, *, after: uuid.UUID | None = None, limit: int = PAGE) -> SeriesPage:
    """The series the actor sees, newest first, from behind `after` (a public id); NotFound when that is none."""
    require(actor, Permission.SERIES_SERIES_READ)
    rows = _counted(actor, Series.objects.for_actor(actor)).order_by("-recorded_at", "-public_id")
    if after is not None:
        last = Series.objects.for_actor(actor).filter(public_id=after).first()
        if last is None:
            raise NotFound
        # the row id is not used as an order: its time is the owner's and this page crosses owners
        earlier = rows.filter(recorded_at__lt=last.recorded_at)
        rows = earlier | rows.filter(recorded_at=last.recorded_at, public_id__lt=last.public_id)
    found = list(rows[: limit + 1])
    shown = found[:limit]
    return SeriesPage(
        series=tuple(_summary(actor, row) for row in shown),
        after=shown[-1].public_id if len(found) > limit else None,
    )


def series(actor: Actor, public_id: uuid.UUID) -> SeriesSummary:
    """One series; NotFound when the actor does not see it."""
    require(actor, Permission.SERIES_SERIES_READ)
    row = _counted(actor, Series.objects.for_actor(actor).filter(public_id=public_id)).first()
    if row is None:
        raise NotFound
    return _summary(actor, row)


def series_of(actor: Actor, content_public_id: uuid.UUID) -> tuple[SeriesSummary, ...]:
    """The series this content belongs to, as far as the actor sees content, series and membership."""
    require(actor, Permission.SERIES_SERIES_READ)
    joined = _members(actor).filter(content__public_id=content_public_id)
    rows = _counted(actor, Series.objects.for_actor(actor).filter(id__in=joined.values("series_id")))
    return tuple(_summary(actor, row) for row in rows.order_by("number"))


def series_of_each(
    actor: Actor, content_public_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, tuple[SeriesSummary, ...]]:
    """As `series_of`, for many contents at once, by public id; those in no series are left out."""
    require(actor, Permission.SERIES_SERIES_READ)
    if not content_public_ids:
        return {}
    joined = _members(actor).filter(content__public_id__in=list(content_public_ids))
    pairs = list(joined.values_list("content__public_id", "series_id"))
    rows = _counted(actor, Series.objects.for_actor(actor).filter(id__in={series for _, series in pairs}))
    known = {row.id: _summary(actor, row) for row in rows}
    found: dict[uuid.UUID, list[SeriesSummary]] = {}
    for content, series in pairs:
        if series in known:
            found.setdefault(content, []).append(known[series])
    return {content: tuple(sorted(each, key=lambda one: one.number)) for content, each in found.items()}


def members(actor: Actor, public_id: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """The public ids of a series' contents the actor sees, in the order they were added."""
    require(actor, Permission.SERIES_SERIES_READ)
    rows = _members(actor).filter(series__public_id=public_id).order_by("recorded_at", "content__public_id")
    return tuple(rows.values_list("content__public_id", flat=True))


def _members(actor: Actor) -> QuerySet[Membership]:
    """Memberships whose content the actor sees: the join drops those row-level security hides."""
    rows: QuerySet[Membership] = Membership.objects.for_actor(actor).filter(content__public_id__isnull=False)
    return rows


def _counted(actor: Actor, rows: QuerySet[Series]) -> QuerySet[Series]:
    counts = (
        _members(actor)
        .filter(series=OuterRef("pk"))
        .order_by()
        .values("series")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return rows.annotate(member_count=Coalesce(Subquery(counts), 0))


def _summary(actor: Actor, row: Series) -> SeriesSummary:
    return SeriesSummary(
        public_id=row.public_id,
        owner_unit=row.owner_unit,
        owner_country=row.owner_country,
        is_own=row.owner_unit == actor.unit,
        number=row.number,
        name=row.name,
        state=row.state,
        audience=Audience(row.audience),
        created_at=row.recorded_at,
        members=row.member_count,  # type: ignore[attr-defined]  # annotated by _counted
    )
