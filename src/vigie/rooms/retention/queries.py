"""Reads of erasures: the unit's own."""

import uuid

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.retention.models import Erasure
from vigie.rooms.retention.rules import Authority, ErasureState, Stage
from vigie.rooms.retention.schemas import ErasurePage, ErasureView

PAGE = 50


def erasures(actor: Actor, *, after: uuid.UUID | None = None, limit: int = PAGE) -> ErasurePage:
    """The unit's erasures, newest first, from behind `after` (a public id); NotFound when that is none."""
    rows = _rows(actor).order_by("-id")
    if after is not None:
        last = Erasure.objects.for_actor(actor).filter(public_id=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(id__lt=last.id)
    found = list(rows[: limit + 1])
    shown = found[:limit]
    return ErasurePage(
        erasures=tuple(_view(row) for row in shown),
        after=shown[-1].public_id if len(found) > limit else None,
    )


def erasure(actor: Actor, public_id: uuid.UUID) -> ErasureView:
    """One erasure of the unit; NotFound otherwise."""
    row = _rows(actor).filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return _view(row)


def certificate(actor: Actor, public_id: uuid.UUID) -> str:
    """The signed certificate of a finished erasure; NotFound for none of the unit's, Conflict while it is under way."""
    row = _rows(actor).filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    if not row.certificate:
        raise Conflict(_("The erasure is under way. Its certificate is written when everything is gone."))
    return str(row.certificate)


def _rows(actor: Actor) -> QuerySet[Erasure]:
    require(actor, Permission.ERASURE_RECORD_READ)
    left = Count("remains", filter=Q(remains__stage=Stage.ORDERED.value))
    rows: QuerySet[Erasure] = Erasure.objects.for_actor(actor).annotate(waiting=left)
    return rows


def _view(row: Erasure) -> ErasureView:
    return ErasureView(
        public_id=row.public_id,
        authority=Authority(row.authority),
        state=ErasureState(row.state),
        contents=row.contents,
        unopenable=row.contents - row.waiting,  # type: ignore[attr-defined]  # annotated by _rows
        ordered_at=row.recorded_at,
        done_at=row.done_at,
        has_certificate=bool(row.certificate),
    )
