"""The one process that writes a table: durable additions, deletions at once, erasure without trace, merging."""

import errno
from pathlib import Path
from typing import Final, Self

import numpy as np

from vigie.engines.digest_tables.columns import NO_ROW, Bytes, Places, Rows, entries_of
from vigie.engines.digest_tables.files import TAIL_RECORDS, TableFiles
from vigie.engines.digest_tables.generation import MANIFEST, Generation, run_name, tail_name, write_generation
from vigie.engines.digest_tables.reader import FOLDED_BYTES
from vigie.engines.digest_tables.runs import write_run
from vigie.engines.digest_tables.tail import Kind, Record, Tail

_DIGEST_WIDTHS: Final = range(16, 65)


class DigestTable(TableFiles):
    """A table of digests that may be changed. Only one process has it open; its threads take turns.

    Pairs of a digest and a row form a set: adding one that is there changes nothing. A row may have several digests
    and a digest several rows. Every change is durable and answers when the call returns; one that raises changed
    nothing, or is finished when the table is opened next.
    """

    @classmethod
    def create(cls, folder: Path, width: int) -> Self:
        """An empty table of digests of this width (16 to 64 bytes) in a folder of its own (0700)."""
        if width not in _DIGEST_WIDTHS:
            raise ValueError(f"a digest has 16 to 64 bytes, not {width}")
        return cls._create(folder, width, width)

    @classmethod
    def create_opaque(cls, folder: Path, stated: int) -> Self:
        """An empty table of imported hashes of this length in bytes, about which nothing else is known."""
        if stated < 1 or stated == FOLDED_BYTES:
            raise ValueError(
                f"opaque hashes are of 1 or more bytes and of another length than {FOLDED_BYTES}"
            )
        return cls._create(folder, FOLDED_BYTES, stated)

    @classmethod
    def _create(cls, folder: Path, width: int, stated: int) -> Self:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / MANIFEST).exists():
            raise FileExistsError(errno.EEXIST, "there is a table here already", str(folder))
        tail = folder / tail_name(1)
        tail.unlink(missing_ok=True)  # of an attempt that came no further
        Tail.create(tail, width).close()
        write_generation(folder, Generation(width, stated, 1, (), (), 1))
        return cls(folder)

    def add(self, digests: Bytes, rows: Rows) -> None:
        """Each digest (N x width bytes) stands for its row (N numbers below 2**64 - 1), durable.

        Raises ValueError for other shapes, OSError when the disk refuses; then nothing was added.
        """
        kept = self._as_kept(digests)
        _require_rows(len(kept), rows)
        with self._turn:
            new = self._unknown(digests, rows)
            self._write(kept[new], rows[new])

    def add_new(self, digests: Bytes, rows: Rows) -> None:
        """As `add`, for rows that stand nowhere in the table yet, each given once: nothing is looked up before.

        With two hundred sorted files lying, looking 50,000 digests up takes 2 s and writing them 0.1.
        """
        kept = self._as_kept(digests)
        _require_rows(len(kept), rows)
        with self._turn:
            self._write(kept, rows)

    def delete(self, rows: Rows) -> int:
        """These rows answer no more, in any process, and their digests are in no file; returns how many were there.

        In a sorted file the place of a deleted digest is left, between its neighbours: see `erase`. Durable.
        """
        wanted = np.unique(rows[rows != NO_ROW])
        if not len(wanted):
            return 0
        with self._turn:
            self._gone_meanwhile.append(wanted)
            holes = self._holes(wanted)
            in_tail = {row: self._newest.places_of(row) for row in wanted.tolist()}
            in_tail = {row: places for row, places in in_tail.items() if places}
            there = {row for number, places in holes.items() for row in self._runs[number].rows_at(places)}
            width = self._generation.width
            records = [Record(Kind.GONE, row, bytes(width)) for row in in_tail]
            for number, places in holes.items():
                run = number.to_bytes(8).rjust(width, b"\0")
                records += [Record(Kind.HOLE, place, run) for place in places.tolist()]
            if records:
                self._log(records)
                for number, places in holes.items():
                    self._runs[number].empty(places)
                self._tail.overwrite([place for places in in_tail.values() for place in places])
                self._tail.carried_out()
                self._tidy()
            return len(there | in_tail.keys())

    def erase(self, rows: Rows) -> int:
        """As `delete`, and every file that held one of them is written anew without its place.

        10 M digests take one to three seconds. Afterwards neither the files nor where something is missing in them
        say anything about the digests.
        """
        gone = self.delete(rows)
        with self._merging:
            with self._turn:
                self._flush()
            self._join([number for number, run in self._runs.items() if run.holes()])
        return gone

    def merge(self) -> None:
        """All digests stand in one sorted file, without the places of deleted ones.

        Others look up, add and delete meanwhile; a process killed in the middle leaves the table as it was. Raises
        OSError when the disk refuses and DigestsRefused when a file is damaged; the table is then as it was.
        """
        with self._merging:
            with self._turn:
                self._flush()
                runs = dict(self._runs)
            if len(runs) > 1 or any(run.holes() for run in runs.values()):
                self._join(list(runs))

    def _write(self, kept: Bytes, rows: Rows) -> None:
        if not len(rows):
            return
        if len(rows) >= TAIL_RECORDS:
            number = self._next_number()
            write_run(self._folder / run_name(number), entries_of(kept, rows))
            self._swap(set(), number, self._generation.tail)
        else:
            data, width = kept.tobytes(), kept.shape[1]
            self._log(
                [
                    Record(Kind.ADDED, row, data[at * width : (at + 1) * width])
                    for at, row in enumerate(rows.tolist())
                ]
            )
            self._tail.carried_out()
        self._tidy()

    @property
    def runs(self) -> int:
        """How many sorted files there are: a look-up searches each of them."""
        return len(self._runs)

    def _unknown(self, digests: Bytes, rows: Rows) -> Places:
        """The places of those pairs that are not in the table, each once."""
        if not self._runs and not len(self._newest):
            return np.arange(len(rows)) if len(rows) >= TAIL_RECORDS else _once(digests, rows)
        found = self.look_up(digests)
        known = np.zeros(len(rows), dtype=np.bool_)
        known[found.which[rows[found.which] == found.rows]] = True
        new = np.flatnonzero(~known)
        return new if len(new) >= TAIL_RECORDS else new[_once(digests[new], rows[new])]

    def _holes(self, rows: Rows) -> dict[int, Places]:
        """Where these rows stand in each run; the blocks to be changed are whole."""
        holes = {number: run.places_of(rows) for number, run in self._runs.items()}
        holes = {number: places for number, places in holes.items() if len(places)}
        for number, places in holes.items():
            self._runs[number].require(places)
        return holes


def _require_rows(number: int, rows: Rows) -> None:
    if rows.shape != (number,) or rows.dtype != np.uint64 or (rows == NO_ROW).any():
        raise ValueError(f"{number} digests need as many rows below 2**64 - 1")


def _once(digests: Bytes, rows: Rows) -> Places:
    """The places of the first of equal pairs, ascending."""
    seen: dict[tuple[bytes, int], int] = {}
    data, width = digests.tobytes(), digests.shape[1]
    for at, row in enumerate(rows.tolist()):
        seen.setdefault((data[at * width : (at + 1) * width], row), at)
    return np.array(list(seen.values()), dtype=np.int64)
