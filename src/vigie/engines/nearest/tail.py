"""The rows of the logs, in memory and scanned: what was added since the parts were written."""

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.compiled import compiled, whole
from vigie.engines.nearest.index import Array, Codes, GroupNumbers, Groups, Ids, Reach, unwritable
from vigie.engines.nearest.kernels import search_rows
from vigie.engines.nearest.part import Out, Rows, Words, bit_words
from vigie.engines.nearest.scattering import scattered

_LEAST_ROWS = 1_024
_SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)  # 2^64 / golden ratio: neighbouring ids land far apart


@compiled
def _slot_of(number: int, ids: Array, slots: Array) -> int:
    """Return the slot that holds the id's newest row, or the free one where it belongs. Slot value 0: free."""
    mask = len(slots) - 1
    slot = whole((np.uint64(number) * _SPREAD) >> np.uint64(32)) & mask
    while slots[slot] and ids[slots[slot] - 1] != number:
        slot = (slot + 1) & mask
    return slot


@compiled
def _rows_of(wanted: Array, ids: Array, slots: Array, dead: Array, rows: Array) -> int:
    """Return how many of the wanted ids answer; their rows stand in `rows`."""
    held = 0
    for number in wanted:
        row = whole(slots[_slot_of(number, ids, slots)]) - 1
        if row >= 0 and (dead[row >> 6] >> np.uint64(row & 63)) & np.uint64(1) == 0:
            rows[held] = row
            held += 1
    return held


@compiled
def _enter(ids: Array, slots: Array, begin: int, end: int) -> None:
    for row in range(begin, end):
        slots[_slot_of(ids[row], ids, slots)] = row + 1


class Tail:
    """Rows in the order they came; a row is dead once its id is deleted or added again."""

    def __init__(self) -> None:
        self.used = 0
        self._words: Words = np.zeros((0, 4), dtype=np.uint64)
        self._ids: Ids = np.zeros(0, dtype=np.uint64)
        self._groups: GroupNumbers = np.zeros(0, dtype=np.uint16)
        self._dead: Words = np.zeros(0, dtype=np.uint64)
        self._make_room(_LEAST_ROWS)

    def __len__(self) -> int:
        return self.used - int(np.bitwise_count(self._dead).sum(dtype=np.int64))

    def add(self, codes: Codes, ids: Ids, groups: GroupNumbers) -> None:
        """The rows are in the tail, and older ones of these ids are dead."""
        self.bury(ids)
        end = self.used + len(ids)
        if end > len(self._ids):
            self._make_room(2 * end)
        self._words[self.used : end] = scattered(np.ascontiguousarray(codes))
        self._ids[self.used : end] = ids
        self._groups[self.used : end] = groups
        _enter(self._ids, self._slots, self.used, end)
        self.used = end

    def bury(self, ids: Ids) -> None:
        """These ids answer no longer from here."""
        rows = self._rows(ids)
        np.bitwise_or.at(self._dead, rows >> 6, np.uint64(1) << (rows & 63).astype(np.uint64))

    def count(self, ids: Ids) -> int:
        """Return how many of these ids answer from here."""
        return len(self._rows(ids))

    def _rows(self, ids: Ids) -> npt.NDArray[np.int64]:
        rows = np.empty(len(ids), dtype=np.int64)
        return rows[: _rows_of(unwritable(ids), self._ids, self._slots, self._dead, rows)]

    def alive(self) -> Rows:
        """Return the rows that answer."""
        bits = np.unpackbits(self._dead.view(np.uint8), bitorder="little", count=self.used)
        rows = np.flatnonzero(bits == 0)
        return Rows(self._words[rows], self._ids[rows], self._groups[rows])

    def search(
        self, queries: Words, begin: int, reach: Reach, allowed: Groups, out: Out
    ) -> tuple[int, int, int]:
        """Return what `Part.search` returns, by comparing every row."""
        rows = (*self._to_read, allowed)
        return search_rows(queries, begin, reach.glimpsed, self.used, rows, out)

    def _make_room(self, capacity: int) -> None:
        used = self.used
        words: Words = np.zeros((capacity, 4), dtype=np.uint64)
        ids: Ids = np.zeros(capacity, dtype=np.uint64)
        groups: GroupNumbers = np.zeros(capacity, dtype=np.uint16)
        dead: Words = np.zeros(bit_words(capacity), dtype=np.uint64)
        if used:
            words[:used], ids[:used], groups[:used] = (
                self._words[:used],
                self._ids[:used],
                self._groups[:used],
            )
            dead[: len(self._dead)] = self._dead
        self._words, self._ids, self._groups, self._dead = words, ids, groups, dead
        self._to_read = (unwritable(words.reshape(-1)), unwritable(ids), unwritable(groups), unwritable(dead))
        # at most half full, so that a free slot is near
        self._slots: npt.NDArray[np.uint32] = np.zeros(1 << (2 * capacity - 1).bit_length(), dtype=np.uint32)
        _enter(self._ids, self._slots, 0, used)
