"""The asker's answers in pages, and by content: what lists of matches and of results are made of."""

import uuid
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.rooms.matching.queries.matches import LISTED, _page, _published, _views
from vigie.rooms.matching.schemas import MatchView


def matches(actor: Actor, *, after: uuid.UUID | None = None, limit: int = LISTED) -> tuple[MatchView, ...]:
    """The unit's published answers, newest first, from behind `after` (a public id); NotFound when that is none.

    A page may be shorter than `limit`: what its owner has closed since is left out after the page is cut.
    """
    rows = _published(actor)
    if after is not None:
        last = _published(actor).filter(public_id=after).first()
        if last is None:
            raise NotFound
        same = Q(published_at=last.published_at, id__lt=last.id)
        rows = rows.filter(Q(published_at__lt=last.published_at) | same)
    return _views(actor, _page(rows, limit))


def matches_of(actor: Actor, contents: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[MatchView, ...]]:
    """The published answers about these contents of the unit (public ids), by content; those with none are left out."""
    rows = _published(actor).filter(content__public_id__in=list(contents)).order_by("distance", "id")
    found: dict[uuid.UUID, list[MatchView]] = defaultdict(list)
    for view in _views(actor, list(rows)):
        found[view.content].append(view)
    return {content: tuple(views) for content, views in found.items()}
