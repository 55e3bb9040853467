"""The one writer of a store: changes that last when the call returns, and are seen by every process at its next call."""

import mmap
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np

from vigie.engines.nearest import merging
from vigie.engines.nearest.building import write_part
from vigie.engines.nearest.checking import changed_ids, erasures_due, expected_bits, store_faults
from vigie.engines.nearest.files import SnapshotRefused, make_array, open_array, sync_folder
from vigie.engines.nearest.index import (
    Codes,
    GroupNumbers,
    Ids,
    require_group_numbers,
    require_ids,
    require_new_rows,
)
from vigie.engines.nearest.log import RECORD_ROWS, Change, LogWriter, added, encoded, ended, noted, records_of
from vigie.engines.nearest.manifest import (
    CHANGING,
    MANIFEST,
    MERGING,
    STATE,
    WRITING,
    Limits,
    Manifest,
    clear_unlisted,
    locked,
    read_manifest,
    try_lock,
    write_manifest,
)
from vigie.engines.nearest.part import Listing, Part, Rows, bit_words
from vigie.engines.nearest.reader import CodeReader
from vigie.engines.nearest.scattering import scattered

Block = tuple[Codes, Ids, GroupNumbers]

_TO_WRITE = mmap.PROT_READ | mmap.PROT_WRITE
_DEFAULT = Limits()


class StoreInUse(Exception):  # noqa: N818 - a refusal with a reason, as the rest of Vigie names them
    """Another process, or another object of this one, is the store's writer."""


