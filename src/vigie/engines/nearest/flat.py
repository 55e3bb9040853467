"""The plain engine: every code is compared. Exact, small, and the yardstick for the faster one behind the same port."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.index import (
    CODE_BYTES,
    Codes,
    GroupNumbers,
    Groups,
    Hit,
    Ids,
    Report,
    require_code,
    require_codes,
    require_group_numbers,
    require_groups,
    require_new_rows,
    require_radius,
)
from vigie.engines.nearest.snapshot import read_snapshot, snapshot_faults, write_snapshot

_KIND = "flat"
_WORDS = CODE_BYTES // 8
_BLOCK_ROWS = (
    16_384  # rows compared at a time: 128 KB a word, so that each query finds the block in the cache
)
_LEAST_ROWS = 1_024

# What a deleted row holds instead of its code and id. Its flag alone keeps it from answering.
_NO_WORD = np.uint64(0)
_NO_ID = np.uint64(0xFFFF_FFFF_FFFF_FFFF)

Words = npt.NDArray[np.uint64]


class FlatIndex:
    """A `NearestIndex` that scans all rows: 43 bytes a row, 2 ms a query and million rows.

    Words lie by column, so that half of each code decides first: few rows are within the radius on 128 bits alone.
    """

    def __init__(self) -> None:
        self._words: Words = np.zeros((_WORDS, 0), dtype=np.uint64)
        self._ids: Ids = np.zeros(0, dtype=np.uint64)
        self._groups: GroupNumbers = np.zeros(0, dtype=np.uint16)
        self._live: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._used = 0  # rows of the arrays that hold or held a code; the rest is room to grow
        self._deleted = 0
        self._folder: Path | None = None

    def __len__(self) -> int:
        return self._used - self._deleted

    def add(self, codes: Codes, ids: Ids, groups: GroupNumbers | None = None) -> None:
        """Store the codes under their ids, as `NearestIndex.add`."""
        rows = require_new_rows(codes, ids)
        belong = require_group_numbers(groups, len(rows))
        self.delete(ids)
        self._make_room(len(rows))
        end = self._used + len(rows)
        self._words[:, self._used : end] = rows.view(np.uint64).T
        self._ids[self._used : end] = ids
        self._groups[self._used : end] = belong
        self._live[self._used : end] = True
        self._used = end

    def delete(self, ids: Ids) -> int:
        """Forget these ids and overwrite their rows at once, as `NearestIndex.delete`."""
        used = slice(0, self._used)
        rows = np.flatnonzero(np.isin(self._ids[used], ids) & self._live[used])
        self._live[rows] = False
        self._words[:, rows] = _NO_WORD
        self._ids[rows] = _NO_ID
        self._deleted += len(rows)
        return len(rows)

    def range(self, code: bytes, radius: int, groups: Groups | None = None) -> list[Hit]:
        """Return every code within the radius, as `NearestIndex.range`."""
        return self.range_many(require_code(code), radius, groups)[0]

    def range_many(self, codes: Codes, radius: int, groups: Groups | None = None) -> list[list[Hit]]:
        """Return the hits of each code, as `NearestIndex.range_many`; working memory does not grow with the rows."""
        require_radius(radius)
        queries = require_codes(codes).view(np.uint64)
        allowed = require_groups(groups)
        found: list[list[Hit]] = [[] for _ in queries]
        for start in range(0, self._used, _BLOCK_ROWS):
            block = slice(start, min(start + _BLOCK_ROWS, self._used))
            for hits, query in zip(found, queries, strict=True):
                hits.extend(self._hits(block, query, radius, allowed))
        for hits in found:
            hits.sort(key=lambda hit: (hit.distance, hit.id))
        return found

    def snapshot(self, folder: Path) -> None:
        """Write the live rows as the folder's snapshot, as `NearestIndex.snapshot`."""
        live = np.flatnonzero(self._live[: self._used])
        codes = np.ascontiguousarray(self._words[:, live].T).view(np.uint8)
        write_snapshot(folder, _KIND, {"codes": codes, "ids": self._ids[live], "groups": self._groups[live]})
        self._folder = folder

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the index of the folder's snapshot, as `NearestIndex.open`."""
        arrays = read_snapshot(folder, _KIND)
        index = cls()
        index.add(arrays["codes"], arrays["ids"], arrays["groups"])
        index._folder = folder
        return index

    def verify(self) -> Report:
        """Return what is wrong with the rows in memory or with the last snapshot, as `NearestIndex.verify`."""
        faults = [*self._row_faults()]
        if self._folder is not None:
            faults.extend(snapshot_faults(self._folder, _KIND))
        return Report(live=len(self), deleted=self._deleted, faults=tuple(faults))

    def _hits(self, block: slice, query: Words, radius: int, allowed: Groups) -> Iterator[Hit]:
        words = self._words[:, block]
        near = np.bitwise_count(words[0] ^ query[0]) + np.bitwise_count(words[1] ^ query[1])
        rows = np.flatnonzero((near <= radius) & self._live[block])
        rows = rows[allowed[self._groups[block][rows]]]
        if not len(rows):
            return
        # the counts of four words are added as 16 bits: 256 would wrap round to 0 in 8
        distances = np.bitwise_count(words[:, rows] ^ query[:, None]).sum(axis=0, dtype=np.uint16)
        for row, distance in zip(rows[distances <= radius], distances[distances <= radius], strict=True):
            yield Hit(int(self._ids[block.start + row]), int(distance))

    def _make_room(self, rows: int) -> None:
        """Give the arrays room for more rows; deleted rows are given back on the way."""
        if self._used + rows <= len(self._ids):
            return
        live = np.flatnonzero(self._live[: self._used])
        capacity = max(_LEAST_ROWS, 2 * (len(live) + rows))
        words: Words = np.zeros((_WORDS, capacity), dtype=np.uint64)
        ids: Ids = np.zeros(capacity, dtype=np.uint64)
        groups: GroupNumbers = np.zeros(capacity, dtype=np.uint16)
        words[:, : len(live)] = self._words[:, live]
        ids[: len(live)] = self._ids[live]
        groups[: len(live)] = self._groups[live]
        self._words, self._ids, self._groups = words, ids, groups
        self._live = np.arange(capacity) < len(live)
        self._used, self._deleted = len(live), 0

    def _row_faults(self) -> Iterator[str]:
        live = self._live[: self._used]
        kept = self._ids[: self._used][live]
        if len(np.unique(kept)) != len(kept):
            yield "an id names more than one row"
        if self._words[:, : self._used][:, ~live].any():
            yield "a deleted row still holds its code"
        if int(np.count_nonzero(~live)) != self._deleted:
            yield f"{np.count_nonzero(~live)} rows are deleted, {self._deleted} were counted"
