"""Files that are whole or not there: written aside, synced, renamed; small texts that carry their own checksum."""

import contextlib
import errno
import hashlib
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

UNFINISHED = ".unfinished"
_LARGE_PAGE = 2 << 20
PRIVATE = 0o600  # index files hold other units' hashes: they belong to the matcher's user alone


class SnapshotRefused(Exception):  # noqa: N818 - it is a refusal with a reason, as the rest of Vigie names them
    """Index files are missing, cut off or changed; nothing of them was used."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as a manifest names it: its name, the SHA-256 of its bytes in hex, its size in bytes."""

    file: str
    sha256: str
    size: int


def sync_folder(folder: Path) -> None:
    """What was renamed, made or unlinked in the folder stays so after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """The file holds the data, or what it held before; never something between. Raises OSError."""
    unfinished = path.with_name(path.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as refused:
        unfinished.unlink(missing_ok=True)
        raise OSError(refused.errno, os.strerror(refused.errno or errno.EIO), str(path)) from refused
    unfinished.replace(path)
    sync_folder(path.parent)


def checked_text(text: bytes) -> bytes:
    """Return the text followed by a line with its SHA-256."""
    return text + b"\n" + hashlib.sha256(text).hexdigest().encode() + b"\n"


def read_checked_text(path: Path) -> bytes:
    """Return the text of a file `checked_text` made. Raises SnapshotRefused when it is missing, cut off or changed."""
    try:
        text, checksum, rest = path.read_bytes().split(b"\n")
    except FileNotFoundError as missing:
        raise SnapshotRefused(path, "there is no snapshot here") from missing
    except ValueError as broken:
        raise SnapshotRefused(path, "the manifest is cut off or changed") from broken
    if rest or hashlib.sha256(text).hexdigest().encode() != checksum:
        raise SnapshotRefused(path, "the manifest is cut off or changed")
    return text


def make_array(path: Path, dtype: npt.DTypeLike, size: int) -> npt.NDArray[Any]:
    """Return `size` zeros mapped from a new file whose room on the disk is already taken.

    Taken first, so that a full disk is an OSError here and not a bus error where the array is filled.
    """
    length = size * np.dtype(dtype).itemsize
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        if length:
            try:
                os.posix_fallocate(descriptor, 0, length)
            except OSError as refused:
                reason = os.strerror(refused.errno or errno.EIO)
                raise OSError(refused.errno, f"{reason}: no room for {length} bytes", str(path)) from refused
        return _mapped(descriptor, dtype, size, mmap.PROT_READ | mmap.PROT_WRITE)
    finally:
        os.close(descriptor)


def open_array(path: Path, dtype: npt.DTypeLike, size: int, access: int = mmap.PROT_READ) -> npt.NDArray[Any]:
    """Return the file's `size` numbers, mapped. Raises SnapshotRefused when it is missing or has another size."""
    length = size * np.dtype(dtype).itemsize
    mode = os.O_RDWR if access & mmap.PROT_WRITE else os.O_RDONLY
    try:
        descriptor = os.open(path, mode)
    except FileNotFoundError as missing:
        raise SnapshotRefused(path, "the file is missing") from missing
    try:
        found = os.fstat(descriptor).st_size
        if found != length:
            raise SnapshotRefused(path, f"the file has {found} bytes, not {length}: it is cut off or changed")
        return _mapped(descriptor, dtype, size, access)
    finally:
        os.close(descriptor)


def ask_for(path: Path) -> None:
    """The file is on its way from the disk into memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(descriptor)


def read_in_large_pages(path: Path) -> None:
    """The file lies in memory in pages as large as the kernel finds room for now; nobody may have it mapped meanwhile.

    Pages keep the size they were written in, and while memory was full that was a small one: of an index of 10 M codes
    then a third lay in large pages, and a question took 0.20 ms. Read again it lay in them wholly, and took 0.15. It
    costs one more reading of the file, 0.7 s for 900 MB (Linux 6.18, ext4; 2 MB is a large page of x86-64).
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        if size < _LARGE_PAGE:
            return
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        _mapped(descriptor, "u1", size, mmap.PROT_READ)[:: mmap.PAGESIZE].max()
    finally:
        os.close(descriptor)


def _mapped(descriptor: int, dtype: npt.DTypeLike, size: int, access: int) -> npt.NDArray[Any]:
    if not size:
        empty = np.zeros(0, dtype=dtype)
        empty.flags.writeable = bool(access & mmap.PROT_WRITE)
        return empty
    whole = mmap.mmap(descriptor, size * np.dtype(dtype).itemsize, mmap.MAP_SHARED, access)
    with contextlib.suppress(OSError, AttributeError):  # a kernel without large pages: slower, not wrong
        whole.madvise(
            mmap.MADV_HUGEPAGE
        )  # read in large pages where the file system has them: fewer table walks
    return np.frombuffer(whole, dtype=dtype, count=size)


def seal_array(path: Path, kind: str) -> Listed:
    """The file is synced and carries `kind` and its SHA-256 as its name; returned as a manifest lists it."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    name = f"{kind}-{sha256[:32]}.array"
    path.replace(path.with_name(name))
    return Listed(name, sha256, size)


def fault_of(folder: Path, listed: Listed) -> str | None:
    """Return in words what is wrong with the file, every byte read; None when it is as the manifest lists it."""
    path = folder / listed.file
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != listed.size:
                return f"{path}: the file is cut off or has grown"
            if hashlib.file_digest(file, "sha256").hexdigest() != listed.sha256:
                return f"{path}: the file is not as it was written: its checksum differs"
    except FileNotFoundError:
        return f"{path}: the file is missing"
    return None
