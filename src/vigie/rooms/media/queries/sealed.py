"""Reads of sealed files: which they are, and what may be compared all the same. Never what they could be known by."""

import uuid
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from vigie.backends.postgres.arrays import among_digests
from vigie.kernel.actors import Actor
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.media.models import Content, Fingerprint
from vigie.rooms.media.queries.contents import of_exhibit, own_copies, paths_on_exhibit
from vigie.rooms.media.queries.telling import PAGE
from vigie.rooms.media.schemas import SealedFile


def held_or_sealed(actor: Actor, sha256s: Iterable[bytes]) -> dict[bytes, bool]:
    """The digests among these of which the unit holds verified bytes; True where it holds them sealed.

    Nobody looked into a sealed one, and its bytes may still come in openly. Others' holdings never count.
    """
    rows = own_copies(actor).filter(among_digests("sha256", sha256s))
    return {bytes(digest): sealed for digest, sealed in rows.values_list("sha256", "sealed")}


def how_many_sealed(actor: Actor, exhibit: uuid.UUID) -> int:
    """How many contents of an exhibit of the unit (a public id) are sealed."""
    return of_exhibit(actor, exhibit).filter(sealed=True).count()


def sealed_files(
    actor: Actor, exhibit: uuid.UUID, *, after: uuid.UUID | None = None, limit: int = PAGE
) -> tuple[SealedFile, ...]:
    """The sealed files of an exhibit of the unit (a public id) as recorded, from behind `after` (a public id)."""
    require(actor, Permission.CASE_CASE_READ)
    rows = of_exhibit(actor, exhibit).filter(sealed=True).order_by("id")
    if after is not None:
        last = Content.objects.for_actor(actor).filter(public_id=after).values("id")[:1]
        rows = rows.filter(id__gt=last)
    found = list(rows[:limit])
    paths = paths_on_exhibit(actor, exhibit, [row.public_id for row in found])
    return tuple(
        SealedFile(
            public_id=row.public_id,
            paths=paths.get(row.public_id, ()),
            size=row.size,
            recorded_at=row.recorded_at,
        )
        for row in found
    )


def sealed_on(actor: Actor, exhibit: uuid.UUID) -> dict[uuid.UUID, uuid.UUID]:
    """The row ids of all sealed contents of an exhibit of the unit (a public id), by public id."""
    rows = of_exhibit(actor, exhibit).filter(sealed=True)
    return dict(rows.values_list("public_id", "id"))


def still_sealed(actor: Actor, content_ids: Iterable[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Those of these contents of the unit (row ids) that are sealed."""
    rows = own_copies(actor).filter(id__in=list(content_ids), sealed=True)
    return tuple(rows.order_by("id").values_list("id", flat=True))


def comparable(actor: Actor, public_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[bytes, int]]:
    """SHA-256 and size (bytes) of the contents the actor sees, by public id: for comparing, never for showing.

    Sealed ones only where the law of their country lets them be compared.
    """
    compared = Fingerprint.objects.for_actor(actor).filter(content=OuterRef("pk"))
    rows = Content.objects.for_actor(actor).filter(public_id__in=list(public_ids))
    rows = rows.filter(Q(sealed=False) | Exists(compared))
    return {
        public_id: (bytes(digest), size)
        for public_id, digest, size in rows.values_list("public_id", "sha256", "size")
    }
