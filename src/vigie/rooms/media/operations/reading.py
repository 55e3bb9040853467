"""Pictures read again at every pixel, where the quick reading of a JPEG leaves a decision open."""

import logging
import uuid
from collections.abc import Sequence

from vigie.engines.hashing import pdq
from vigie.engines.imaging import ConfinedPool, MediaRefused
from vigie.engines.imaging import Kind as Format
from vigie.kernel import installation
from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id as new_public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.vault import Grant, KeyRecord, Owner, grant
from vigie.rooms.media.models import Content, Fingerprint, OriginalKey
from vigie.rooms.media.rules import AT_EVERY_PIXEL
from vigie.rooms.media.schemas import Holding, Kind

_log = logging.getLogger(__name__)


@operation(Permission.MEDIA_ORIGINAL_PROCESS)
def read_at_every_pixel(actor: Actor, content_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """The codes of these pictures of the unit (row ids) rest on every pixel; returns those whose code is another now.

    Handing in reads JPEG grey and scaled, which is five times as fast and at most 8 bits off; what matters less than
    that is left alone: other formats, films, and what was read so already. A file that cannot be opened so keeps its
    code. One audit line, and decoding in the owner's confined workers: some tenths of a second a picture.
    """
    rows = list(
        Content.objects.for_actor(actor)
        .filter(
            id__in=list(content_ids),
            owner_unit=actor.unit,
            kind=Kind.PICTURE.value,
            format=Format.JPEG.value,
            holding=Holding.OWN_COPY.value,
            sealed=False,
        )
        .exclude(analysed_with__endswith=AT_EVERY_PIXEL)
        .select_for_update()
        .order_by("id")
    )
    about("read", new_public_id(), contents=len(rows))
    if not rows:
        return []
    keys = {one.content_id: one for one in OriginalKey.objects.for_actor(actor).filter(content__in=rows)}
    granted = grant(*keys)
    with installation.decoding(Owner(actor.unit, actor.country)) as pool:
        return [row.id for row in rows if row.id in keys and _read(actor, row, keys[row.id], granted, pool)]


def _read(actor: Actor, row: Content, key: OriginalKey, granted: Grant, pool: ConfinedPool) -> bool:
    """Whether the code of this picture is another one, now that every pixel was read."""
    wrapped = KeyRecord(key.key_id, bytes(key.wrapped), bytes(key.commitment))
    owner = Owner(row.owner_unit, row.owner_country)
    try:
        with installation.vault().open_original(
            granted, owner, row.id, bytes(row.sha256), wrapped
        ) as original:
            found = pdq.from_raster(pool.analyse_full(original).pdq_raster)
    except MediaRefused as refused:
        _log.warning("content %s was not read at every pixel: %s", row.id, refused.code)
        return False
    except Exception:  # noqa: BLE001 - a stored file that is damaged or locked must not hold up what was handed in
        _log.exception("content %s could not be read again", row.id)
        return False
    row.analysed_with += AT_EVERY_PIXEL
    row.save(update_fields=["analysed_with"])
    prints = Fingerprint.objects.for_actor(actor).filter(content_id=row.id, frame_ms=-1)
    columns = {"pdq": found.code, "quality": found.quality, "dihedral": b"".join(found.dihedral)}
    return prints.exclude(pdq=found.code).update(**columns) > 0
