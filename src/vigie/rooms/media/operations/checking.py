"""Stored media read again from end to end: whether every object is still what was sealed."""

import uuid
from collections.abc import Sequence

from vigie.kernel import installation
from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id as new_public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.vault import CountryClosed, KeyRecord, Owner, grant
from vigie.rooms.media.models import OriginalKey, Rendition
from vigie.rooms.media.schemas import Checked, Fault

CHECKED_AT_ONCE = 200
"""Objects of one audit line."""


@operation(Permission.MEDIA_ORIGINAL_CHECK)
def check_stored(
    actor: Actor,
    *,
    after: uuid.UUID | None = None,
    only: Sequence[uuid.UUID] | None = None,
    limit: int = CHECKED_AT_ONCE,
) -> Checked:
    """The next stored originals of the unit behind `after` (row ids of contents), or `only` these, were read whole.

    Each is opened, its digest compared with its row, and its renditions are opened too; nothing is handed out. One
    audit line with the number of contents. What is wrong is returned, never raised.
    """
    rows = OriginalKey.objects.for_actor(actor).filter(owner_unit=actor.unit).select_related("content")
    if only is not None:
        rows = rows.filter(content_id__in=list(only))
    elif after is not None:
        rows = rows.filter(content_id__gt=after)
    keys = list(rows.order_by("content_id")[: limit if only is None else len(only)])
    about("check", new_public_id(), contents=len(keys))
    if not keys:
        return Checked()
    granted = grant(*(one.content_id for one in keys))
    vault, owner = installation.vault(), Owner(actor.unit, actor.country)
    faults: list[Fault] = []
    renditions = Rendition.objects.for_actor(actor).filter(
        owner_unit=actor.unit, content_id__in=[one.content_id for one in keys]
    )
    digests = {key.content_id: bytes(key.content.sha256) for key in keys}
    for row in (*keys, *renditions):
        veil, closed = bytes(row.ciphertext) if isinstance(row, Rendition) else b"", False
        try:
            why = vault.check(
                granted, owner, row.content_id, _record(row), sha256=digests[row.content_id], veil=veil
            )
        except CountryClosed as error:
            why, closed = str(error.__cause__), True
        if why:
            faults.append(_fault(row, why=why, closed=closed))
    size = sum(key.content.size for key in keys)
    return Checked(contents=len(keys), bytes=size, last=keys[-1].content_id, faults=tuple(faults))


def _record(row: OriginalKey | Rendition) -> KeyRecord:
    return KeyRecord(row.key_id, bytes(row.wrapped), bytes(row.commitment))


def _fault(row: OriginalKey | Rendition, *, why: str, closed: bool) -> Fault:
    name, what = (row.name, "original") if isinstance(row, OriginalKey) else ("", row.kind)
    return Fault(content=row.content_id, object_name=name, what=what, closed=closed, why=why)
