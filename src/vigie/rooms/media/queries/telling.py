"""From rows of content to what may be said of them."""

from django.db.models import Exists, OuterRef, QuerySet

from vigie.kernel.actors import Actor
from vigie.kernel.policy import Handling
from vigie.rooms.media.models import Content, Rendition
from vigie.rooms.media.schemas import ContentFacts, ContentPage, ContentState, Holding, Kind

PAGE = 100
VEIL = "veil"


def page_of(actor: Actor, rows: QuerySet[Content], limit: int) -> ContentPage:
    """The first contents of a query that was made for the actor, as recorded, and where the next page begins."""
    found = list(with_veil(actor, rows).order_by("id")[: limit + 1])
    shown = found[:limit]
    return ContentPage(
        contents=tuple(facts_of(actor, row) for row in shown),
        after=shown[-1].public_id if len(found) > limit else None,
    )


def with_veil(actor: Actor, rows: QuerySet[Content]) -> QuerySet[Content]:
    """The same rows, each saying whether it has a veiled rendition the actor sees."""
    veils = Rendition.objects.for_actor(actor).filter(content=OuterRef("pk"), kind=VEIL)
    return rows.annotate(has_veil=Exists(veils))


def facts_of(actor: Actor, row: Content) -> ContentFacts:
    """What may be said of this content, a row of `with_veil`."""
    return ContentFacts(
        public_id=row.public_id,
        owner_unit=row.owner_unit,
        owner_country=row.owner_country,
        is_own=row.owner_unit == actor.unit,
        kind=Kind(row.kind),
        format=row.format,
        width=row.width,
        height=row.height,
        duration_ms=row.duration_ms,
        size=row.size,
        sha256="" if row.sealed else bytes(row.sha256).hex(),
        state=_state(row),
        refusal=row.refusal,
        has_veil=row.has_veil,  # type: ignore[attr-defined]  # annotated by with_veil
        handling=Handling(row.handling),
        recorded_at=row.recorded_at,
    )


def _state(row: Content) -> ContentState:
    if row.holding != Holding.OWN_COPY.value:
        return ContentState.NOT_HELD
    if row.sealed:
        return ContentState.SEALED
    return ContentState.REFUSED if row.refusal else ContentState.SHOWN