class CodeStore(CodeReader):
    """A `CodeReader` that also changes the store. One at a time, by a lock that falls with its process."""

    _access = _TO_WRITE

    def __init__(self, folder: Path) -> None:
        """Use `create`, `build` or `open`."""
        super().__init__(folder)
        self._lock = -1
        self._log: LogWriter | None = None
        self._stamp = (0, 0)

    @classmethod
    def create(cls, folder: Path, limits: Limits = _DEFAULT) -> Self:
        """Return a new, empty store in the folder. Raises FileExistsError when one is there."""
        return cls.build(folder, 0, [], limits)

    @classmethod
    def build(
        cls, folder: Path, count: int, blocks: Iterable[Block], limits: Limits = _DEFAULT, threads: int = 2
    ) -> Self:
        """Return a new store of `count` rows given in blocks (codes N x 32 bytes, N ids, N groups), in one part.

        The way to load millions: over a million a second on two cores. Raises FileExistsError when a store is there,
        ValueError for wrong rows, OSError when the disk refuses; then there is no store.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / MANIFEST).exists():
            raise FileExistsError(f"{folder}: there is a store here already")
        parts: tuple[Listing, ...] = ()
        if count:
            parts = (write_part(folder, limits.layout_for(count), count, _checked(blocks), threads),)
        write_manifest(folder, Manifest(1, limits, parts))
        return cls.open(folder)  # which also removes what an earlier attempt left

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the folder's store, to change. What a crash left half written is cut off; nothing acknowledged is.

        Checked as `CodeReader.open`, and the dead bits by checksum; what each file must hold follows from these.
        Raises StoreInUse, or SnapshotRefused naming the file and the reason.
        """
        read_manifest(folder)
        lock = try_lock(folder, WRITING)
        if lock is None:
            raise StoreInUse(f"{folder}: another process is the writer of this store")
        try:
            store = cls(folder)
            store._lock = lock
            with locked(folder, CHANGING):
                _make_ready(folder)
            store._state = open_array(folder / STATE, "<u8", 2)
            store._follow()
        except BaseException:
            os.close(lock)
            raise
        return store

    def add(self, codes: Codes, ids: Ids, groups: GroupNumbers | None = None) -> None:
        """Store N codes under N ids, as `NearestIndex.add`; durable when it returns. Raises OSError, nothing changed."""
        rows = require_new_rows(codes, ids)
        belong = require_group_numbers(groups, len(rows))
        spans = [slice(begin, begin + RECORD_ROWS) for begin in range(0, len(rows), RECORD_ROWS)]
        data = b"".join(encoded(added(rows[span], ids[span], belong[span])) for span in spans)
        if spans:
            self._change(data, ids)

    def delete(self, ids: Ids) -> int:
        """Forget these ids, durably and at once in every process; returned is how many were there."""
        gone = np.unique(require_ids(ids))
        return self._change(encoded(ended(Change.DELETE, gone)), gone) if len(gone) else 0

    def erase(self, ids: Ids, threads: int = 2) -> int:
        """Delete these ids, and leave nothing in any file from which their codes could be told; returned: how many.

        Deleted at once and durably; then the parts that held them are written anew without them (about a second a
        million rows, so give many ids in one call) and the old files overwritten and unlinked. Works for ids deleted
        before too. Raises OSError when the disk refuses the new files: the rows are deleted, and the erasure stays
        on record until the next `erase` or `merge` finishes it (`erasures_due`).
        """
        gone = np.unique(require_ids(ids))
        if not len(gone):
            return 0
        held = self._change(encoded(ended(Change.ERASE, gone)), gone)
        self.merge(threads)
        return held

    def erasures_due(self) -> Ids:
        """Return the ids whose erasure is on record and not finished: a crash or a full disk came between."""
        with locked(self.folder, CHANGING):
            return erasures_due(self.folder, read_manifest(self.folder).logs)

    def note(self, text: str) -> None:
        """The text is kept, durably, after all changes made before it: `noted` returns the newest one."""
        self._change(encoded(noted(text)), np.zeros(0, dtype=np.uint64))

    def merge(self, threads: int = 2) -> None:
        """The log's rows are in parts, as `merging.merge`, which another process or thread may call instead."""
        merging.merge(self.folder, threads)
        self.refresh()

    @property
    def merge_due(self) -> bool:
        """True when the tail has grown past its limit: searches scan it, 0.14 ms for every 65,536 rows."""
        return self._tail.used >= self._manifest.limits.tail_rows

    def snapshot(self, folder: Path, threads: int = 2) -> None:
        """Write what answers now into another folder as a sealed store, whole or not at all; `restore` opens it.

        Deleted rows are in no file of it. Raises OSError when the disk refuses.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.refresh()
        blocks = [
            *(part.alive_rows() for part in self._parts.values()),
            self._tail.alive(),
        ]
        count = sum(len(block.ids) for block in blocks)
        parts: tuple[Listing, ...] = ()
        if count:
            parts = (write_part(folder, self._manifest.limits.layout_for(count), count, blocks, threads),)
            (folder / parts[0].live_dead).unlink()
        manifest = Manifest(1, self._manifest.limits, parts, noted=self._noted)
        write_manifest(folder, manifest)
        clear_unlisted(folder, manifest)

    @classmethod
    def restore(cls, sealed: Path, folder: Path) -> Self:
        """Return a new store in the folder with what a sealed one holds, every byte of it checked first.

        Raises SnapshotRefused naming the file and the reason, FileExistsError when a store is in the folder.
        """
        manifest = read_manifest(sealed)
        for fault in store_faults(sealed):
            raise SnapshotRefused(sealed, fault)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / MANIFEST).exists():
            raise FileExistsError(f"{folder}: there is a store here already")
        for name in sorted(manifest.files - {part.live_dead for part in manifest.parts}):
            shutil.copy2(sealed / name, folder / name)
        write_manifest(folder, manifest)
        return cls.open(folder)

    @staticmethod
    def sealed_faults(sealed: Path) -> tuple[str, ...]:
        """Return in words what is wrong with a sealed store, every byte checked; nothing when it is whole."""
        return tuple(store_faults(sealed))

    def close(self) -> None:
        """Another writer may open the store."""
        super().close()
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _change(self, data: bytes, ids: Ids) -> int:
        """The record is durable, then seen, then older rows of its ids are dead: in this order nothing is ever missed."""
        with self._changing() as log:
            older = [(part, part.rows_of(ids)) for part in self._parts.values()]
            held = self._tail.count(ids) + sum(part.count(rows) for part, rows in older)
            log.append(data)
            merging.publish(self.folder, self._manifest, log.length)
            for part, rows in older:
                part.bury(rows)
            self.refresh()
            return held

    @contextmanager
    def _changing(self) -> Iterator[LogWriter]:
        with locked(self.folder, CHANGING):
            self._follow()
            assert self._log is not None
            yield self._log

    def _follow(self) -> None:
        """The newest generation is mapped and its log open, also when a merge was killed before it could say so."""
        found = (self.folder / MANIFEST).stat()
        stamp = (found.st_ino, found.st_mtime_ns)
        if stamp != self._stamp:
            if self._log is not None:
                self._log.close()
            manifest = read_manifest(self.folder)
            newest = manifest.logs[-1]
            length = records_of(self.folder / newest.file, newest.promised)[1]
            self._log = LogWriter(self.folder / newest.file, length)
            merging.publish(self.folder, manifest, length)
            self._stamp = stamp
        self.refresh()


def _checked(blocks: Iterable[Block]) -> Iterator[Rows]:
    for codes, ids, groups in blocks:
        rows = require_new_rows(codes, ids)
        yield Rows(scattered(rows), ids, require_group_numbers(groups, len(rows)))


def _make_ready(folder: Path) -> None:
    """The folder has a log, its state is said, and each part's dead bits are those the sealed ones and logs demand."""
    manifest = read_manifest(folder)
    if not manifest.logs:
        logs = (merging.new_log(folder),)
        manifest = manifest.after(parts=manifest.parts, logs=logs, noted=manifest.noted)
        write_manifest(folder, manifest)
    state = folder / STATE
    newest, promised = manifest.logs[-1], 0
    if state.exists() and state.stat().st_size == 16:
        said = open_array(state, "<u8", 2)
        promised = int(said[1]) if int(said[0]) == manifest.generation else 0
    else:
        state.unlink(missing_ok=True)
        make_array(state, "<u8", 2)
    records_of(folder / newest.file, max(promised, newest.promised))
    changed = changed_ids(folder, manifest.logs)
    for listing in manifest.parts:
        _restore_bits(folder, listing, changed)
    merging_now = try_lock(folder, MERGING)
    if merging_now is not None:
        clear_unlisted(folder, manifest)
        os.close(merging_now)
    sync_folder(folder)


def _restore_bits(folder: Path, listing: Listing, changed: Ids) -> None:
    live = folder / listing.live_dead
    if not live.exists() or live.stat().st_size != 8 * bit_words(listing.rows):
        live.unlink(missing_ok=True)
        make_array(live, "<u8", bit_words(listing.rows))
    part = Part(folder, listing, _TO_WRITE)
    part.set_dead(expected_bits(folder, part, changed))
