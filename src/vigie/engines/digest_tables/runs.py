"""One sorted, memory-mapped file of digests: looked up by binary search, emptied in place, checked block by block.

The file is a page of header, the checksums, and three columns: the first 8 bytes of each digest as a number (sorted),
the rest of its bytes, and its row. A deleted entry keeps its place: its row becomes `NO_ROW` and its digest that of a
neighbour, so that the column stays sorted and the deleted digest is in no byte of the file. Its place still says
between which two digests it stood (about log2 N of its bits); writing the run anew takes that away too.

A block is checked when it is first used. The two entries between which a binary search ends are the last that could
have misled it: with the blocks of both in order, no damage elsewhere can have hidden a digest.
"""

import mmap
import os
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from vigie.engines.digest_tables.columns import (
    BLOCK,
    NO_ROW,
    PREFIX_BYTES,
    Entries,
    Places,
    Rows,
    block_sum,
    gaps_around,
    sorted_once,
    write_column,
)
from vigie.engines.digest_tables.refusals import DigestsRefused

_PAGE: Final = 4_096  # bytes
_MAGIC: Final = b"VGDIGST1"
_HEADER: Final = struct.Struct("<8sIIQ")
_SUM: Final = struct.Struct("<I")
_PATIENCE_SECONDS: Final = 1.0
"""How long a reader waits for a writer that is in the middle of a deletion."""
_FEW: Final = 8  # rows looked for one by one; more of them by a table of all row numbers
_SCANNED: Final = 1 << 20  # rows read at a time
_LARGEST_TABLE: Final = 1 << 30  # row numbers; a byte each


