"""How far outside witnesses saw a log that was judged, in a form to print."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .checkpoint import Checkpoint, CheckpointRefused, verify_checkpoint
from .cosignature import cosignatures
from .keys import VerifierKey, WitnessKey


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Up to which entry a witness saw the log, and when it signed that (UTC)."""

    witness: str
    size: int
    at: datetime


def witnessed(
    checkpoints: Iterable[Checkpoint], log: VerifierKey, witnesses: Sequence[WitnessKey], covered: int
) -> tuple[Witnessed, ...]:
    """Return the furthest each witness saw of the first `covered` entries, those who saw most first.

    Checkpoints the log did not sign, and sizes for which it signed two, count for nothing. `CheckpointRefused` when
    a line bears a witness's name and key id and does not hold.
    """
    roots: dict[int, set[bytes]] = {}
    signed = [one for one in checkpoints if one.size <= covered and _is_signed(one, log)]
    for one in signed:
        roots.setdefault(one.size, set()).add(one.root)
    found: dict[str, Witnessed] = {}
    for one in signed:
        for line in cosignatures(one, witnesses) if len(roots[one.size]) == 1 else ():
            seen = Witnessed(line.witness, one.size, line.at)
            found[line.witness] = max(found.get(line.witness, seen), seen, key=_reach)
    return tuple(sorted(found.values(), key=_reach, reverse=True))


def sentence(found: Sequence[Witnessed]) -> str:
    """Return who saw how much, in one sentence."""
    seen = (f"{one.witness} saw {one.size} entries ({one.at:%Y-%m-%d %H:%M:%S} UTC)" for one in found)
    return (
        f"witnessed from outside: {', '.join(seen)}; change up to there shows even to who holds the log's key"
    )


def _reach(one: Witnessed) -> tuple[int, datetime]:
    return one.size, one.at


def _is_signed(checkpoint: Checkpoint, log: VerifierKey) -> bool:
    try:
        verify_checkpoint(checkpoint, log)
    except CheckpointRefused:
        return False
    return True
