"""What a killed server leaves behind, and how it is cleared before the next start.

Called only while the home's lock is held: no other Vigie can own a server of this data folder.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vigie.config.problems import SetupProblem

_LADDER: Final = (
    (None, 5.0),  # told by the kernel that its supervisor died, a server is already shutting down
    (signal.SIGINT, 20.0),
    (signal.SIGQUIT, 5.0),
    (signal.SIGKILL, 5.0),
)
_POLL_SECONDS: Final = 0.05


def clear_leftovers(data: Path) -> None:
    """No process of an earlier server works in the data folder, and no stale postmaster.pid names one.

    PostgreSQL takes any existing process with the number in postmaster.pid for its predecessor, even a zombie, and
    then refuses to start; where process 1 does not reap (containers), the killed postmaster stays a zombie for ever.
    A data folder's own processes are known by their working directory, so a reused number is told apart as well.
    Raises SetupProblem when a process does not even end by SIGKILL.
    """
    note = data / "postmaster.pid"
    if not note.exists():
        return
    for number, seconds in _LADDER:
        left = server_processes(data)
        if number is not None:
            _signal_postmaster(left, note, number)
        if _gone_within(data, seconds):
            note.unlink(missing_ok=True)
            return
    raise SetupProblem(
        f"An earlier database server still works in {data} and cannot be ended.",
        safe="The data folder was not touched.",
        remedy="Restart the machine; the database repairs itself at the next start.",
    )


def server_processes(data: Path) -> tuple[int, ...]:
    """Living processes (zombies apart) whose working directory is the data folder: PostgreSQL's own all are."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            here = (entry / "cwd").readlink()
            command = (entry / "comm").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended meanwhile, is a zombie, or is somebody else's
            continue
        if here == data.resolve() and command.startswith("postgres"):
            found.append(int(entry.name))
    return tuple(found)


def _signal_postmaster(processes: Sequence[int], note: Path, number: signal.Signals) -> None:
    """Signal the postmaster while it lives (its children follow it); children without one are signalled themselves."""
    try:
        postmaster = int(note.read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        postmaster = 0
    alone = postmaster in processes and number is not signal.SIGKILL
    for process in (postmaster,) if alone else processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def _gone_within(data: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while server_processes(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
