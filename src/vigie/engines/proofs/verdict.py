"""Which entry of a log is the first that is not as signed: one judgement for the live log and for a bundle.

An entry stands in up to three places: its event (canonical bytes), the hash stored with it, and, where there is
one, a separate list of leaf hashes. A signed checkpoint arbitrates: between two checkpoints, whichever of the
three gives the signed root is what was signed, for all of them cannot collide with it.

What is named exactly: the first bad entry after any number of edits, deletions, insertions and moves, as long as
one of the three places is untouched between the two checkpoints around it. What is named as a range: entries
changed alike in all places. Then the first bad entry lies after the last checkpoint that fits and not after
the first entry that contradicts itself, or the next checkpoint where none does. What is not seen: entries after
the last checkpoint rewritten alike in all places, and a log cut back to an older checkpoint; only a checkpoint
kept elsewhere shows that.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Self

from .checkpoint import Checkpoint, CheckpointRefused, verify_checkpoint
from .keys import VerifierKey
from .tree import HASH_BYTES, Tree, leaf_hash

# Entries after the last checkpoint are looked at in pieces of this many, so that memory stays bounded.
_PIECE = 1024


class Fault(StrEnum):
    """What is wrong with the first bad entry, or with the log as a whole; the words are stable."""

    MISSING = "missing"
    EVENT_MISSING = "event_missing"
    OUT_OF_ORDER = "out_of_order"
    FOREIGN = "foreign"
    EVENT_ALTERED = "event_altered"
    HASH_ALTERED = "hash_altered"
    LIST_ALTERED = "list_altered"
    NOT_AS_SIGNED = "not_as_signed"
    CHECKPOINT_REFUSED = "checkpoint_refused"
    NOT_SIGNED = "not_signed"
    UNREADABLE = "unreadable"


_SENTENCES = {
    Fault.MISSING: "it is missing",
    Fault.EVENT_MISSING: "its event is missing or cannot be read",
    Fault.OUT_OF_ORDER: "it is numbered as another entry",
    Fault.FOREIGN: "it is not the entry signed at this place: altered, inserted or moved",
    Fault.EVENT_ALTERED: "its event does not give the hash recorded for it",
    Fault.HASH_ALTERED: "its recorded hash is not the one signed; the event itself is as signed",
    Fault.LIST_ALTERED: "the list of leaf hashes differs from it",
}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry as stored: its place, the id of its event, the recorded hash and the event's canonical bytes.

    `payload` is None when the event is gone or cannot be read.
    """

    index: int
    event_id: str
    hash: bytes
    payload: bytes | None

    @classmethod
    def of(cls, index: int, event_id: str, payload: bytes) -> Self:
        """Return the entry of an event at a place, its hash computed."""
        return cls(index, event_id, entry_hash(event_id, payload), payload)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a log."""

    covered: int
    """Entries, from the first, proven by a signed checkpoint to be as signed."""
    uncovered: int
    """Later entries that no checkpoint covers; 0 when the judgement ended at a bad entry."""
    first_bad: int | None
    """The first entry seen to be bad; it is surely the first when `exact`."""
    between: tuple[int, int] | None
    """From (included) and to (excluded): where the first bad entry surely is."""
    fault: Fault | None
    reason: str

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, as far as checkpoints reach."""
        return self.fault is None

    @property
    def exact(self) -> bool:
        """Whether `first_bad` is proven to be the first bad entry."""
        return self.between is not None and self.between[1] - self.between[0] == 1


def entry_hash(event_id: str, payload: bytes) -> bytes:
    r"""Return the leaf hash of an event: RFC 6962 over its id (lower case, as text), a newline, its bytes.

    The id is part of the leaf so that two events of the same content never share a hash.
    """
    return leaf_hash(event_id.encode() + b"\n" + payload)


def first_bad(
    entries: Iterable[LogEntry],
    checkpoints: Sequence[Checkpoint],
    key: VerifierKey,
    *,
    leaves: Iterable[bytes] | None = None,
) -> Verdict:
    """Return the verdict on a log, read once and in order; memory is that of one stretch between checkpoints.

    `entries` are in log order, as stored, gaps included; `leaves` is a separately kept list of leaf hashes, if
    any. Checkpoints kept elsewhere may be added to `checkpoints`, in any order. Never raises for a bad log.
    """
    heads, refused = _signed_heads(checkpoints, key)
    tree, rows, listed = Tree(), iter(entries), None if leaves is None else iter(leaves)
    for head in heads:
        count = head.size - tree.size
        stretch = _Stretch.take(tree.size, count, rows, listed)
        proven = stretch.proven(count, tree, head.root)
        if proven is None:
            return _unproven(tree.size, head.size, stretch.first_defect(count, None))
        defect = stretch.first_defect(count, proven[1])
        if defect is not None:
            return _bad(defect, defect[0])
        tree = proven[0]
    return _judge_rest(tree.size, rows, listed, refused)


