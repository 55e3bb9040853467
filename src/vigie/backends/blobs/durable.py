"""Writing files so that a power cut leaves either the old state or the new one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


@contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """Give a descriptor of the folder; `os.fsync` of it puts on disk which names the folder holds."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Put on disk which names the folder holds: a rename or unlink alone is not durable (fsync(2), notes)."""
    with opened_folder(folder) as handle:
        os.fsync(handle)


def make_folder(folder: Path) -> None:
    """Make sure the folder is there, mode 0700 when new, and durably so.

    Looks only under a lock on the folder above: whoever finds the folder made by another also finds it synced.
    """
    with opened_folder(folder.parent) as above:
        fcntl.flock(above, fcntl.LOCK_EX)
        if not folder.is_dir():
            folder.mkdir(mode=PRIVATE_FOLDER)
            os.fsync(above)


def make_folders(folder: Path) -> None:
    """Make sure the folder is there, with all folders above it."""
    if not folder.parent.is_dir():
        make_folders(folder.parent)
    make_folder(folder)


def create_private(path: Path) -> int:
    """Return a descriptor of a new file for writing, mode 0600; `FileExistsError` when there is one."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)


def write_all(handle: int, data: bytes) -> None:
    """Write every byte: write(2) may take fewer, and does so on a disk that is filling up."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def replace_file(path: Path, data: bytes) -> None:
    """Make `data` the content of the file, mode 0600, at once and durably; if that fails the old content stays."""
    partial = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        handle = create_private(partial)
        try:
            write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)
