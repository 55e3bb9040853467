"""The tamper-evident log: entries written with the act, leaves appended in commit order, signed checkpoints."""

import dataclasses
import enum
import hashlib
import hmac
import json
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from vigie.kernel import policy
from vigie.kernel.actors import Actor
from vigie.kernel.ids import uuid7
from vigie.kernel.models import AuditEvent, AuditNote


class Outcome(enum.StrEnum):
    """What became of an act."""

    DONE = "done"
    REFUSED = "refused"


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What an act was about: a kind of record and its random id."""

    kind: str
    id: uuid.UUID


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """What the log keeps of one act."""

    actor: Actor
    verb: str
    outcome: Outcome
    at: datetime
    subject: Subject | None = None
    concerned: frozenset[uuid.UUID] = frozenset()
    """Units whose records were touched or seen: they may read this line."""
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    note: str = ""
    reason: str = ""


def append(entry: Entry) -> uuid.UUID:
    """The entry stands in the log when the running transaction commits; returns its id.

    Free words go to `audit_note` with a random 32-byte salt; the line keeps HMAC-SHA256(salt, words), so that
    erasing the salt later leaves a commitment nobody can test guesses against.
    """
    event_id = uuid7()
    facts = dict(entry.facts)
    salt = secrets.token_bytes(32)
    if entry.note:
        facts["note"] = hmac.new(salt, entry.note.encode(), hashlib.sha256).hexdigest()
    actor = entry.actor
    AuditEvent.objects.create(
        id=event_id,
        at=entry.at,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        unit=actor.unit,
        country=actor.country,
        on_behalf_of=actor.on_behalf_of,
        purpose=actor.purpose.value,
        verb=entry.verb,
        outcome=entry.outcome.value,
        reason=entry.reason,
        subject_kind=entry.subject.kind if entry.subject else "",
        subject_id=entry.subject.id if entry.subject else None,
        concerned=sorted(entry.concerned),
        facts=facts,
        policy=policy.VERSION,
    )
    if entry.note:
        AuditNote.objects.create(event_id=event_id, unit=actor.unit, salt=salt, words=entry.note)
    return event_id


def canonical(event: AuditEvent) -> bytes:
    """The bytes of an event that its leaf commits to: its columns as JSON, keys sorted, no spaces, UTF-8.

    Times are UTC with microseconds; ids in lower-case hexadecimal with hyphens.
    """
    row: dict[str, Any] = {}
    for field in AuditEvent._meta.concrete_fields:  # noqa: SLF001 - Django documents _meta
        row[field.attname] = _plain(getattr(event, field.attname))
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, list):
        return [str(item) for item in value]
    return value
