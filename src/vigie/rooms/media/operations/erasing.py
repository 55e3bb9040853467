"""Content that leaves: its keys first, then everything the database says of it, in one transaction."""

import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from vigie.kernel import context, installation
from vigie.kernel.actors import Actor
from vigie.kernel.operation import in_progress
from vigie.rooms.media.models import Content, Fingerprint, OriginalKey, Tombstone

_TABLES = ("media_originalkey", "media_rendition", "media_fingerprint", "media_occurrence")
"""In the order in which their rows go: the wrapped keys of the original and of what is derived from it first."""


class Removed(NamedTuple):
    """What is left of one content outside of the database: nothing of it can be opened or found by."""

    content_id: uuid.UUID
    public_id: uuid.UUID
    object_name: str
    """Of the sealed original in the store; empty for a content whose bytes were never here."""
    fingerprints: tuple[uuid.UUID, ...]


def remove_contents(actor: Actor, content_ids: Sequence[uuid.UUID], authority: str) -> list[Removed]:
    """These contents of the actor's unit (row ids) are no more: no key, no row, a tombstone each. Those gone are left out.

    Only inside the operation that erases them, after the rows of other rooms that name them. The wrapped keys are the
    first rows to go. A tombstone keeps the ids, the owner, the date, the authority and the object's name, which is an
    HMAC that says nothing without the store's key: a restore of an older backup must know what to leave out.
    """
    in_progress()
    rows = Content.objects.for_actor(actor).filter(id__in=list(content_ids), owner_unit=actor.unit)
    found = {row.id: row for row in rows.select_for_update().order_by("id")}
    names = dict(
        OriginalKey.objects.for_actor(actor).filter(content__in=found).values_list("content_id", "name")
    )
    prints: dict[uuid.UUID, list[uuid.UUID]] = {one: [] for one in found}
    for row_id, content_id in (
        Fingerprint.objects.for_actor(actor).filter(content__in=found).values_list("id", "content_id")
    ):
        prints[content_id].append(row_id)
    for table in _TABLES:
        _delete(table, "content_id", found)
    _delete("media_content", "id", found)
    now, recorder = context.now(), actor.on_behalf_of or actor.id
    Tombstone.objects.bulk_create(
        Tombstone(
            id=row.id,
            public_id=row.public_id,
            owner_unit=row.owner_unit,
            owner_country=row.owner_country,
            recorded_by=recorder,
            recorded_at=now,
            authority=authority,
            object_name=names.get(row.id, ""),
        )
        for row in found.values()
    )
    return [Removed(one, found[one].public_id, names.get(one, ""), tuple(prints[one])) for one in found]


def remove_places(actor: Actor, exhibits: Iterable[uuid.UUID]) -> int:
    """No content was found on these exhibits of the unit (row ids) any more; returns how many places are gone.

    Only inside the operation that erases the exhibits. Contents that have another place stay.
    """
    in_progress()
    return _delete("media_occurrence", "exhibit_id", exhibits)


def remove_objects(actor: Actor, content_ids: Sequence[uuid.UUID]) -> int:
    """The sealed originals of these erased contents (row ids) are gone from the store; returns how many were asked for.

    Only inside an operation; may be repeated. The object of a file that was handed in again since has the same name
    and is another content's: `record_contents` took the name from the tombstone, and it is left alone.
    """
    in_progress()
    rows = Tombstone.objects.for_actor(actor).filter(id__in=list(content_ids)).exclude(object_name="")
    names = list(rows.select_for_update().order_by("id").values_list("object_name", flat=True))
    vault = installation.vault()
    for name in names:
        vault.remove_original(name)
    return len(names)


def keep_objects(actor: Actor, names: Sequence[str]) -> None:
    """Objects of these names are about to be another content's: no erasure of an earlier one removes them.

    Only inside the operation that stores them, before they are stored. The rows stay locked until it ends, so that an
    erasure that is under way has either removed the object before or leaves the new one.
    """
    in_progress()
    rows = Tombstone.objects.for_actor(actor).filter(owner_unit=actor.unit, object_name__in=list(names))
    taken = list(rows.select_for_update().order_by("id").values_list("id", flat=True))
    if taken:
        Tombstone.objects.for_actor(actor).filter(id__in=taken).update(object_name="")


def _delete(table: str, column: str, ids: Iterable[uuid.UUID]) -> int:
    """Rows of the own unit only, as row-level security has it: Django's delete would ask for every related row."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s)", [list(ids)])  # noqa: S608 - names of ours only
        return int(cursor.rowcount)
