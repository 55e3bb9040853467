"""Parts of uploads on disk: encrypted where they lie, one file each, as long as what has arrived."""

import contextlib
import dataclasses
import errno
import fcntl
import io
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from vigie.kernel import installation
from vigie.kernel.vault import PartCipher
from vigie.rooms.intake.rules import RESERVE_BYTES

_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class RemainingPart:
    """A part that lies on disk, and when it was last added to (UTC)."""

    upload_id: uuid.UUID
    path: Path
    touched: datetime


class NoRoomError(Exception):
    """The disk has no room for what is coming; what had arrived stays."""


class PartBusyError(Exception):
    """Somebody else is adding to this part at the moment."""


def folder_of(submission_id: uuid.UUID) -> Path:
    """The folder of a submission's parts; naming it does not make it."""
    root: Path = settings.VIGIE_HOME.uploads
    return root / submission_id.hex


def require_room(coming: int) -> None:
    """NoRoomError unless so many bytes more leave the reserve to the database and the log."""
    home = settings.VIGIE_HOME
    for folder in (home.uploads, home.blobs):
        # the nearest folder that is there: neither may have been made yet
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if shutil.disk_usage(there).free - coming < RESERVE_BYTES:
            raise NoRoomError


def begun(submission_id: uuid.UUID) -> frozenset[str]:
    """The uploads of a submission a part exists of, as hexadecimal digits; asks no key, and the disk only once."""
    try:
        return frozenset(path.name for path in folder_of(submission_id).iterdir())
    except FileNotFoundError:
        return frozenset()


def part_of(submission_id: uuid.UUID, upload_id: uuid.UUID) -> "Part":
    """The part of one upload, whether there is one or not."""
    return Part(folder_of(submission_id) / upload_id.hex, installation.vault().part_cipher(upload_id))


def remaining_parts(submission_id: uuid.UUID) -> list[RemainingPart]:
    """The parts of a submission that lie on disk; its folder is gone when there are none."""
    folder = folder_of(submission_id)
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError, ValueError):  # removed meanwhile, or no part
            touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            found.append(RemainingPart(uuid.UUID(hex=path.name), path, touched))
    if not found and folder.is_dir():
        with contextlib.suppress(OSError):  # somebody begins a part at this moment
            folder.rmdir()
    return found


class Part:
    """The bytes of one upload that have arrived. The size of the file is the offset, so no counter can disagree."""

    def __init__(self, path: Path, cipher: PartCipher) -> None:
        self.path = path
        self._cipher = cipher

    def size(self) -> int | None:
        """How many bytes have arrived; None when nothing was begun."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return None

    def create(self) -> None:
        """The part exists, empty unless it was begun before; only the program's user can read it."""
        while True:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # the sweep took the empty folder away in between
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
                return

    @contextmanager
    def locked(self) -> Iterator["OpenPart"]:
        """Nobody else adds to the part or removes it inside the block. PartBusyError, FileNotFoundError."""
        with self.path.open("r+b", buffering=0) as file:  # a buffer would be written again by closing it
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PartBusyError from error
            yield OpenPart(file, self._cipher)

    def open(self) -> io.BufferedReader:
        """The part's plain bytes as a seekable file; FileNotFoundError when there is none."""
        return io.BufferedReader(_Plain(self.path.open("rb"), self._cipher), _CHUNK)

    def remove(self) -> None:
        """The part is gone; nothing happens when there was none."""
        self.path.unlink(missing_ok=True)


class OpenPart:
    """A part that is locked for adding."""

    def __init__(self, file: io.FileIO, cipher: PartCipher) -> None:
        self._file = file
        self._cipher = cipher

    def size(self) -> int:
        """How many bytes have arrived."""
        return os.fstat(self._file.fileno()).st_size

    def append(self, pieces: Iterable[bytes]) -> None:
        """The pieces stand behind what had arrived; those before an interruption stay. NoRoomError on a full disk."""
        offset = self._file.seek(0, os.SEEK_END)
        for piece in pieces:
            with _said_plainly():
                _write_all(self._file, self._cipher.apply(offset, piece))
            offset += len(piece)

    def replace(self, content: bytes) -> None:
        """These bytes, and no others, have arrived."""
        self._file.seek(0)
        self._file.truncate()
        self.append([content])

    def sync(self) -> None:
        """What has arrived survives a power cut, its name included."""
        with _said_plainly():
            os.fsync(self._file.fileno())
        folder = os.open(Path(self._file.name).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _write_all(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoomError from error
        raise


class _Plain(io.RawIOBase):
    """The decrypted bytes of a part."""

    def __init__(self, file: BinaryIO, cipher: PartCipher) -> None:
        self._file = file
        self._cipher = cipher

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # any writable buffer, as the io module passes
        offset = self._file.tell()
        plain = self._cipher.apply(offset, self._file.read(len(view)))
        view[: len(plain)] = plain
        return len(plain)

    def close(self) -> None:
        self._file.close()
        super().close()
