"""Looking digests up: any number of processes, while one other writes."""

import hashlib
import mmap
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np

from vigie.engines.digest_tables.columns import Bytes, Places, Rows, entries_of
from vigie.engines.digest_tables.generation import MANIFEST, read_generation, run_name, tail_name
from vigie.engines.digest_tables.memory import Newest
from vigie.engines.digest_tables.refusals import DigestsRefused
from vigie.engines.digest_tables.runs import Run
from vigie.engines.digest_tables.tail import Tail

FOLDED_BYTES: Final = 16
_TRIES: Final = 20  # the writer may unlink what the manifest just read names


class Matches(NamedTuple):
    """What a look-up found: the place of a digest among those asked, and a row it stands for; ascending by both."""

    which: Places
    rows: Rows


class DigestReader:
    """A table of digests, read only. Safe to share between threads."""

    _access = mmap.ACCESS_READ
    _flags = os.O_RDONLY
    _tail: Tail

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.RLock()
        self._runs: dict[int, Run] = {}
        self._load()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The folder's table. Raises DigestsRefused naming a file that is missing, cut off or changed.

        Blocks of digests are checked when they are first used; `verify` reads every byte.
        """
        return cls(folder)

    def __len__(self) -> int:
        with self._turn:
            return sum(len(run) - run.holes() for run in self._runs.values()) + len(self._newest)

    @property
    def width(self) -> int:
        """Bytes of a digest as it is given."""
        return self._generation.stated

    def refresh(self) -> None:
        """What was acknowledged before this call is seen. Costs some microseconds when nothing changed."""
        with self._turn:
            if self._stamp != stamp(self._folder):
                self._load()
            else:
                self._newest.take(self._tail.read_on())

    def look_up(self, digests: Bytes) -> Matches:
        """The rows of M digests (M x width bytes). Raises ValueError for another width, DigestsRefused for damage."""
        kept = self._as_kept(digests)
        with self._turn:
            runs = list(self._runs.values())
            data, width = kept.tobytes(), self._generation.width
            rows_of = self._newest.rows_of
            fresh = [
                (place, row)
                for place in range(len(kept) if len(self._newest) else 0)
                for row in rows_of(data[place * width : (place + 1) * width])
            ]
        asked = entries_of(kept, np.zeros(0, dtype=np.uint64))
        order = np.argsort(
            asked.prefix
        )  # neighbouring searches meet in the cache: 2 ms for 10,000 of 10 M, not 9
        ordered = asked._replace(prefix=asked.prefix[order], rest=asked.rest[order])
        found = [run.search(ordered) for run in runs]
        places = np.array([place for place, _ in fresh], dtype=np.int64)
        rows = np.array([row for _, row in fresh], dtype=np.uint64)
        which = np.concatenate([places, *(order[which] for which, _ in found)])
        rows = np.concatenate([rows, *(rows for _, rows in found)])
        by_place = np.lexsort((rows, which))
        return Matches(which[by_place], rows[by_place])

    def rows_of(self, digest: bytes) -> list[int]:
        """The rows of one digest, ascending."""
        one = np.frombuffer(digest, dtype=np.uint8)[None, :]
        return [int(row) for row in self.look_up(one).rows]

    def highest_row(self) -> int:
        """The highest row any digest stands for, 0 when there is none. Reads one column: 10 ms for 10 M digests."""
        with self._turn:
            return max(self._newest.highest_row(), *(run.highest_row() for run in self._runs.values()), 0)

    def verify(self) -> tuple[str, ...]:
        """In words, what is wrong with the files; every byte of them is read. Nothing when they are whole."""
        with self._turn:
            return tuple(self._faults())

    def close(self) -> None:
        """The files are closed."""
        for run in self._runs.values():
            run.close()
        self._tail.close()

    def _faults(self) -> Iterator[str]:
        try:
            generation = read_generation(self._folder)
            with_tail = Tail.open(self._folder / tail_name(generation.tail), generation.width)
            try:
                with_tail.read_on()
            finally:
                with_tail.close()
        except DigestsRefused as refused:
            yield str(refused)
            return
        for number, count in zip(generation.runs, generation.counts, strict=True):
            try:
                run = Run.open(self._folder / run_name(number))
            except DigestsRefused as refused:
                yield str(refused)
                continue
            if len(run) != count:
                yield f"{run.path}: has {len(run)} entries, not {count}"
            yield from run.faults()
            run.close()

    def _as_kept(self, digests: Bytes) -> Bytes:
        stated, width = self._generation.stated, self._generation.width
        if digests.ndim != 2 or digests.shape[1] != stated or digests.dtype != np.uint8:
            raise ValueError(f"digests are N x {stated} bytes, not {digests.shape} of {digests.dtype}")
        if stated == width:
            return np.ascontiguousarray(digests)
        return _folded(digests)

    def _load(self) -> None:
        for _ in range(_TRIES):
            try:
                self._read_files()
            except DigestsRefused:
                if self._stamp == stamp(self._folder):
                    raise
            else:
                return
        self._read_files()

    def _read_files(self) -> None:
        self._stamp = stamp(self._folder)
        generation = read_generation(self._folder)
        runs: dict[int, Run] = {}
        for number in generation.runs:
            run = self._runs.get(number)
            path = self._folder / run_name(number)
            runs[number] = Run.open(path, self._access) if run is None else run
        tail = Tail.open(self._folder / tail_name(generation.tail), generation.width, self._flags)
        newest = Newest()
        self._first = tail.read_on()
        newest.take(self._first)
        for number in self._runs.keys() - runs.keys():
            self._runs[number].close()
        if hasattr(self, "_tail"):  # not the first time
            self._tail.close()
        self._generation, self._runs, self._tail, self._newest = generation, runs, tail, newest


def stamp(folder: Path) -> bytes:
    """What tells one generation of the folder from another: inodes and times come again, its manifest's bytes do not."""
    try:
        return (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return b""


def _folded(hashes: Bytes) -> Bytes:
    """The hashes as they are kept: 16 bytes of BLAKE2b (RFC 7693) of each.

    Imported hashes may begin alike by the million, which would make a sorted prefix useless; their folded form does
    not. Two different ones have the same form with probability 2**-128.
    """
    data, width = hashes.tobytes(), hashes.shape[1]
    parts = (
        hashlib.blake2b(data[at : at + width], digest_size=FOLDED_BYTES).digest()
        for at in range(0, len(data), width)
    )
    return np.frombuffer(b"".join(parts), dtype=np.uint8).reshape(-1, FOLDED_BYTES)