class _Layout(NamedTuple):
    width: int
    entries: int

    @property
    def blocks(self) -> int:
        return -(-self.entries // BLOCK)

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Bytes of checksums, prefixes, rests and rows."""
        return (
            12 * self.blocks,
            8 * self.entries,
            (self.width - PREFIX_BYTES) * self.entries,
            8 * self.entries,
        )

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each of them begins, in bytes, at the beginning of a page, and where the file ends."""
        starts = [_PAGE]
        for size in self.sizes:
            starts.append(-(-(starts[-1] + size) // _PAGE) * _PAGE)
        return tuple(starts)


def write_run(path: Path, entries: Entries) -> int:
    """The entries stand in the file, sorted, each pair of digest and row once; returns how many. Durable on return.

    The file belongs to its owner alone (0600) and must not exist. Raises OSError when the disk refuses; the file is
    then gone.
    """
    order = sorted_once(entries)
    layout = _Layout(entries.width, len(order))
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "r+b") as file:
            checks = np.zeros((3, layout.blocks), dtype=np.uint32)
            for column, start, sums in zip(_columns(entries), layout.starts[1:4], checks, strict=True):
                write_column(file, start, column, order, sums)
            file.truncate(layout.starts[-1])
            file.seek(layout.starts[0])
            file.write(checks.tobytes())
            head = _HEADER.pack(_MAGIC, layout.width, BLOCK, layout.entries)
            file.seek(0)
            file.write(head + _SUM.pack(zlib.crc32(head)))
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return layout.entries


class Run:
    """A run file, mapped. Any number of processes may read it while one empties entries of it."""

    def __init__(self, path: Path, layout: _Layout, mapped: mmap.mmap, descriptor: int) -> None:
        self.path = path
        self._count = layout.entries
        self._descriptor = descriptor
        starts, count, tail = layout.starts, layout.entries, layout.width - PREFIX_BYTES
        self._checks = np.frombuffer(mapped, np.uint32, 3 * layout.blocks, starts[0]).reshape(3, -1)
        self._columns = Entries(
            np.frombuffer(mapped, np.uint64, count, starts[1]),
            np.frombuffer(mapped, np.uint8, count * tail, starts[2]).reshape(count, tail),
            np.frombuffer(mapped, np.uint64, count, starts[3]),
        )
        whole = np.frombuffer(mapped, np.uint8)
        ends = (
            _HEADER.size + _SUM.size,
            *(start + size for start, size in zip(starts, layout.sizes, strict=False)),
        )
        self._gaps = [whole[end:start] for end, start in zip(ends, starts, strict=True)]
        self._seen = np.zeros((3, layout.blocks), dtype=np.bool_)

    @classmethod
    def open(cls, path: Path, access: int = mmap.ACCESS_READ) -> Self:
        """The run of this file; with `mmap.ACCESS_WRITE` its entries may be emptied.

        Raises DigestsRefused when the header is not as written or the file has another length than it says.
        """
        flags = os.O_RDWR if access == mmap.ACCESS_WRITE else os.O_RDONLY
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError as missing:
            raise DigestsRefused(path, "the file is missing") from missing
        try:
            layout = _read_layout(path, descriptor)
            mapped = mmap.mmap(descriptor, 0, access=access)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, layout, mapped, descriptor)

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        """The file is closed; what was read from it may still be looked at until it is let go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def search(self, asked: Entries) -> tuple[Places, Rows]:
        """Which of the asked digests (ascending by prefix) stand here, and in which rows; `asked.rows` is not read.

        Raises DigestsRefused when a block that decides is damaged.
        """
        low = np.searchsorted(self._columns.prefix, asked.prefix)
        self._check(0, np.concatenate([low - 1, low]))
        there = np.minimum(low, self._count - 1)
        which = np.flatnonzero(self._columns.prefix[there] == asked.prefix)
        if not len(which):
            return which, np.zeros(0, dtype=np.uint64)
        low = low[which]
        high = np.searchsorted(self._columns.prefix, asked.prefix[which], side="right")
        self._check(0, np.concatenate([high - 1, high]))
        found = high - low
        which = np.repeat(which, found)
        places = np.arange(len(which)) + np.repeat(low - (np.cumsum(found) - found), found)
        for column in range(3):
            self._check(column, places)
        same = (self._columns.rest[places] == asked.rest[which]).all(axis=1)
        rows = self._columns.rows[places]
        same &= rows != NO_ROW
        return which[same], rows[same]

    def places_of(self, rows: Rows) -> Places:
        """The places that stand for these rows, ascending. Reads the whole column: 10 ms for 10 M entries."""
        wanted = np.zeros(0, dtype=np.bool_)
        if len(rows) > _FEW and rows.max() < _LARGEST_TABLE:
            wanted = np.zeros(
                int(rows.max()) + 2, dtype=np.bool_
            )  # the last is False and stands for all above
            wanted[rows] = True
        found: list[Places] = []
        for start in range(0, self._count, _SCANNED):
            part = self._columns.rows[start : start + _SCANNED]
            by_table = len(wanted) > 0
            hit = wanted[np.minimum(part, np.uint64(len(wanted) - 1))] if by_table else np.isin(part, rows)
            found.append(np.flatnonzero(hit) + start)
        return np.concatenate(found)

    def rows_at(self, places: Places) -> list[int]:
        """The rows of the entries at these places."""
        return [int(row) for row in self._columns.rows[places]]

    def require(self, places: Places) -> None:
        """The blocks of these places and of their neighbours are whole. Raises DigestsRefused."""
        near = np.concatenate([places - 1, places, places + 1])
        for column in range(3):
            self._check(column, near)

    def empty(self, places: Places) -> None:
        """The entries at these places (ascending, at least one) answer no more; their digests are in the file no more.

        Durable on return. Doing it again changes nothing. Raises DigestsRefused when their blocks were damaged before.
        """
        self.require(places)
        self.empty_again(places)

    def empty_again(self, places: Places) -> None:
        """As `empty`, for places whose sums may be out of date because a deletion was cut off in the middle."""
        prefix, rest, rows = self._columns
        rows[places] = NO_ROW
        blocks: set[int] = set()
        for begin, end in gaps_around(rows, places):
            source = begin - 1 if begin else end
            there = source < self._count
            prefix[begin:end] = prefix[source] if there else 0
            rest[begin:end] = rest[source] if there else 0
            blocks.update(range(begin // BLOCK, (end - 1) // BLOCK + 1))
        for block in blocks:
            for column, values in enumerate(_columns(self._columns)):
                self._checks[column, block] = block_sum(values[block * BLOCK : (block + 1) * BLOCK])
            self._seen[:, block] = True
        os.fdatasync(self._descriptor)

    def highest_row(self) -> int:
        """The highest row of all entries, 0 when none answers."""
        rows = self._columns.rows
        return int(rows[rows != NO_ROW].max(initial=0))

    def live(self) -> Entries:
        """The entries that answer, in order; every block checked. Raises DigestsRefused."""
        self._check_all()
        kept = self._columns.rows != NO_ROW
        return self._columns if kept.all() else self._columns.at(kept)

    def holes(self) -> int:
        """How many entries were emptied since the run was written."""
        return int(np.count_nonzero(self._columns.rows == NO_ROW))

    def faults(self) -> Iterator[str]:
        """In words, what is wrong with the file; every byte is read."""
        self._seen[:] = False
        try:
            self._check_all()
        except DigestsRefused as refused:
            yield str(refused)
            return
        if (self._columns.prefix[1:] < self._columns.prefix[:-1]).any():
            yield f"{self.path}: the digests are not in order"
        if any(gap.any() for gap in self._gaps):
            yield f"{self.path}: there is something between the columns"

    def _check_all(self) -> None:
        for column in range(3):
            self._check(column, np.arange(0, self._count, BLOCK))

    def _check(self, column: int, places: npt.NDArray[np.intp]) -> None:
        blocks = places // BLOCK
        blocks = blocks[(places >= 0) & (places < self._count)]
        unseen = blocks[~self._seen[column, blocks]]
        for block in np.unique(unseen).tolist() if len(unseen) else ():
            self._check_block(column, block)

    def _check_block(self, column: int, block: int) -> None:
        values = _columns(self._columns)[column][block * BLOCK : (block + 1) * BLOCK]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while block_sum(values) != self._checks[column, block]:
            if time.monotonic() > deadline:
                raise DigestsRefused(
                    self.path, f"block {block} is not as it was written: its checksum differs"
                )
            time.sleep(0.001)
        self._seen[column, block] = True


def _columns(entries: Entries) -> tuple[npt.NDArray[Any], ...]:
    return entries


def _read_layout(path: Path, descriptor: int) -> _Layout:
    head = os.pread(descriptor, _HEADER.size + _SUM.size, 0)
    if len(head) < _HEADER.size + _SUM.size:
        raise DigestsRefused(path, "the file is cut off")
    magic, width, block, count = _HEADER.unpack_from(head)
    (kept,) = _SUM.unpack_from(head, _HEADER.size)
    if zlib.crc32(head[: _HEADER.size]) != kept or magic != _MAGIC or block != BLOCK:
        raise DigestsRefused(path, "the header is not as it was written")
    layout = _Layout(width, count)
    if os.fstat(descriptor).st_size != layout.starts[-1]:
        raise DigestsRefused(path, "the file is cut off or longer than it was written")
    return layout
