"""How long cases are kept, and what a hold keeps longer."""

import uuid
from collections.abc import Collection
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.cases.models import Case, Exhibit, LegalHold
from vigie.rooms.cases.rules import years_later
from vigie.rooms.cases.schemas import (
    ERASED,
    CaseClock,
    Hold,
)
from vigie.rooms.media.queries import exhibits_of, only_on


def holds(actor: Actor, case_public_id: uuid.UUID) -> tuple[Hold, ...]:
    """The legal holds that stand on a case of the unit, oldest first; NotFound for no case of the unit's."""
    require(actor, Permission.CASE_CASE_READ)
    if not Case.objects.for_actor(actor).filter(public_id=case_public_id).exists():
        raise NotFound
    rows = _standing(actor).filter(case__public_id=case_public_id)
    return tuple(
        Hold(
            public_id=row.public_id,
            ordered_by=row.ordered_by,
            why=row.why,
            since=row.recorded_at,
            until=row.until,
        )
        for row in rows.order_by("id")
    )


def contents_of_case_alone(actor: Actor, case_public_id: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """The public ids of what was found in this case of the unit and in no other; NotFound for no case of the unit's."""
    require(actor, Permission.CASE_CASE_READ)
    row = Case.objects.for_actor(actor).filter(public_id=case_public_id).first()
    if row is None:
        raise NotFound
    exhibits = Exhibit.objects.for_actor(actor).filter(case=row).values_list("id", flat=True)
    return tuple(sorted(only_on(actor, exhibits)))


def held_contents(actor: Actor, content_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of these contents of the unit (row ids) that were found in a case on legal hold.

    Asks no permission of its own: whoever erases must know, inside the operation that does.
    """
    places = exhibits_of(actor, content_ids)
    everywhere = {exhibit for found in places.values() for exhibit in found}
    on_hold = set(
        Exhibit.objects.for_actor(actor)
        .filter(id__in=everywhere, case__in=_standing(actor).values("case_id"))
        .values_list("id", flat=True)
    )
    return frozenset(content for content, found in places.items() if found & on_hold)


def clocks(actor: Actor) -> tuple[CaseClock, ...]:
    """The clocks of the unit's cases that were not erased.

    Asks no permission of its own: the service that runs them reads it, inside the operation that does.
    """
    held = set(_standing(actor).values_list("case_id", flat=True))
    rows = Case.objects.for_actor(actor).exclude(state=ERASED).order_by("id")
    return tuple(
        CaseClock(
            id=row.id,
            public_id=row.public_id,
            reference=row.reference,
            ask_on=row.review_at,
            retain_until=row.retain_until,
            not_relevant_until=short_clock(row),
            on_hold=row.id in held,
        )
        for row in rows
    )


def short_clock(row: Case) -> date | None:
    """The day a case found not relevant is erased; None for any other."""
    if row.not_relevant_at is None:
        return None
    return (row.not_relevant_at + timedelta(days=settings.VIGIE.not_relevant_days)).date()


def latest_day() -> date:
    """The last day a case that is opened, or kept longer, today may be kept."""
    return years_later(context.now().date(), settings.VIGIE.retention_years)


def exhibits_of_cases(actor: Actor, case_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """The row ids of the exhibits of these cases of the unit (row ids)."""
    rows = Exhibit.objects.for_actor(actor).filter(case_id__in=list(case_ids))
    return list(rows.values_list("id", flat=True))


def _standing(actor: Actor) -> QuerySet[LegalHold]:
    today = context.now().date()
    rows: QuerySet[LegalHold] = LegalHold.objects.for_actor(actor).filter(
        Q(until=None) | Q(until__gte=today), lifted_at=None
    )
    return rows