def _signed_heads(checkpoints: Sequence[Checkpoint], key: VerifierKey) -> tuple[list[Checkpoint], str]:
    """Return the checkpoints the key signed, by size, and why others count for nothing (empty if none)."""
    heads: dict[int, Checkpoint] = {}
    refused, split = "", set()
    for checkpoint in checkpoints:
        try:
            verify_checkpoint(checkpoint, key)
        except CheckpointRefused as error:
            refused = refused or f"a checkpoint at {checkpoint.size} entries counts for nothing: {error}"
            continue
        if heads.setdefault(checkpoint.size, checkpoint).root != checkpoint.root:
            split.add(checkpoint.size)
            refused = f"the key signed two different logs of {checkpoint.size} entries"
    return [heads[size] for size in sorted(heads.keys() - split)], refused


def _judge_rest(
    covered: int, rows: Iterator[LogEntry], listed: Iterator[bytes] | None, refused: str
) -> Verdict:
    """Judge what stands after the last checkpoint; nothing there is proven, contradictions still show."""
    end = covered
    while True:
        stretch = _Stretch.take(end, _PIECE, rows, listed)
        count = max(len(stretch.rows), len(stretch.listed or ()))
        defect = stretch.first_defect(count, None)
        if defect is not None:
            return _unproven(covered, end + count, defect)
        end += count
        if count < _PIECE:
            break
    if refused:
        return Verdict(covered, end - covered, None, None, Fault.CHECKPOINT_REFUSED, refused)
    return Verdict(covered, end - covered, None, None, None, "every covered entry is as signed")


def _bad(defect: tuple[int, Fault], covered: int) -> Verdict:
    index, fault = defect
    reason = f"entry {index}: {_SENTENCES[fault]}"
    if covered < index:
        reason += f"; entries {covered} to {index - 1} contradict nothing but could not be proven"
    return Verdict(covered, 0, index, (covered, index + 1), fault, reason)


def _unproven(start: int, end: int, defect: tuple[int, Fault] | None) -> Verdict:
    """Return what can be said when no place has the entries from `start` to `end` as they were signed."""
    if defect is not None:
        return _bad(defect, start)
    reason = (
        f"entries {start} to {end - 1} were not all signed as they stand; which one changed cannot be told"
    )
    return Verdict(start, 0, None, (start, end), Fault.NOT_AS_SIGNED, reason)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Stored entries from `start` on, the hashes their events give, and the list of leaf hashes, if any."""

    start: int
    rows: list[LogEntry]
    computed: list[bytes]
    listed: list[bytes] | None

    @classmethod
    def take(cls, start: int, count: int, rows: Iterator[LogEntry], listed: Iterator[bytes] | None) -> Self:
        """Return the next `count` entries, or as many as are left."""
        taken = list(islice(rows, count))
        computed = [b"" if row.payload is None else entry_hash(row.event_id, row.payload) for row in taken]
        return cls(start, taken, computed, None if listed is None else list(islice(listed, count)))

    def proven(self, count: int, tree: Tree, root: bytes) -> tuple[Tree, list[bytes]] | None:
        """Return the tree grown to the signed root and the leaf hashes that did it, if any place has them."""
        for hashes in ([row.hash for row in self.rows], self.computed, self.listed or []):
            if [len(known) for known in hashes] == [HASH_BYTES] * count:
                grown = tree.copy().extend(hashes)
                if grown.root() == root:
                    return grown, hashes
        return None

    def first_defect(self, count: int, signed: list[bytes] | None) -> tuple[int, Fault] | None:
        """Return the first place that differs from what was signed or, unknown that, contradicts itself."""
        if signed is not None and self._is_whole(signed):
            return None
        for offset in range(count):
            fault = self._fault(offset, signed)
            if fault is not None:
                return self.start + offset, fault
        return None

    def _is_whole(self, signed: list[bytes]) -> bool:
        """Return whether all places agree: asked of whole lists, which spares looking at each entry of a sound log."""
        if not self.computed == signed == [row.hash for row in self.rows]:
            return False
        numbered = [row.index for row in self.rows] == list(range(self.start, self.start + len(self.rows)))
        return numbered and self.listed in (None, signed)

    def _fault(self, offset: int, signed: list[bytes] | None) -> Fault | None:
        if offset >= len(self.rows):
            return Fault.MISSING
        row, computed = self.rows[offset], self.computed[offset]
        want = row.hash if signed is None else signed[offset]
        listed = want if self.listed is None else b"".join(self.listed[offset : offset + 1])
        renumbered = row.index != self.start + offset
        if row.hash == computed == want == listed and not renumbered:
            return None
        faults = {
            Fault.EVENT_MISSING: row.payload is None,
            Fault.FOREIGN: want not in (row.hash, computed),
            Fault.OUT_OF_ORDER: renumbered,
            Fault.EVENT_ALTERED: computed != want,
            Fault.HASH_ALTERED: row.hash != want,
            Fault.LIST_ALTERED: listed != want,
        }
        return next(fault for fault, found in faults.items() if found)
