"""The owner's side: who asked about something this unit holds."""

import uuid
from collections.abc import Sequence

from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.models import MatchNotice
from vigie.rooms.matching.queries.judging import Around
from vigie.rooms.matching.queries.matches import LISTED, MOST_LISTED
from vigie.rooms.matching.schemas import MatchNoticeView


def notices(
    actor: Actor, *, after: uuid.UUID | None = None, limit: int = LISTED
) -> tuple[MatchNoticeView, ...]:
    """The unit's notices, newest first, from behind `after` (a public id); NotFound when that is none."""
    require(actor, Permission.MATCH_NOTICE_SEE)
    rows = MatchNotice.objects.for_actor(actor).select_related("content")
    if after is not None:
        last = MatchNotice.objects.for_actor(actor).filter(public_id=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(id__lt=last.id)
    return _views(actor, list(rows.order_by("-id")[: min(limit, MOST_LISTED)]))


def notice(actor: Actor, public_id: uuid.UUID) -> MatchNoticeView:
    """One notice of the unit; NotFound otherwise."""
    require(actor, Permission.MATCH_NOTICE_SEE)
    rows = MatchNotice.objects.for_actor(actor).select_related("content").filter(public_id=public_id)
    found = _views(actor, list(rows))
    if not found:
        raise NotFound
    return found[0]


def _views(actor: Actor, rows: Sequence[MatchNotice]) -> tuple[MatchNoticeView, ...]:
    around = Around(actor, rows)
    return tuple(
        MatchNoticeView(
            asker_unit=row.asker_unit,
            asker_country=row.asker_country,
            told_at=row.recorded_at,
            **around.columns(row),
        )
        for row in rows
    )
