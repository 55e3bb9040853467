"""A store seen from any process: the parts mapped, the logs followed, and every search over both."""

import mmap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from vigie.engines.nearest.checking import store_faults
from vigie.engines.nearest.files import SnapshotRefused, ask_for, open_array
from vigie.engines.nearest.found import NOTHING, Found, joined, without
from vigie.engines.nearest.index import (
    Codes,
    Groups,
    Hit,
    Reach,
    Report,
    require_code,
    require_codes,
    require_groups,
    require_radius,
)
from vigie.engines.nearest.log import Change, LogReader, Record
from vigie.engines.nearest.manifest import STATE, Manifest, read_manifest
from vigie.engines.nearest.part import Out, Part, Words
from vigie.engines.nearest.scattering import scattered
from vigie.engines.nearest.tail import Tail

BLOCK_QUERIES = 8_192  # queries of a bulk call whose hits are held at a time
_ROOM = 1_024  # hits the first buffer holds; it grows to what one query needs
_SWAPS = 20  # generations that may pass while one is being opened, before we say that something else is wrong


class _Searched(Protocol):
    def search(
        self, queries: Words, begin: int, reach: Reach, allowed: Groups, out: Out
    ) -> tuple[int, int, int]: ...


class CodeReader:
    """What a folder's store answers now. From one thread at a time; a call sees all changes that came before it.

    Rows deleted by another process answer no longer, rows it added answer, from the next call on. Each call looks
    for changes (under a microsecond when there are none); `refresh` takes following a merge out of a search.
    """

    _access = mmap.PROT_READ

    def __init__(self, folder: Path) -> None:
        """Use `open`."""
        self.folder = folder
        self._manifest = Manifest(-1, read_manifest(folder).limits)
        self._parts: dict[str, Part] = {}
        self._tail = Tail()
        self._logs: list[LogReader] = []
        self._noted = ""
        self._state: Words = np.zeros(2, dtype=np.uint64)
        self._seen = (-1, -1)
        self._room = _room(_ROOM)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the folder's store, to read. A writer must have opened it before.

        Checked now: the manifest by its checksum, that every file is there at its full size, every record of the
        logs by its checksum. `verify` checks the bytes of the large files. Raises SnapshotRefused naming the file.
        """
        reader = cls(folder)
        reader._state = open_array(folder / STATE, "<u8", 2)
        reader.refresh()
        return reader

    def __len__(self) -> int:
        self.refresh()
        return sum(part.rows - part.dead_count() for part in self._parts.values()) + len(self._tail)

    def refresh(self) -> None:
        """What other processes changed up to now is seen. Raises SnapshotRefused when files are damaged."""
        seen = self._said()
        if seen == self._seen:
            return
        if seen[0] != self._manifest.generation:
            self._load()
        for log, listed in zip(self._logs, self._manifest.logs, strict=True):
            newest = log is self._logs[-1] and seen[0] == self._manifest.generation
            for record in log.fresh(max(listed.promised, seen[1]) if newest else listed.promised):
                self._apply(record)
        self._seen = seen

    def noted(self) -> str:
        """Return the newest note."""
        self.refresh()
        return self._noted

    def range(self, code: bytes, radius: int, groups: Groups | None = None) -> list[Hit]:
        """Return every stored code within the radius, as `NearestIndex.range`."""
        return self.range_many(require_code(code), radius, groups)[0]

    def range_many(
        self, codes: Codes, radius: int, groups: Groups | None = None, threads: int = 1
    ) -> list[list[Hit]]:
        """Return the hits of each code, as `NearestIndex.range_many`."""
        found = self.range_arrays(codes, radius, groups, threads)
        many: list[list[Hit]] = [[] for _ in range(len(codes))]
        for which, number, distance in zip(*(column.tolist() for column in found), strict=True):
            many[which].append(Hit(number, distance))
        return many

    def range_arrays(
        self, codes: Codes, radius: int, groups: Groups | None = None, threads: int = 1, glimpsed: int = 0
    ) -> Found:
        """Return the hits of M codes (M x 32 bytes) as arrays; `threads` search at once. Raises ValueError.

        Codes beyond the radius and within `glimpsed` bits are returned where the search comes across them: nearly all,
        a few bits beyond (each chunk must differ in a bit more than is allowed for one to be missed), but not surely.
        """
        blocks = [found for _, found in self.range_blocks(codes, radius, groups, threads, glimpsed)]
        if len(blocks) == 1:
            return blocks[0]
        shifted = [
            found._replace(queries=found.queries + np.uint32(place * BLOCK_QUERIES))
            for place, found in enumerate(blocks)
        ]
        return joined([NOTHING, *shifted])

    def range_blocks(
        self, codes: Codes, radius: int, groups: Groups | None = None, threads: int = 1, glimpsed: int = 0
    ) -> Iterator[tuple[int, Found]]:
        """Yield (place of the block's first query, its hits, numbered within the block) of any number of queries.

        Memory does not grow with the queries: 8,192 at a time. Raises ValueError before the first block.
        """
        reach = Reach(require_radius(radius), max(radius, require_radius(glimpsed)))
        words = scattered(require_codes(codes))
        allowed = require_groups(groups)
        return (
            (begin, self._search(words[begin : begin + BLOCK_QUERIES], reach, allowed, threads))
            for begin in range(0, len(words), BLOCK_QUERIES)
        )

    def verify(self) -> Report:
        """Return what a check of every byte of every file has found; takes seconds for ten million rows."""
        self.refresh()
        dead = sum(part.dead_count() for part in self._parts.values()) + self._tail.used - len(self._tail)
        return Report(live=len(self), deleted=dead, faults=tuple(store_faults(self.folder)))

    def preload(self) -> None:
        """All files are on their way into memory: after a cold start each place not there yet costs a disk read."""
        self.refresh()
        for part in self._parts.values():
            for listed in part.listing.arrays.values():
                ask_for(self.folder / listed.file)

    def close(self) -> None:
        """No file of the folder is held any longer."""
        for log in self._logs:
            log.close()
        self._logs, self._parts = [], {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _said(self) -> tuple[int, int]:
        """Return the generation and the length of its newest log that were last published, both of one moment."""
        while True:
            generation, length = int(self._state[0]), int(self._state[1])
            if generation == int(self._state[0]):
                return generation, length

    def _load(self) -> None:
        """The newest generation's files are mapped; parts that stay are kept as they are."""
        for _ in range(_SWAPS):
            manifest = read_manifest(self.folder)
            try:
                parts = {
                    listing.name: self._parts.get(listing.name) or Part(self.folder, listing, self._access)
                    for listing in manifest.parts
                }
                logs = [LogReader(self.folder / log.file) for log in manifest.logs]
            except SnapshotRefused:
                if read_manifest(self.folder).generation == manifest.generation:
                    raise
                continue
            break
        else:
            raise SnapshotRefused(self.folder, "its files change faster than they can be opened")
        for log in self._logs:
            log.close()
        self._manifest, self._parts, self._logs = manifest, parts, logs
        self._tail, self._noted = Tail(), manifest.noted

    def _apply(self, record: Record) -> None:
        if record.change == Change.NOTE:
            self._noted = record.note
        elif record.change == Change.ADD:
            self._tail.add(record.codes, record.ids, record.groups)
        else:
            self._tail.bury(record.ids)

    def _search(self, queries: Words, reach: Reach, allowed: Groups, threads: int) -> Found:
        """Search the parts, then follow the log, then search the tail.

        In this order a row that is replaced meanwhile is found in its old place or its new one, never in neither. It
        may be found in both: the newer one counts.
        """
        while True:
            self.refresh()
            generation = self._manifest.generation
            pieces = [
                piece
                for part in self._parts.values()
                for piece in self._searched(part, queries, reach, allowed, threads)
            ]
            self.refresh()
            if self._manifest.generation == generation:
                break
        if self._tail.used:
            newer = list(self._searched(self._tail, queries, reach, allowed, threads))
            if newer and pieces:
                return joined(newer, [without(joined(pieces), joined(newer))])
            pieces += newer
        return joined(pieces) if pieces else NOTHING

    def _searched(
        self, where: _Searched, queries: Words, reach: Reach, allowed: Groups, threads: int
    ) -> Iterator[Found]:
        if threads == 1 or len(queries) < 2 * threads:
            yield from self._searched_here(where, queries, reach, allowed)
            return
        each = -(-len(queries) // threads)
        with ThreadPoolExecutor(threads) as pool:
            work = [
                pool.submit(_all_of, where, queries[begin : begin + each], reach, allowed, _room(_ROOM))
                for begin in range(0, len(queries), each)
            ]
            for place, one in enumerate(work):
                for found in one.result()[0]:
                    yield found._replace(queries=found.queries + np.uint32(place * each))

    def _searched_here(
        self, where: _Searched, queries: Words, reach: Reach, allowed: Groups
    ) -> Iterator[Found]:
        found, self._room = _all_of(where, queries, reach, allowed, self._room)
        yield from found


def _room(size: int) -> Out:
    return np.empty(size, np.uint32), np.empty(size, np.uint64), np.empty(size, np.uint16)


def _all_of(
    where: _Searched, queries: Words, reach: Reach, allowed: Groups, room: Out
) -> tuple[list[Found], Out]:
    """Return all hits, and the room as large as one query needed."""
    found: list[Found] = []
    begin = 0
    while begin < len(queries):
        begin, held, needed = where.search(queries, begin, reach, allowed, room)
        if held:
            found.append(Found(room[0][:held].copy(), room[1][:held].copy(), room[2][:held].copy()))
        if needed > len(room[0]):
            room = _room(2 * needed)
    return found, room
