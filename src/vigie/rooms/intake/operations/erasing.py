"""What a hand-in keeps of files whose content was erased: that there was one, and no more."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from vigie.kernel.actors import Actor
from vigie.kernel.operation import in_progress
from vigie.rooms.intake.models import ManifestEntry, SealAuthority
from vigie.rooms.intake.parts import part_of
from vigie.rooms.intake.rules import EntryState

Upload = tuple[uuid.UUID, uuid.UUID]
"""A submission's row id and the id of one of its uploads: where a part may lie."""
_NOTHING_LEFT: Final[dict[str, Any]] = {
    "state": EntryState.ERASED.value,
    "content": None,
    "path": b"",
    "path_text": "",
    "modified_text": "",
    "size": 0,
    "md5": b"",
    "sha1": b"",
    "sha256": b"",
    "reason": "",
    "sealed": False,
}


def blank_entries(actor: Actor, content_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Upload]]:
    """The unit's manifest entries of these contents (row ids) say nothing of the files; where parts may lie, by content.

    Only inside the operation that erases them.
    """
    in_progress()
    rows = ManifestEntry.objects.for_actor(actor).filter(content_id__in=list(content_ids))
    uploads: dict[uuid.UUID, list[Upload]] = {}
    for content_id, submission_id, upload_id in rows.values_list("content_id", "submission_id", "upload_id"):
        uploads.setdefault(content_id, []).append((submission_id, upload_id))
    rows.update(**_NOTHING_LEFT)
    return uploads


def blank_entries_of_exhibits(actor: Actor, exhibits: Sequence[uuid.UUID]) -> list[Upload]:
    """The unit's manifest entries of these exhibits (row ids) say nothing of the files; returns where parts may lie.

    Only inside the operation that erases the exhibits. Entries of files that never came are blanked too.
    """
    in_progress()
    rows = ManifestEntry.objects.for_actor(actor).filter(submission__exhibit_id__in=list(exhibits))
    uploads = list(rows.exclude(state=EntryState.ERASED.value).values_list("submission_id", "upload_id"))
    rows.update(**_NOTHING_LEFT)
    authorities = SealAuthority.objects.for_actor(actor).filter(exhibit_id__in=list(exhibits))
    authorities.update(reference="", issuer="")
    return uploads


def remove_parts(actor: Actor, uploads: Iterable[Upload]) -> int:
    """No part of these uploads lies on disk; returns how many did. Only inside an operation; may be repeated."""
    _ = actor
    in_progress()
    removed = 0
    for submission_id, upload_id in uploads:
        part = part_of(submission_id, upload_id)
        removed += part.size() is not None
        part.remove()
    return removed
