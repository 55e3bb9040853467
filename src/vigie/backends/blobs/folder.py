"""Blobs in a folder: a file each, written beside and renamed into place."""

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from vigie.backends.blobs.durable import (
    create_private,
    make_folder,
    make_folders,
    opened_folder,
    sync_folder,
    write_all,
)
from vigie.backends.blobs.store import BlobExists, BlobMissing, BlobStoreError, BlobStoreFull, require_name

_FULL = (errno.ENOSPC, errno.EDQUOT)
_PARTIAL = "partial"


class FolderBlobs:
    """A `BlobStore` in one folder of a local file system: `ab/cd/abcd…`, two levels of 256, files 0600.

    An object is written to `partial/`, synced, renamed and its folder synced; renames into one folder take turns
    under a lock, so that a name is taken once whoever else writes. The folder is made when missing;
    `BlobStoreError` when it cannot be.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: set[Path] = set()
        """Folders this store has found durable: asking again took a lock and three calls an object."""
        with _said_plainly(f"the folder {root} cannot hold objects"):
            make_folders(root / _PARTIAL)

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Keep the chunks as one object, as `BlobStore.put` promises."""
        place = self._place(name)
        if place.exists():  # the rename below decides; this spares the writing
            raise BlobExists(f"object {name} is there already")
        partial = self._root / _PARTIAL / f"{name}.{os.urandom(8).hex()}"
        try:
            size = _write(partial, chunks)
            with _said_plainly("nothing was stored"):
                self._make(place.parent.parent)
                self._make(place.parent)
                _move_once(partial, place)
        finally:
            partial.unlink(missing_ok=True)
        return size

    def get(self, name: str) -> bytes:
        """Return the whole object; `BlobMissing` when there is none."""
        with self.open(name) as file:
            return file.read()

    def open(self, name: str) -> BinaryIO:
        """Return the object as a seekable file for reading; `BlobMissing` when there is none."""
        try:
            return self._place(name).open("rb")
        except FileNotFoundError:
            raise BlobMissing(f"there is no object {name}") from None

    def delete(self, name: str) -> None:
        """Make sure, durably, that there is no such object; that there was none is no error.

        The bytes may stay readable on the medium until it writes over them: erasure rests on destroying the key.
        """
        place = self._place(name)
        place.unlink(missing_ok=True)
        if place.parent.is_dir():
            sync_folder(place.parent)

    def exists(self, name: str) -> bool:
        """Return whether there is an object of that name."""
        return self._place(name).exists()

    def names(self) -> Iterator[str]:
        """Yield the names of all objects, in order."""
        for first in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
            for second in sorted(first.iterdir()):
                yield from sorted(path.name for path in second.iterdir())

    def clear_partials(self, before: datetime) -> int:
        """Remove what writers that died left behind before that time; return how many.

        Writers still at work touch their file with every chunk: leave them an hour.
        """
        cleared = 0
        for path in (self._root / _PARTIAL).iterdir():
            with suppress(FileNotFoundError):  # its writer finished meanwhile
                if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                    path.unlink()
                    cleared += 1
        return cleared

    def _make(self, folder: Path) -> None:
        if folder not in self._made:
            make_folder(folder)
            self._made.add(folder)

    def _place(self, name: str) -> Path:
        require_name(name)
        return self._root / name[:2] / name[2:4] / name


def _write(partial: Path, chunks: Iterable[bytes]) -> int:
    """Write and sync the chunks; errors of their source pass as they are."""
    size = 0
    with _said_plainly("nothing was stored"):
        handle = create_private(partial)
    try:
        for chunk in chunks:
            with _said_plainly("nothing was stored"):
                write_all(handle, chunk)
            size += len(chunk)
        with _said_plainly("nothing was stored"):
            os.fsync(handle)
    finally:
        os.close(handle)
    return size


def _move_once(partial: Path, place: Path) -> None:
    """Rename into place unless the name is taken: rename(2) alone would overwrite."""
    with opened_folder(place.parent) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if place.exists():
            raise BlobExists(f"object {place.name} is there already")
        partial.rename(place)
        os.fsync(folder)


@contextmanager
def _said_plainly(what: str) -> Iterator[None]:
    """Turn errors of the file system into those of the port."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise BlobStoreFull(f"{what}: there is no room left") from error
        raise BlobStoreError(f"{what}: {error}") from error
