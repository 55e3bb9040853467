"""Digests and their rows by column, and how a column of a run file is written and checked."""

import zlib
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Checks = npt.NDArray[np.uint32]

NO_ROW: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""The row of an entry that was deleted; no row may have this number."""
PREFIX_BYTES: Final = 8
BLOCK: Final = 4_096
"""Entries; the three columns of a block take 96 to 288 KB and are checked in about a tenth of a millisecond."""
_PIECE: Final = 64 * BLOCK  # entries put in order and written at a time


class Entries(NamedTuple):
    """Digests and their rows: `prefix` N numbers, `rest` N x (width - 8) bytes, `rows` N numbers."""

    prefix: Rows
    rest: Bytes
    rows: Rows

    @property
    def width(self) -> int:
        """Bytes of a whole digest."""
        return PREFIX_BYTES + int(self.rest.shape[1])

    def at(self, places: Places | npt.NDArray[np.bool_]) -> "Entries":
        """Some of the entries, in this order."""
        return Entries(self.prefix[places], self.rest[places], self.rows[places])


def entries_of(digests: Bytes, rows: Rows) -> Entries:
    """The digests (N x width bytes) by column, in the order given; numbers order as the bytes do."""
    prefix = np.ascontiguousarray(digests[:, :PREFIX_BYTES]).view(">u8").reshape(-1).astype(np.uint64)
    return Entries(prefix, digests[:, PREFIX_BYTES:], rows)


def joined(parts: list[Entries]) -> Entries:
    """The entries of all parts, one after the other."""
    return Entries(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def sorted_once(entries: Entries) -> Places:
    """The places of the entries in order of their prefixes, each pair of digest and row once."""
    order: Places = np.argsort(entries.prefix, kind="stable")
    ordered = entries.prefix[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not len(same):
        return order
    # only entries of one prefix can be equal: they alone are compared byte by byte
    close = np.union1d(same, same + 1)
    some = entries.at(order[close])
    whole = np.concatenate(
        [some.prefix[:, None].view(np.uint8), some.rest, some.rows[:, None].view(np.uint8)], axis=1
    )
    packed = np.ascontiguousarray(whole).view(np.dtype((np.void, whole.shape[1]))).reshape(-1)
    _, first = np.unique(packed, return_index=True)
    dropped = np.ones(len(close), dtype=np.bool_)
    dropped[first] = False
    return np.delete(order, close[dropped])


def write_column(file: BinaryIO, start: int, column: npt.NDArray[Any], order: Places, checks: Checks) -> None:
    """The column stands in the file from `start` on in this order, and `checks` holds the sum of each block."""
    file.seek(start)
    for begin in range(0, len(order), _PIECE):
        piece = np.ascontiguousarray(column[order[begin : begin + _PIECE]])
        file.write(piece.data)
        for at in range(0, len(piece), BLOCK):
            checks[(begin + at) // BLOCK] = block_sum(piece[at : at + BLOCK])


def block_sum(block: npt.NDArray[Any]) -> int:
    """The CRC-32 of the bytes of one block of a column."""
    return zlib.crc32(block.data)


def gaps_around(rows: Rows, places: Places) -> set[tuple[int, int]]:
    """The stretches of entries without a row in which these places (ascending, without a row) lie: first, behind last.

    Whole stretches: a place emptied earlier may hold a copy of the digest that now goes.
    """
    breaks = np.flatnonzero(np.diff(places) != 1)
    firsts = places[np.concatenate([[0], breaks + 1])].tolist()
    lasts = places[np.concatenate([breaks, [len(places) - 1]])].tolist()
    found: set[tuple[int, int]] = set()
    for first, last in zip(firsts, lasts, strict=True):
        begin, end = first, last + 1
        while begin > 0 and rows[begin - 1] == NO_ROW:
            begin -= 1
        while end < len(rows) and rows[end] == NO_ROW:
            end += 1
        found.add((begin, end))
    return found
