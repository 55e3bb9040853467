"""Ways out of a worker, each tried for real: outside the confinement they work, inside every one must fail.

An attempt returns when the way is open and raises OSError when it is closed.
"""

import mmap
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vigie.engines.imaging.confinement.kernel_calls import trace_me


@dataclass(frozen=True, slots=True)
class Probe:
    """A way out by name, and the attempt at it."""

    name: str
    attempt: Callable[[], None]


def _read_a_file() -> None:
    os.close(os.open(__file__, os.O_RDONLY))


def _write_a_file() -> None:
    path = Path("/tmp") / f"vigie-escape-{os.getpid()}"  # noqa: S108 - any place everybody may write to will do
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    path.unlink()


def _list_a_folder() -> None:
    os.listdir("/")  # noqa: PTH208 - pathlib would answer lazily


def _open_an_internet_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def _open_a_local_socket() -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close()


def _be_traced() -> None:  # pragma: no cover - succeeds only in a process made for it
    trace_me()


def _signal_the_parent() -> None:
    os.kill(os.getppid(), 0)


def _bring_in_machine_code() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)  # pragma: no cover - the child ends here
    os.waitpid(child, 0)


def _execute_a_program() -> None:  # pragma: no cover - replaces the process that calls it
    # Where this works, the caller is gone: a worker then never says it is ready, and is not used
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", ""])  # noqa: S606 - being refused is the point


PROBES: tuple[Probe, ...] = (
    Probe("read a file", _read_a_file),
    Probe("write a file", _write_a_file),
    Probe("list a folder", _list_a_folder),
    Probe("open an internet socket", _open_an_internet_socket),
    Probe("open a local socket", _open_a_local_socket),
    Probe("trace a process", _be_traced),
    Probe("signal the parent", _signal_the_parent),
    Probe("bring in machine code", _bring_in_machine_code),
    Probe("start a process", _fork),
    Probe("execute a program", _execute_a_program),
)


def open_ways() -> tuple[str, ...]:
    """Return the names of the ways out that are open here; empty is the only good answer inside a worker."""
    found = []
    for probe in PROBES:
        try:
            probe.attempt()
        except OSError:
            continue
        found.append(probe.name)
    return tuple(found)
