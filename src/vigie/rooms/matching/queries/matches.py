"""The asker's side: what others let this unit know about what it handed in."""

import uuid
from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.models import Candidate, MatchNotice
from vigie.rooms.matching.queries.judging import Around
from vigie.rooms.matching.rules import Level, State
from vigie.rooms.matching.schemas import MatchCounts, MatchView
from vigie.rooms.media import queries as media
from vigie.rooms.series.queries import series_of

LISTED = 50
MOST_LISTED = 200


def answers_of_submission(
    actor: Actor, submission: uuid.UUID, *, limit: int = LISTED
) -> tuple[MatchView, ...]:
    """The published answers about what a submission of the unit (a public id) brought in, newest first.

    Also those found when the same content was handed in before: an answer belongs to the content.
    """
    rows = _published(actor).filter(content__entries__submission__public_id=submission)
    return _views(actor, _page(rows.distinct(), limit))


def new_matches(actor: Actor, *, limit: int = LISTED) -> tuple[MatchView, ...]:
    """The published answers nobody of the unit has looked at, newest first."""
    return _views(actor, _page(_published(actor).filter(seen_at=None), limit))


def candidate(actor: Actor, public_id: uuid.UUID) -> MatchView:
    """One published answer; NotFound when the unit has none of this id, or its owner keeps it to itself now."""
    found = _views(actor, list(_published(actor).filter(public_id=public_id)))
    if not found:
        raise NotFound
    return found[0]


def counts(actor: Actor) -> MatchCounts:
    """How much waits for a look; nothing for those who may not look."""
    if policy.may(actor, Permission.MATCH_CANDIDATE_READ, context.now()) is not None:
        return MatchCounts()
    return MatchCounts(
        new_matches=_published(actor).filter(seen_at=None).count(),
        new_notices=MatchNotice.objects.for_actor(actor).filter(seen_at=None).count(),
    )


def _published(actor: Actor) -> QuerySet[Candidate]:
    """What may be shown is decided now: an answer whose owner has closed its item since is left out."""
    require(actor, Permission.MATCH_CANDIDATE_READ)
    shown = media.in_view(actor).filter(public_id=OuterRef("other_public_id"))
    rows: QuerySet[Candidate] = (
        Candidate.objects.for_actor(actor)
        .filter(~Q(level=Level.FULL.value) | Exists(shown), published_at__lte=context.now())
        .exclude(state=State.WITHDRAWN.value)
        .select_related("content")
    )
    return rows


def _page(rows: QuerySet[Candidate], limit: int) -> list[Candidate]:
    return list(rows.order_by("-published_at", "-id")[: min(limit, MOST_LISTED)])


def _views(actor: Actor, rows: Sequence[Candidate]) -> tuple[MatchView, ...]:
    around = Around(actor, rows)
    series = {content: series_of(actor, content) for content in around.facts}
    return tuple(
        MatchView(
            frame_ms=row.frame_ms,
            own_frame_ms=row.own_frame_ms,
            holder_unit=row.holder_unit,
            holder_country=row.holder_country,
            series=series.get(row.other_public_id, ()) if row.other_public_id else (),
            engine=row.engine,
            published_at=row.published_at,
            **around.columns(row),
        )
        for row in rows
    )
