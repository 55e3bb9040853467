"""Reads of content: facts for those who may see it in full, places and fingerprints for the owner alone."""

import uuid
from collections.abc import Collection, Iterable

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet, Window
from django.db.models.functions import Mod, RowNumber

from vigie.backends.postgres.arrays import among_digests
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Governed
from vigie.rooms.media.models import Content, Fingerprint, Occurrence
from vigie.rooms.media.queries.telling import PAGE, facts_of, page_of, with_veil
from vigie.rooms.media.schemas import (
    ContentFacts,
    ContentPage,
    ContentPrint,
    ContentState,
    ExhibitCounts,
    FilmFrames,
    Holding,
    Kind,
    Place,
    Sharing,
)


def facts(actor: Actor, public_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, ContentFacts]:
    """What may be said of these contents, by public id; those the actor does not see in full are left out."""
    require(actor, Permission.CASE_CASE_READ)
    rows = with_veil(actor, Content.objects.for_actor(actor).filter(public_id__in=list(public_ids)))
    return {row.public_id: facts_of(actor, row) for row in rows}


def content(actor: Actor, public_id: uuid.UUID) -> ContentFacts:
    """What may be said of one content; NotFound when the actor does not see it in full."""
    found = facts(actor, [public_id])
    if public_id not in found:
        raise NotFound
    return found[public_id]


