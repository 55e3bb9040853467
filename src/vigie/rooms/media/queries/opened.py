"""Reads of content for a court: what was found in the cases that are open to it, and nothing else.

None of them asks a permission of its own: they are read inside the operation that writes down each look.
"""

import uuid
from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef, QuerySet

from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.rooms.media.models import Content, Occurrence
from vigie.rooms.media.queries.telling import PAGE, page_of
from vigie.rooms.media.schemas import ContentPage


def contents_found_on(
    actor: Actor, exhibit: uuid.UUID, *, after: uuid.UUID | None = None, limit: int = PAGE
) -> ContentPage:
    """The contents found on an exhibit the actor sees (a public id), as recorded, from behind `after`.

    NotFound when `after` is none of them.
    """
    rows = _found_on(actor, exhibit)
    if after is not None:
        last = rows.filter(public_id=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(id__gt=last.id)
    return page_of(actor, rows, limit)


def paths_found_on(
    actor: Actor, exhibit: uuid.UUID, public_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, tuple[str, ...]]:
    """Under which paths these contents lie on an exhibit the actor sees (all public ids), by content."""
    rows = Occurrence.objects.for_actor(actor).filter(
        exhibit__public_id=exhibit, content__public_id__in=list(public_ids)
    )
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    for content_id, path in rows.order_by("id").values_list("content__public_id", "path_text"):
        found[content_id] = (*found.get(content_id, ()), path)
    return found


def cases_of(actor: Actor, content_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """In which cases the actor sees these contents were found; row ids of cases by row ids of contents."""
    rows = Occurrence.objects.for_actor(actor).filter(content_id__in=list(content_ids))
    found: dict[uuid.UUID, frozenset[uuid.UUID]] = {}
    for content_id, case_id in rows.values_list("content_id", "exhibit__case_id").distinct():
        found[content_id] = found.get(content_id, frozenset()) | {case_id}
    return found


def _found_on(actor: Actor, exhibit: uuid.UUID) -> QuerySet[Content]:
    there = Occurrence.objects.for_actor(actor).filter(content=OuterRef("pk"), exhibit__public_id=exhibit)
    rows: QuerySet[Content] = Content.objects.for_actor(actor).filter(Exists(there))
    return rows
