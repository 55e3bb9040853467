"""Files as they arrive: acknowledged when their digest agrees, failed when it does not."""

import hashlib
import uuid
from collections.abc import Collection

from django.utils.translation import gettext as _

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
        raise Conflict(_("This file is not wanted."))
    row.state = EntryState.SENT.value
    row.save()
    defer_work(actor, row.submission_id)


@operation(Permission.INTAKE_FILE_SEND)
def files_sent(actor: Actor, submission: uuid.UUID, upload_ids: Collection[uuid.UUID]) -> int:
    """The bytes of all these files are here and are the claimed ones; returns how many were new.

    One line in the log for all, with a digest of the uploads' ids. Called only after every part was synced and its
    SHA-256 compared. Files acknowledged already, or not wanted any more, are left as they are.
    """
    rows = ManifestEntry.objects.for_actor(actor).filter(
        submission__public_id=submission, upload_id__in=upload_ids, state=EntryState.WANTED.value
    )
    row_ids = set(rows.values_list("submission_id", flat=True))
    new: int = rows.update(state=EntryState.SENT.value)
    digest = hashlib.sha256(b"".join(sorted(upload.bytes for upload in upload_ids))).hexdigest()
    about("submission", submission, files=new, uploads=digest)
    for row_id in row_ids:
        defer_work(actor, row_id)
    return new


@operation(Permission.INTAKE_FILE_SEND)
def file_differs(actor: Actor, upload_id: uuid.UUID) -> None:
    """What arrived is not the claimed file: it is failed, and may be handed in again. The part is removed by the caller.

    NotFound when the unit has no such upload, Conflict when its file is not wanted.
    """
    row = _locked(actor, upload_id)
    if row.state != EntryState.WANTED.value:
        raise Conflict(_("This file is not wanted."))
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
        raise Conflict(_("This file is not wanted, or its bytes were acknowledged."))
    about("submission", row.submission.public_id, upload=str(upload_id), given_up=1)
    row.upload_id = public_id()
    row.save()


def _locked(actor: Actor, upload_id: uuid.UUID) -> ManifestEntry:
    rows = ManifestEntry.objects.for_actor(actor).select_related("submission").filter(upload_id=upload_id)
    row: ManifestEntry | None = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise NotFound
    return row
