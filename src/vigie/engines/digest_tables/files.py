"""The files of a table as its one writer keeps them: the log carried out, runs merged, generations swapped."""

import contextlib
import errno
import fcntl
import mmap
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from vigie.engines.digest_tables.columns import NO_ROW, Rows, entries_of, joined
from vigie.engines.digest_tables.generation import (
    remove_others,
    run_name,
    sync_folder,
    tail_name,
    write_generation,
)
from vigie.engines.digest_tables.memory import Newest
from vigie.engines.digest_tables.reader import DigestReader, stamp
from vigie.engines.digest_tables.runs import Run, write_run
from vigie.engines.digest_tables.tail import Kind, Record, Tail

TAIL_RECORDS: Final = 8_192
"""A longer tail becomes a run; as many digests added at once are a run from the start."""
_TOGETHER: Final = 8  # runs of one size that are merged into one
_MERGED_AT_ONCE: Final = (
    2_000_000  # entries merged while somebody waits: half a second; more of them by `merge`
)
_LOCK: Final = "lock"


class TableFiles(DigestReader):
    """The files of a table that this process alone may change."""

    _access = mmap.ACCESS_WRITE
    _flags = os.O_RDWR

    def __init__(self, folder: Path) -> None:
        self._merging = threading.Lock()
        self._gone_meanwhile: list[Rows] = []
        self._lock = _locked(folder)
        try:
            super().__init__(folder)
            self._finish()
            remove_others(folder, self._generation)
        except BaseException:
            os.close(self._lock)
            raise
        self._sequence = self._generation.sequence

    def close(self) -> None:
        """The files are closed, and another process may write."""
        super().close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _log(self, records: Sequence[Record]) -> None:
        self._tail.append(records)
        self._newest.take(records)

    def _finish(self) -> None:
        """What an earlier process logged and did not live to carry out is carried out."""
        records, self._first = self._first, []
        alive: dict[int, list[int]] = {}
        stale: list[int] = []
        holes: dict[int, list[int]] = {}
        for place, record in enumerate(records):
            if record.kind is Kind.ADDED:
                alive.setdefault(record.number, []).append(place)
            elif record.kind is Kind.GONE:
                stale += alive.pop(record.number, [])
            elif record.kind is Kind.HOLE and place >= self._tail.applied:
                holes.setdefault(int.from_bytes(record.digest), []).append(record.number)
        for (
            number,
            places,
        ) in holes.items():  # a run that is gone was merged, which is done after carrying out
            if number in self._runs:
                self._runs[number].empty_again(np.unique(np.array(places, dtype=np.int64)))
        self._tail.overwrite(stale)
        self._tail.carried_out()

    def _tidy(self) -> None:
        """The tail is short and there are few runs of each size, unless the disk is full or another thread merges."""
        with contextlib.suppress(OSError):
            if self._tail.count >= TAIL_RECORDS:
                self._flush()
            if self._merging.acquire(blocking=False):
                try:
                    for numbers in self._crowded():
                        self._join(numbers)
                finally:
                    self._merging.release()

    def _crowded(self) -> list[list[int]]:
        sizes: dict[int, list[int]] = {}
        for number, run in self._runs.items():
            sizes.setdefault(len(run).bit_length() // 3, []).append(number)
        return [
            numbers
            for numbers in sizes.values()
            if len(numbers) >= _TOGETHER and sum(len(self._runs[one]) for one in numbers) <= _MERGED_AT_ONCE
        ]

    def _flush(self) -> None:
        """The tail's digests are a run, and the tail is empty."""
        if not self._tail.count:
            return
        pairs = list(self._newest.pairs())
        tail = self._next_number()
        Tail.create(self._folder / tail_name(tail), self._generation.width).close()
        if not pairs:
            self._swap(set(), None, tail)
            return
        digests = np.frombuffer(b"".join(digest for digest, _ in pairs), dtype=np.uint8)
        rows = np.array([row for _, row in pairs], dtype=np.uint64)
        run = self._next_number()
        write_run(self._folder / run_name(run), entries_of(digests.reshape(len(rows), -1), rows))
        self._swap(set(), run, tail)

    def _join(self, numbers: Sequence[int]) -> None:
        """These runs are one, without holes. Called by whoever holds `_merging`; others go on meanwhile."""
        if not numbers:
            return
        with self._turn:
            self._gone_meanwhile = []
            olds = [self._runs[number] for number in numbers]
            number = self._next_number()
        merged = joined([run.live() for run in olds])
        path = self._folder / run_name(number)
        kept = (
            merged.rows != NO_ROW
        )  # emptied while they were copied: their digests may be half of one, half of another
        if not kept.all():
            merged = merged.at(kept)
        if len(merged.rows):
            write_run(path, merged)
        with self._turn:
            if path.exists() and self._gone_meanwhile:
                fresh = Run.open(path, mmap.ACCESS_WRITE)
                places = fresh.places_of(np.concatenate(self._gone_meanwhile))
                if len(places):
                    fresh.empty(places)
                fresh.close()
            self._swap(set(numbers), number if path.exists() else None, self._generation.tail)

    def _next_number(self) -> int:
        self._sequence += 1
        return self._sequence

    def _swap(self, without: set[int], run: int | None, tail: int) -> None:
        """The table consists of its runs without some and with a new one, and of this tail, for every process."""
        before = self._generation
        counts = {
            one: count for one, count in zip(before.runs, before.counts, strict=True) if one not in without
        }
        runs = {one: self._runs[one] for one in counts}
        if run is not None:
            runs[run] = Run.open(self._folder / run_name(run), mmap.ACCESS_WRITE)
            counts[run] = len(runs[run])
        after = replace(
            before, sequence=self._sequence, runs=tuple(counts), counts=tuple(counts.values()), tail=tail
        )
        write_generation(self._folder, after)
        self._stamp = stamp(self._folder)
        for one in without:
            self._runs[one].close()
        if tail != before.tail:
            self._tail.close()
            self._tail = Tail.open(self._folder / tail_name(tail), before.width, os.O_RDWR)
            self._newest = Newest()
        self._generation, self._runs = after, runs
        for name in before.files() - after.files():
            (self._folder / name).unlink(missing_ok=True)
        sync_folder(self._folder)


def _locked(folder: Path) -> int:
    """The descriptor of the folder's lock, held. Raises BlockingIOError while another process writes the table."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        os.close(descriptor)
        raise BlockingIOError(errno.EWOULDBLOCK, "another process writes this table", str(folder)) from busy
    return descriptor
