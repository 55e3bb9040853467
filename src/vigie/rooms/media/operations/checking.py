"""Stored media read again from end to end: whether every object is still what was sealed."""

import uuid
from collections.abc import Sequence

from vigie.kernel import installation
from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id as new_public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.vault import Defect, KeyRecord, Owner, grant
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
    for key in keys:
        digest = bytes(key.content.sha256)
        defect = vault.check_original(granted, owner, key.content_id, digest, _record(key))
        faults += _faults(key, "original", defect)
    renditions = Rendition.objects.for_actor(actor).filter(
        owner_unit=actor.unit, content_id__in=[one.content_id for one in keys]
    )
    for row in renditions:
        defect = vault.check_derived(granted, owner, row.content_id, _record(row), bytes(row.ciphertext))
        faults += _faults(row, row.kind, defect)
    size = sum(key.content.size for key in keys)
    return Checked(contents=len(keys), bytes=size, last=keys[-1].content_id, faults=tuple(faults))


def _record(row: OriginalKey | Rendition) -> KeyRecord:
    return KeyRecord(row.key_id, bytes(row.wrapped), bytes(row.commitment))


def _faults(row: OriginalKey | Rendition, what: str, defect: Defect | None) -> list[Fault]:
    if defect is None:
        return []
    name = row.name if isinstance(row, OriginalKey) else ""
    return [Fault(content=row.content_id, object_name=name, what=what, closed=defect.closed, why=defect.why)]
