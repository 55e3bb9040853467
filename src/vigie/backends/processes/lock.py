"""One running system per home folder."""

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from vigie.config.problems import SetupProblem


class HomeLock:
    """Holds the lock file of a home while the context is open.

    The kernel gives the lock back when the process ends in any way (flock(2)), so a killed system never leaves a
    lock behind; the file itself stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            number = _read_pid(self._path)
            raise SetupProblem(
                f"Vigie already runs with the home folder {self._path.parent}"
                + (f" (process {number})." if number else "."),
                safe="The running system was not touched.",
                remedy="Use the running system, stop it with `vigie down`, or name another folder in VIGIE_HOME.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid()}).encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def holder(path: Path) -> int | None:
    """The process that holds the lock of a home, or nothing when no system runs there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(path)
    finally:
        os.close(descriptor)
    return None


def _read_pid(path: Path) -> int | None:
    try:
        return int(json.loads(path.read_bytes())["pid"])
    except (ValueError, KeyError, TypeError):
        return None  # the holder is between taking the lock and writing its number
