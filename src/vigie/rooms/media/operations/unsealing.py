"""A sealed file is opened: from now on it is a content like any other, shared as its case says."""

import logging
import uuid
from collections.abc import Callable
from typing import BinaryIO

from vigie.kernel import installation
from vigie.kernel.actors import Actor
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.vault import CountryClosed, KeyRecord, Owner, grant
from vigie.rooms.media.models import Content, Fingerprint, OriginalKey
from vigie.rooms.media.operations.rows import analysis_columns, fingerprints, veil_row
from vigie.rooms.media.schemas import Holding, NewContent, Sharing, Terms

_log = logging.getLogger(__name__)

Looking = Callable[[bytes, Callable[[], BinaryIO]], NewContent | None]
"""Looks into a file, given its SHA-256 and what opens its bytes; None when it is not the file of that digest."""


@operation(Permission.MEDIA_ORIGINAL_PROCESS)
def open_sealed(actor: Actor, content_id: uuid.UUID, *, terms: Terms, look: Looking) -> bool:
    """The sealed content of the unit (a row id) is looked into and opened; returns whether it is open now.

    Only after a legal authority for it is on record: the caller answers for that. False when its stored bytes are not
    those of its digest: then it stays sealed. CountryClosed while the key is not here. Decoding happens inside the transaction, tenths of a second for a
    picture; a film holds its own row for as long as it takes.
    """
    rows = Content.objects.for_actor(actor).filter(id=content_id, owner_unit=actor.unit)
    row = rows.select_for_update().first()
    about("content", row.public_id if row else content_id, concerned=actor.unit)
    if row is None or row.holding != Holding.OWN_COPY.value:
        return False
    if not row.sealed:
        return True
    key = OriginalKey.objects.for_actor(actor).get(content=row)
    owner, granted = Owner(row.owner_unit, row.owner_country), grant(row.id)
    wrapped = KeyRecord(key.key_id, bytes(key.wrapped), bytes(key.commitment))
    digest = bytes(row.sha256)

    def source() -> BinaryIO:
        return installation.vault().open_original(granted, owner, row.id, digest, wrapped)

    try:
        found = look(digest, source)
    except CountryClosed:
        raise
    except Exception:  # noqa: BLE001 - a stored file that is damaged must not hold up the others
        _log.exception("the stored bytes of content %s are damaged; it stays sealed", row.id)
        return False
    if found is None:
        return False
    unseal(actor, row, found, terms)
    return True


def unseal(actor: Actor, row: Content, item: NewContent, terms: Terms) -> None:
    """The content is sealed no more: what was found in it stands in its rows. Only inside an operation.

    It is shared as the case's terms say, unless its owner narrowed that while it was sealed: that stands.
    """
    in_progress()
    now = Sharing.of(row.visibility)
    sharing = terms.sharing if now == terms.sharing.while_sealed else now
    for name, value in (analysis_columns(item) | sharing.columns()).items():
        setattr(row, name, value)
    row.save()
    _print_anew(actor, row, item)
    if item.veil is None:
        return
    owner = Owner(row.owner_unit, row.owner_country)
    sealed = installation.vault().seal_derived(owner, row.id, item.veil.png)
    kept = ("owner_unit", "owner_country", "recorded_by", "recorded_at", "purpose", "legal_basis", "handling")
    veil_row(row, item.veil, sealed, {name: getattr(row, name) for name in kept}).save(force_insert=True)


def _print_anew(actor: Actor, row: Content, item: NewContent) -> None:
    """The row of the file itself keeps its id, for others were told of it; frames of a film come beside it."""
    whole, *frames = fingerprints(row, item.prints)
    known = Fingerprint.objects.for_actor(actor).filter(content=row, frame_ms=-1).first()
    if known is not None:
        whole.id, whole.withdrawn = known.id, known.withdrawn
    whole.save(force_insert=known is None, force_update=known is not None)
    Fingerprint.objects.bulk_create(frames, batch_size=1_000)
