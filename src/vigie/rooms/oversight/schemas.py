"""The log as people read it."""

import uuid
from datetime import datetime
from typing import Any

from vigie.rooms.units.schemas import Frozen


class LogLine(Frozen):
    """One entry of the log, as a sentence, without media and without free text."""

    id: uuid.UUID
    at: datetime
    sentence: str
    verb: str
    outcome: str
    reason: str
    actor_kind: str
    actor_id: uuid.UUID
    who: str
    """A code for the person, or the service's name: the log names nobody."""
    unit: uuid.UUID
    unit_name: str
    country: str
    subject_kind: str
    subject_id: uuid.UUID | None
    facts: dict[str, Any]


class LogPage(Frozen):
    """A page of the log, newest first."""

    lines: tuple[LogLine, ...]
    next_cursor: str | None


class LogState(Frozen):
    """How far the log is proven."""

    entries: int
    signed: int
    signed_at: datetime | None
    waiting: int
    public_key: str


class Proof(Frozen):
    """The proof that one entry stands in the log at its place, under the last signed checkpoint."""

    index: int
    size: int
    hashes: tuple[str, ...]
    checkpoint: str
    holds: bool
