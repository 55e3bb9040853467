"""Cosignatures of outside witnesses on a log's checkpoints: https://c2sp.org/tlog-cosignature, the Ed25519 form.

A cosignature says that at its time the witness had seen no larger tree of this log, and that the trees it signed
before are beginnings of this one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .checkpoint import Checkpoint, CheckpointRefused, NoteSignature
from .keys import VerifierKey, WitnessKey, WitnessSigningKey

_TIME_BYTES = 8
_LATEST = 253_402_300_799
"""Seconds of the last moment a datetime can hold: the specification allows more, no clock shows it."""


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature: which witness, when by its own clock (UTC), and the line that says so."""

    witness: str
    at: datetime
    line: NoteSignature


def cosign(checkpoint: Checkpoint, key: WitnessSigningKey, *, at: datetime) -> NoteSignature:
    """Return the witness's signature line. What it may sign is decided before: see `vigie.engines.witness`."""
    seconds = int(at.timestamp())
    signature = seconds.to_bytes(_TIME_BYTES, "big") + key.sign(_signed(checkpoint, seconds))
    return NoteSignature(key.name, key.verifier.key_id, signature)


def cosignatures(checkpoint: Checkpoint, keys: Iterable[WitnessKey]) -> tuple[Cosignature, ...]:
    """Return the cosignatures of these witnesses on a checkpoint, one each: the newest of a witness that signed twice.

    Lines of other keys are passed over. `CheckpointRefused` when a line bears one of the keys' names and ids and its
    signature does not hold: such a note is malformed (https://c2sp.org/signed-note).
    """
    found: dict[WitnessKey, Cosignature] = {}
    for key in keys:
        for line in checkpoint.signatures:
            if (line.name, line.key_id) == (key.name, key.key_id):
                made = Cosignature(key.name, _time_of(checkpoint, line, key), line)
                found[key] = max(found.get(key, made), made, key=lambda one: one.at)
    return tuple(found.values())


def with_lines(checkpoint: Checkpoint, lines: Iterable[NoteSignature]) -> Checkpoint:
    """Return the checkpoint with these signature lines behind its own, each line once."""
    return replace(checkpoint, signatures=tuple(dict.fromkeys((*checkpoint.signatures, *lines))))


def _time_of(checkpoint: Checkpoint, line: NoteSignature, key: VerifierKey) -> datetime:
    seconds, signature = int.from_bytes(line.signature[:_TIME_BYTES], "big"), line.signature[_TIME_BYTES:]
    if not 0 < seconds <= _LATEST or not key.verifies(_signed(checkpoint, seconds), signature):
        raise CheckpointRefused(f"the cosignature of {key.name} does not belong to the checkpoint")
    return datetime.fromtimestamp(seconds, UTC)


def _signed(checkpoint: Checkpoint, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{checkpoint.text}".encode()
