"""Files as they arrive: acknowledged when their digest agrees, failed when it does not."""

import uuid

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, NotFound
from vigie.kernel.ids import public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.intake.models import ManifestEntry
from vigie.rooms.intake.operations.handing_in import defer_work
from vigie.rooms.intake.rules import ACKNOWLEDGED, EntryState, Reason


@operation(Permission.INTAKE_FILE_SEND)
def file_sent(actor: Actor, upload_id: uuid.UUID) -> None:
    """The file's bytes are here and are the claimed ones: work on it begins. Saying so again changes nothing.

    Called only after the part was synced and its SHA-256 compared. NotFound when the unit has no such upload,
    Conflict when its file is not wanted (any more).
    """
    row = _locked(actor, upload_id)
    about("submission", row.submission.public_id, upload=str(upload_id), bytes=row.size)
    if EntryState(row.state) in ACKNOWLEDGED:
        return
    if row.state != EntryState.WANTED.value:
        raise Conflict("this file is not wanted")
    row.state = EntryState.SENT.value
    row.save()
    defer_work(actor, row.submission_id)


@operation(Permission.INTAKE_FILE_SEND)
def file_differs(actor: Actor, upload_id: uuid.UUID) -> None:
    """What arrived is not the claimed file: it is failed, and may be handed in again. The part is removed by the caller.

    NotFound when the unit has no such upload, Conflict when its file is not wanted.
    """
    row = _locked(actor, upload_id)
    if row.state != EntryState.WANTED.value:
        raise Conflict("this file is not wanted")
    about("submission", row.submission.public_id, upload=str(upload_id), failed=Reason.DIGEST_DIFFERS.value)
    row.state, row.reason = EntryState.REFUSED.value, Reason.DIGEST_DIFFERS.value
    row.save()


@operation(Permission.INTAKE_FILE_SEND)
def abandon_upload(actor: Actor, upload_id: uuid.UUID) -> None:
    """The upload is given up; its file is still wanted, under a new upload with a new key stream.

    NotFound when the unit has no such upload, Conflict when its bytes were acknowledged.
    """
    row = _locked(actor, upload_id)
    if row.state != EntryState.WANTED.value:
        raise Conflict("this file is not wanted, or its bytes were acknowledged")
    about("submission", row.submission.public_id, upload=str(upload_id), given_up=1)
    row.upload_id = public_id()
    row.save()


def _locked(actor: Actor, upload_id: uuid.UUID) -> ManifestEntry:
    rows = ManifestEntry.objects.for_actor(actor).select_related("submission").filter(upload_id=upload_id)
    row: ManifestEntry | None = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise NotFound
    return row
