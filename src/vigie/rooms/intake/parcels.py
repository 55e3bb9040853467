"""Parcels: many small files in one request, because a request costs more than a small file.

A parcel is a row of (entry number: 8 bytes, length: 8 bytes, both big endian; the file's bytes). Each file is written to
its own part, encrypted and synced, and compared with its claimed SHA-256; then one operation acknowledges them all.
What was cut on its way is simply sent again: a parcel is no larger than one piece of a resumable upload.
"""

import hashlib
import struct
import uuid
from collections.abc import Iterator

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, TooLarge
from vigie.rooms.intake import operations, queries
from vigie.rooms.intake.parts import NoRoomError, PartBusyError, part_of, require_room
from vigie.rooms.intake.rules import ACKNOWLEDGED, LARGEST_PARCEL, PARCEL_FILES, EntryState, Reason
from vigie.rooms.intake.schemas import ParcelResult, ParcelStatus, UploadTarget

_HEAD = struct.Struct(">QQ")
_ENTRIES = 1 << 53
"""Numbers of entries lie below, as in manifests."""


def receive(actor: Actor, submission: uuid.UUID, body: bytes) -> tuple[ParcelResult, ...]:
    """Every file of the parcel that is wanted and is the claimed one is acknowledged; the answer says which.

    Invalid for a parcel that was cut or names an entry twice, TooLarge for one beyond the limits, NotFound when the
    unit has no such submission.
    """
    files = dict(_files(body))
    targets = queries.uploads_for(actor, submission, files)
    results: dict[int, ParcelResult] = {}
    here: list[uuid.UUID] = []
    for entry, content in files.items():
        target = targets.get(entry)
        results[entry] = _take(actor, entry, target, content)
        if target is not None and results[entry].status is ParcelStatus.SENT:
            here.append(target.upload_id)
    if here:
        operations.files_sent(actor, submission, here)
    return tuple(results.values())


def _files(body: bytes) -> Iterator[tuple[int, bytes]]:
    if len(body) > LARGEST_PARCEL:
        raise TooLarge(f"a parcel has at most {LARGEST_PARCEL} bytes")
    at, seen = 0, set[int]()
    while at < len(body):
        if len(body) - at < _HEAD.size:
            raise Invalid("the parcel was cut")
        entry, length = _HEAD.unpack_from(body, at)
        at += _HEAD.size
        if length > len(body) - at or entry in seen or entry >= _ENTRIES:
            raise Invalid("the parcel was cut, or names an entry twice, or one no manifest can hold")
        seen.add(entry)
        if len(seen) > PARCEL_FILES:
            raise TooLarge(f"a parcel has at most {PARCEL_FILES} files")
        yield entry, body[at : at + length]
        at += length


def _take(actor: Actor, entry: int, target: UploadTarget | None, content: bytes) -> ParcelResult:
    if target is None:
        return ParcelResult(entry=entry, status=ParcelStatus.REFUSED, reason="not_wanted")
    if target.state in ACKNOWLEDGED:
        return ParcelResult(entry=entry, status=ParcelStatus.SENT)
    if target.state is not EntryState.WANTED:
        return ParcelResult(entry=entry, status=ParcelStatus.REFUSED, reason="not_wanted")
    if len(content) != target.size or hashlib.sha256(content).digest() != target.sha256:
        operations.file_differs(actor, target.upload_id)
        return ParcelResult(entry=entry, status=ParcelStatus.REFUSED, reason=Reason.DIGEST_DIFFERS.value)
    return _keep(entry, target, content)


def _keep(entry: int, target: UploadTarget, content: bytes) -> ParcelResult:
    part = part_of(target.submission_id, target.upload_id)
    try:
        require_room(len(content))
        part.create()
        with part.locked() as opened:
            opened.replace(content)
            opened.sync()
    except (PartBusyError, FileNotFoundError):
        return ParcelResult(entry=entry, status=ParcelStatus.BUSY)
    except NoRoomError:
        part.remove()
        return ParcelResult(entry=entry, status=ParcelStatus.REFUSED, reason=Reason.NO_ROOM.value)
    return ParcelResult(entry=entry, status=ParcelStatus.SENT)
