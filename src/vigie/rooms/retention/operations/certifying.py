"""The certificate of an erasure: what was erased, when, on whose authority, and until when a backup may hold it."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from django.conf import settings

from vigie.engines.notes import sign_note
from vigie.kernel.actors import Actor
from vigie.kernel.installation import checkpoint_key
from vigie.rooms.retention.models import Erasure
from vigie.rooms.retention.rules import gone_from_backups

TITLE = "vigie erasure certificate 1"
"""The first line of the text that is signed."""
_NOT_COVERED = (
    (
        "Backups and archives of the database log made before the erasure hold it until the day named above, "
        "if the operator deletes them in time; this program cannot see them."
    ),
    (
        "Deleted rows are cleaned from the database's files within minutes; the medium below may keep what it has not "
        "written over."
    ),
    "Files of the same content held by other units are theirs and were not erased.",
)


def certificate_of(actor: Actor, erasure: Erasure, contents: Sequence[uuid.UUID], event: uuid.UUID) -> str:
    """The certificate as a C2SP signed note: a title line, then one JSON document, then the signature of the log's key.

    Names contents by their public ids, which mean nothing to anybody any more. Times in UTC.
    """
    assert erasure.done_at is not None
    horizon = settings.VIGIE.backup_horizon_days
    facts = {
        "erasure": str(erasure.public_id),
        "unit": str(actor.unit),
        "country": actor.country,
        "authority": erasure.authority,
        "ordered_by": str(erasure.recorded_by),
        "ordered_at": _written(erasure.recorded_at),
        "ordered_log_entry": str(erasure.ordered_event),
        "done_at": _written(erasure.done_at),
        "done_log_entry": str(event),
        "count": len(contents),
        "erased": [
            "wrapped keys of originals and renditions",
            "encrypted originals",
            "renditions",
            "fingerprints, and their places in every index file",
            "places where it was found, file names, digests, parts of uploads",
            "memberships of series, own verdicts and questions",
            "what others' matches and notices said of it",
        ],
        "backup_horizon_days": horizon,
        "gone_from_backups_on": gone_from_backups(erasure.done_at, horizon).isoformat(),
        "not_covered": list(_NOT_COVERED),
        "contents": [str(one) for one in contents],
    }
    return sign_note(f"{TITLE}\n{json.dumps(facts, indent=1, ensure_ascii=True)}\n", checkpoint_key())


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
