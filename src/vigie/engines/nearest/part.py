"""A part: rows sorted by id with their bucket tables, mapped from files that never change, and the bits of the dead."""

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.files import Listed, SnapshotRefused, open_array
from vigie.engines.nearest.index import Array, GroupNumbers, Groups, Ids, Reach
from vigie.engines.nearest.kernels import BLOCK_BITS, search_rows, search_tables
from vigie.engines.nearest.layout import Layout

Words = npt.NDArray[np.uint64]
Out = tuple[npt.NDArray[np.uint32], Ids, npt.NDArray[np.uint16]]

NO_ROW = np.uint32(0xFFFF_FFFF)  # what an erased posting holds
_TYPES = {
    "codes": "<u8",
    "ids": "<u8",
    "groups": "<u2",
    "offsets": "<u2",
    "bases": "<u4",
    "heavy": "<u4",
    "postings": "<u4",
}
KINDS = tuple(_TYPES)


class Rows(NamedTuple):
    """Rows to write: N x 4 words, N ids, N groups."""

    words: Words
    ids: Ids
    groups: GroupNumbers


@dataclass(frozen=True, slots=True)
class Listing:
    """A part as the manifest lists it. `dead` is the bits when the manifest was written, `live_dead` those of now."""

    name: str
    layout: Layout
    rows: int
    arrays: dict[str, Listed]
    dead: Listed

    @property
    def live_dead(self) -> str:
        """The file of the bits that change; what it must hold follows from `dead` and the logs."""
        return f"{self.name}.dead"

    @property
    def files(self) -> tuple[str, ...]:
        """Every file of the part."""
        return (*(one.file for one in self.arrays.values()), self.dead.file, self.live_dead)


def type_of(kind: str) -> str:
    """Return the type of numbers an array of this kind holds."""
    return _TYPES[kind]


def size_of(kind: str, layout: Layout, rows: int) -> int | None:
    """Return how many numbers the array holds in this layout; None for the one that depends on the codes."""
    blocks = ((layout.buckets) >> BLOCK_BITS) + 1 if layout.width > BLOCK_BITS else 2
    return {
        "codes": 4 * rows,
        "ids": rows,
        "groups": rows,
        "offsets": layout.chunks * (layout.buckets + 1),
        "bases": layout.chunks * blocks,
        "heavy": None,
        "postings": layout.chunks * rows,
    }[kind]


def bit_words(rows: int) -> int:
    """Return how many 64-bit words hold one bit a row."""
    return (rows + 63) // 64


class Part:
    """The mapped files of one part, and the search in them."""

    def __init__(self, folder: Path, listing: Listing, access: int = mmap.PROT_READ) -> None:
        """Map the files; `access` is that of the dead bits (read-only but for the one writer).

        Raises SnapshotRefused when a file is missing or its size is not what the manifest and the layout demand.
        """
        self.listing = listing
        self._arrays: dict[str, Array] = {}
        for kind, listed in listing.arrays.items():
            numbers = size_of(kind, listing.layout, listing.rows)
            held = listed.size // np.dtype(_TYPES[kind]).itemsize
            if numbers not in (None, held):
                raise SnapshotRefused(folder / listed.file, f"lists {held} numbers, the layout has {numbers}")
            self._arrays[kind] = open_array(folder / listed.file, _TYPES[kind], held)
        open_array(folder / listing.dead.file, "<u8", bit_words(listing.rows))  # there, at its full size
        path = folder / listing.live_dead
        self._dead: Words = open_array(path, "<u8", bit_words(listing.rows), access)
        self._dead_to_read: Words = self._dead.view()
        self._dead_to_read.flags.writeable = False

    @property
    def rows(self) -> int:
        """How many rows there are, dead ones included."""
        return self.listing.rows

    @property
    def ids(self) -> Ids:
        """The ids of all rows, ascending."""
        return self._arrays["ids"]

    @property
    def dead_bits(self) -> Words:
        """One bit a row, set when the row answers no longer."""
        return self._dead_to_read

    def array(self, kind: str) -> Array:
        """Return one of the mapped arrays."""
        return self._arrays[kind]

    def dead_count(self) -> int:
        """Return how many rows answer no longer."""
        return int(np.bitwise_count(self._dead_to_read).sum(dtype=np.int64))

    def alive(self) -> npt.NDArray[np.bool_]:
        """Return for each row whether it answers."""
        bits = np.unpackbits(self._dead_to_read.view(np.uint8), bitorder="little", count=self.rows)
        alive: npt.NDArray[np.bool_] = bits == 0
        return alive

    def alive_rows(self) -> Rows:
        """Return the rows that answer."""
        kept = self.alive()
        words = self._arrays["codes"].reshape(-1, 4)
        return Rows(words[kept], self.ids[kept], self._arrays["groups"][kept])

    def rows_of(self, ids: Ids) -> npt.NDArray[np.int64]:
        """Return the rows, dead ones included, that hold these ids."""
        if not self.rows:
            return np.zeros(0, dtype=np.int64)
        places = np.searchsorted(self.ids, ids).astype(np.int64)
        places[places == self.rows] = 0
        held: npt.NDArray[np.int64] = places[self.ids[places] == ids]
        return held

    def count(self, rows: npt.NDArray[np.int64]) -> int:
        """Return how many of these rows answer."""
        dead = self._dead_to_read[rows >> 6] >> (rows & 63).astype(np.uint64) & np.uint64(1)
        return len(rows) - int(dead.sum())

    def bury(self, rows: npt.NDArray[np.int64]) -> None:
        """These rows answer no longer, in any process that maps the part."""
        np.bitwise_or.at(self._dead, rows >> 6, np.uint64(1) << (rows & 63).astype(np.uint64))

    def set_dead(self, bits: Words) -> None:
        """The dead bits are these, in any process that maps the part."""
        if not np.array_equal(self._dead_to_read, bits):
            self._dead[:] = bits

    def search(
        self, queries: Words, begin: int, reach: Reach, allowed: Groups, out: Out
    ) -> tuple[int, int, int]:
        """Return (queries done, hits written, room the next query needs) from query `begin` on; hits stand in `out`."""
        rows = (
            self._arrays["codes"],
            self._arrays["ids"],
            self._arrays["groups"],
            self._dead_to_read,
            allowed,
        )
        plan = self.listing.layout.plan(reach.radius)
        if plan is None:
            return search_rows(queries, begin, reach.glimpsed, self.rows, rows, out)
        tables = (
            self._arrays["offsets"],
            self._arrays["bases"],
            self._arrays["heavy"],
            self._arrays["postings"],
        )
        return search_tables(
            queries,
            begin,
            reach.glimpsed,
            self.listing.layout.width,
            plan.flips,
            plan.probes,
            plan.masks,
            tables,
            rows,
            out,
        )
