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


class WitnessState(Frozen):
    """A witness of the log, and the last of its cosignatures that is kept here; size 0 when there is none."""

    name: str
    key: str
    size: int
    at: datetime | None
    ended: bool


class Witnessing(Frozen):
    """How far outside witnesses have seen the log."""

    witnesses: tuple[WitnessState, ...]
    """Those that were not ended first, by name."""
    by_one: int
    """Entries up to which at least one of them saw it."""
    by_two: int
    """Entries up to which at least two of them saw it: neither the operator nor one body alone can change these."""
    fresh: int
    """How many of them signed within the last day."""

    @property
    def active(self) -> int:
        """How many witnesses count."""
        return sum(not one.ended for one in self.witnesses)

    @property
    def newest(self) -> WitnessState | None:
        """The witness that saw furthest; None while none has signed."""
        signed = [one for one in self.witnesses if one.size and not one.ended]
        return max(signed, key=lambda one: (one.size, one.at), default=None)


class AddedWitness(Frozen):
    """A new witness and the token it pulls checkpoints with, shown only now."""

    name: str
    token: str
    log_key: str
    """The public key the witness follows the log by."""


class Group(Frozen):
    """How many lines of a view concern one record, person or unit, and when the last one was."""

    key: str
    label: str
    count: int
    last: datetime
