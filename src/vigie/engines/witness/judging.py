"""What a witness may sign, and what it says when it may not: the rules of https://c2sp.org/tlog-witness."""

from dataclasses import dataclass
from enum import StrEnum

from ..proofs.checkpoint import Checkpoint, CheckpointRefused, verify_checkpoint
from ..proofs.keys import VerifierKey
from ..proofs.tree import verify_consistency
from .request import Request


class Fault(StrEnum):
    """Why a witness does not sign, or why two notes cannot both be of one log; the words are stable."""

    MALFORMED = "malformed"
    UNKNOWN_LOG = "unknown_log"
    WRONG_SIGNATURE = "wrong_signature"
    OTHER_START = "other_start"
    SMALLER = "smaller"
    FORKED = "forked"
    INCONSISTENT = "inconsistent"
    SPLIT = "split"


BROKEN_PROMISES = frozenset({Fault.SMALLER, Fault.FORKED, Fault.INCONSISTENT, Fault.SPLIT})
"""These say that the log went back on what it signed, or cannot show that it did not; the others are mistakes."""


class WitnessRefused(Exception):  # noqa: N818 - says what it is
    """The witness does not sign; `fault` names the rule and the text says what was seen."""

    def __init__(self, fault: Fault, words: str) -> None:
        super().__init__(words)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Seen:
    """The last tree of a log that a witness signed; size 0 when it signed none."""

    size: int
    root: bytes


def require_signable(request: Request, key: VerifierKey, seen: Seen) -> None:
    """Return only if the witness may cosign: the log's own signature, and an unbroken way from the last tree signed.

    `WitnessRefused` otherwise. The order is that of the specification, except that a tree smaller than the one
    signed last is named as such whatever size the log claims to start from.
    """
    new = request.checkpoint
    _require_signed(new, key)
    if new.size < seen.size:
        raise WitnessRefused(
            Fault.SMALLER, f"the log now shows {new.size} entries; a tree of {seen.size} was signed before"
        )
    if new.size == seen.size and new.root != seen.root and seen.size:
        raise WitnessRefused(Fault.FORKED, f"the log signed two different trees of {seen.size} entries")
    if request.old != seen.size:
        raise WitnessRefused(
            Fault.OTHER_START,
            f"the proof starts at {request.old}; the tree signed last has {seen.size} entries",
        )
    if not verify_consistency(seen.size, new.size, request.proof, seen.root, new.root):
        raise WitnessRefused(
            Fault.INCONSISTENT,
            f"the proof does not show the {seen.size} entries signed before to be the beginning of these {new.size}",
        )


def require_one_history(
    ours: Checkpoint, theirs: Checkpoint, key: VerifierKey, proof: tuple[bytes, ...] | None
) -> None:
    """Return only if two notes of one log, shown to two witnesses, tell one history.

    `proof` leads from the smaller to the larger tree; None when the log gives none. `WitnessRefused` names the split:
    FORKED when the two notes alone prove it, SPLIT when the log cannot join them.
    """
    for note in (ours, theirs):
        _require_signed(note, key)
    small, large = sorted((ours, theirs), key=lambda note: note.size)
    if small.size == large.size:
        if small.root != large.root:
            raise WitnessRefused(
                Fault.FORKED, f"the log signed two different trees of {small.size} entries: two histories"
            )
        return
    if proof is None or not verify_consistency(small.size, large.size, proof, small.root, large.root):
        raise WitnessRefused(
            Fault.SPLIT,
            f"the log does not show the tree of {small.size} entries signed for one witness to be the beginning of "
            f"the tree of {large.size} entries signed for the other: two histories",
        )


def _require_signed(note: Checkpoint, key: VerifierKey) -> None:
    if note.origin != key.name:
        raise WitnessRefused(
            Fault.UNKNOWN_LOG, f"the checkpoint speaks for {note.origin}, not for {key.name}"
        )
    try:
        verify_checkpoint(note, key)
    except CheckpointRefused as error:
        raise WitnessRefused(Fault.WRONG_SIGNATURE, str(error)) from error
