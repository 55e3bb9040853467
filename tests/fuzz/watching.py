"""Looks for signs of an escape while hostile files are decoded: processes, open files, written files, lost walls.

A worker that answers at all was found shut by its own probes when it started (`confinement.probes`); what stands here
is seen from outside, between inputs, and does not rest on what the worker says.
"""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_NOBODY = 65_534
_PLACES = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/run"), Path("/"))
_OF_POSTGRES = "PostgreSQL."
"""Shared memory of the database server, which runs as nobody too where the tests are run by root."""
_WORKERS = ("vigie.engines.imaging.worker", "covered_worker.py")
_MOST_THREADS = 8


class Watch:
    """Signs of an escape since it was made; each is told once."""

    def __init__(self) -> None:
        self._since = time.time() - 1
        self.looks = 0
        self.signs: list[str] = []
        self._wrote: dict[int, int] = {}

    def look(self, workers: Iterable[int]) -> list[str]:
        """What is seen now that was not seen before; `workers` are the process ids there should be."""
        self.looks += 1
        known = set(workers)
        found = [*_strangers(known), *(sign for pid in sorted(known) for sign in _loose(pid, self._wrote))]
        if os.geteuid() == 0:
            found += self._written()
        fresh = [one for one in dict.fromkeys(found) if one not in self.signs]
        self.signs += fresh
        return fresh

    def _written(self) -> Iterator[str]:
        """Files of nobody, as whom workers run, that were written since."""
        for place in _PLACES:
            for path in place.iterdir() if place.is_dir() else ():
                try:
                    facts = path.lstat()
                except OSError:
                    continue
                is_ours = stat.S_ISREG(facts.st_mode) and not path.name.startswith(_OF_POSTGRES)
                if is_ours and facts.st_uid == _NOBODY and facts.st_mtime >= self._since:
                    yield f"nobody wrote {path}"


def _strangers(known: set[int]) -> Iterator[str]:
    """Children of this process that are workers nobody asked for, and processes a worker started."""
    for pid in _children(os.getpid()):
        words = _command(pid)
        if any(name in words for name in _WORKERS) and pid not in known and _runs(pid):
            yield f"a worker that was ended still runs: {pid}"
    for pid in known:
        for child in _children(pid):
            yield f"a worker started process {child}: {_command(child)[:80]}"


def _loose(pid: int, wrote_before: dict[int, int]) -> Iterator[str]:
    """Walls a running worker has lost, what it holds open that it was not given, what it wrote since it was first seen.

    A program that starts makes the disk write: the time each of its files was last read. A worker opens none later.
    """
    try:
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if ":\t" in line
        )
        targets = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
        wrote = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())[
            "write_bytes"
        ]
    except (OSError, KeyError):  # it has ended, or may not be looked into by whoever runs this
        return
    if status.get("State", "Z")[:1] == "Z" or _is_starting(status):
        return
    for wall, shut in (("Seccomp", "2"), ("NoNewPrivs", "1"), ("CapEff", "0" * 16)):
        if status.get(wall, shut).strip() != shut:
            yield f"worker {pid} has {wall} {status[wall].strip()}"
    if int(status.get("Threads", "1")) > _MOST_THREADS:
        yield f"worker {pid} has {status['Threads'].strip()} threads"
    if int(wrote) > wrote_before.setdefault(pid, int(wrote)):
        yield f"worker {pid} wrote to a disk: {wrote} bytes in all"
    for target in targets:
        if not target.startswith("pipe:") and target != os.devnull:
            yield f"worker {pid} holds {target} open"


def _is_starting(status: dict[str, str]) -> bool:
    """True for a worker that has not shut itself in yet: it was given no file before it says that it has."""
    return status.get("NoNewPrivs", "1").strip() == "0"


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        return found
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