def contents_of_exhibit(
    actor: Actor,
    exhibit: uuid.UUID,
    *,
    after: uuid.UUID | None = None,
    limit: int = PAGE,
    state: ContentState | None = None,
    kind: Kind | None = None,
) -> ContentPage:
    """The contents found on an exhibit of the actor's unit (a public id), as recorded, from behind `after`.

    NotFound when `after` is no content the actor sees.
    """
    require(actor, Permission.CASE_CASE_READ)
    rows = _in_state(of_exhibit(actor, exhibit), state)
    if kind is not None:
        rows = rows.filter(kind=kind.value)
    if after is not None:
        last = Content.objects.for_actor(actor).filter(public_id=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(id__gt=last.id)
    return page_of(actor, rows, limit)


def counts_by_state(actor: Actor, exhibit: uuid.UUID) -> dict[ContentState, int]:
    """How many contents of an exhibit of the actor's unit (a public id) are in each state."""
    require(actor, Permission.CASE_CASE_READ)
    found = of_exhibit(actor, exhibit)
    return {state: _in_state(found, state).count() for state in ContentState}


def counts_by_exhibit(actor: Actor, exhibit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, ExhibitCounts]:
    """How much was found on these exhibits of the actor's unit, by row id; those with nothing are left out."""
    rows = (
        Occurrence.objects.for_actor(actor)
        .filter(exhibit_id__in=exhibit_ids)
        .values("exhibit_id")
        .annotate(files=Count("id"), contents=Count("content_id", distinct=True))
    )
    return {row["exhibit_id"]: ExhibitCounts(files=row["files"], contents=row["contents"]) for row in rows}


def places(actor: Actor, public_id: uuid.UUID) -> tuple[Place, ...]:
    """Where the unit found this content; empty for content of others. Never widened by a match."""
    require(actor, Permission.CASE_CASE_READ)
    rows = (
        Occurrence.objects.for_actor(actor)
        .filter(content__public_id=public_id)
        .select_related("exhibit__case")
        .order_by("id")
    )
    return tuple(
        Place(
            exhibit_public_id=row.exhibit.public_id,
            exhibit_reference=row.exhibit.reference,
            case_public_id=row.exhibit.case.public_id,
            case_reference=row.exhibit.case.reference,
            path=row.path_text,
            modified=row.modified_text,
        )
        for row in rows
    )


def paths_on_exhibit(
    actor: Actor, exhibit: uuid.UUID, public_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, tuple[str, ...]]:
    """Under which paths these contents lie on an exhibit of the unit (all public ids), by content."""
    require(actor, Permission.CASE_CASE_READ)
    rows = Occurrence.objects.for_actor(actor).filter(
        exhibit__public_id=exhibit, content__public_id__in=list(public_ids)
    )
    found: dict[uuid.UUID, list[str]] = {}
    for content_id, path in rows.order_by("id").values_list("content__public_id", "path_text"):
        found.setdefault(content_id, []).append(path)
    return {content_id: tuple(paths) for content_id, paths in found.items()}


def own_copies(actor: Actor) -> QuerySet[Content]:
    """The contents the actor's unit holds verified bytes of, for joining in a query of another room."""
    rows: QuerySet[Content] = Content.objects.for_actor(actor).filter(
        owner_unit=actor.unit, holding=Holding.OWN_COPY.value
    )
    return rows


def in_view(actor: Actor) -> QuerySet[Content]:
    """The contents the actor sees in full, whoever holds them, for joining in a query of another room."""
    rows: QuerySet[Content] = Content.objects.for_actor(actor)
    return rows


def held(actor: Actor, sha256s: Iterable[bytes]) -> dict[bytes, uuid.UUID]:
    """The row ids of the contents the actor's unit holds verified bytes of, by SHA-256. Others' holdings never count."""
    rows = own_copies(actor).filter(among_digests("sha256", sha256s))
    return {bytes(digest): row_id for digest, row_id in rows.values_list("sha256", "id")}


def prints(actor: Actor, content_ids: Iterable[uuid.UUID]) -> tuple[ContentPrint, ...]:
    """The fingerprints of these contents of the actor's unit (row ids): what a look-up asks with."""
    rows = Fingerprint.objects.for_actor(actor).filter(
        owner_unit=actor.unit, content_id__in=list(content_ids)
    )
    return tuple(
        ContentPrint(
            content_id=row.content_id,
            public_id=row.public_id,
            frame_ms=row.frame_ms,
            sha256=bytes(row.sha256),
            sha1=bytes(row.sha1),
            md5=bytes(row.md5),
            size=row.size,
            pdq=bytes(row.pdq) if row.pdq is not None else None,
            quality=row.quality,
        )
        for row in rows.order_by("content_id", "frame_ms")
    )


def film_frames(actor: Actor, content_ids: Iterable[uuid.UUID], every: int) -> dict[uuid.UUID, FilmFrames]:
    """The frames on record of each film among these contents of the unit (row ids), and where each `every`-th stands."""
    frames = Fingerprint.objects.for_actor(actor).filter(
        owner_unit=actor.unit, content_id__in=list(content_ids), frame_ms__gte=0
    )
    film = F("content_id")
    placed = frames.annotate(
        in_piece=Mod(Window(RowNumber(), partition_by=film, order_by=("frame_ms", "id")), every),
        of_film=Window(Count("id"), partition_by=film),
        last_ms=Window(Max("frame_ms"), partition_by=film),
    )
    firsts = placed.filter(in_piece=1 % every).order_by("content_id", "frame_ms")
    found: dict[uuid.UUID, FilmFrames] = {}
    for content_id, number, at, last in firsts.values_list("content_id", "of_film", "frame_ms", "last_ms"):
        before = found[content_id].firsts if content_id in found else ()
        found[content_id] = FilmFrames(number, (*before, at), last)
    return found


def sharing(actor: Actor, public_id: uuid.UUID) -> Sharing:
    """Who sees this content; NotFound when the actor does not."""
    row = Content.objects.for_actor(actor).filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return Sharing.of(row.visibility)


def governed(actor: Actor, public_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Governed]:
    """What the owners of these contents allow with them, by public id; those the actor does not see are left out."""
    rows = Content.objects.for_actor(actor).filter(public_id__in=list(public_ids))
    return {row.public_id: row.governed for row in rows}


def own_content_id(actor: Actor, public_id: uuid.UUID) -> uuid.UUID:
    """The row id of a content of the actor's unit; NotFound for any other."""
    row_id: uuid.UUID | None = (
        Content.objects.for_actor(actor)
        .filter(public_id=public_id, owner_unit=actor.unit)
        .values_list("id", flat=True)
        .first()
    )
    if row_id is None:
        raise NotFound
    return row_id


def own_rows(actor: Actor, public_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The row ids of these contents of the actor's unit, held or claimed, by public id; others are left out."""
    rows = Content.objects.for_actor(actor).filter(public_id__in=list(public_ids), owner_unit=actor.unit)
    return dict(rows.values_list("public_id", "id"))


def exhibits_of(actor: Actor, content_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """On which exhibits (row ids) these contents of the unit (row ids) were found, by content."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    rows = Occurrence.objects.for_actor(actor).filter(content_id__in=list(content_ids))
    for content_id, exhibit_id in rows.values_list("content_id", "exhibit_id").distinct():
        found.setdefault(content_id, set()).add(exhibit_id)
    return found


def only_on(actor: Actor, exhibits: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The unit's contents found on these exhibits (row ids) and nowhere else: row ids by public id."""
    places = Occurrence.objects.for_actor(actor).filter(content=OuterRef("pk"))
    there, elsewhere = (
        places.filter(exhibit_id__in=list(exhibits)),
        places.exclude(exhibit_id__in=list(exhibits)),
    )
    rows = Content.objects.for_actor(actor).filter(Exists(there), ~Exists(elsewhere), owner_unit=actor.unit)
    return dict(rows.values_list("public_id", "id"))


def of_exhibit(actor: Actor, exhibit: uuid.UUID) -> QuerySet[Content]:
    """Own contents with an occurrence on the exhibit; the occurrence is the unit's own, hence the exhibit too."""
    there = Occurrence.objects.for_actor(actor).filter(content=OuterRef("pk"), exhibit__public_id=exhibit)
    found: QuerySet[Content] = Content.objects.for_actor(actor).filter(Exists(there), owner_unit=actor.unit)
    return found


def _in_state(rows: QuerySet[Content], state: ContentState | None) -> QuerySet[Content]:
    if state is None:
        return rows
    if state is ContentState.NOT_HELD:
        return rows.filter(holding=Holding.NOT_HELD.value)
    own = rows.filter(holding=Holding.OWN_COPY.value, sealed=state is ContentState.SEALED)
    if state is ContentState.SEALED:
        return own
    return own.filter(refusal="") if state is ContentState.SHOWN else own.exclude(refusal="")
