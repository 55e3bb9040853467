"""One child process: how it is started, when it is ready, how it is stopped."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from vigie.config.problems import SetupProblem

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_KEEP_LOG_BYTES: Final = 10 * 1024 * 1024
_POLL_SECONDS: Final = 0.02
_OUR_STANDARD_ERROR: Final = 2


class Lifetime(StrEnum):
    """Whether a child is meant to stay."""

    STAYS = "stays"
    """Restarted whenever it ends."""
    RUNS_ONCE = "runs_once"
    """The next step waits until it has ended with exit code 0."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The operating-system user a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """A process to start; the same description starts it again after it died."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """The whole environment of the child, not an addition to ours."""
    lifetime: Lifetime = Lifetime.STAYS
    ready: Callable[[], bool] | None = None
    """Answers whether the child serves; without it a child counts as ready once it is started."""
    ready_within: float = 60.0
    """Seconds to become ready or, for a child that runs once, to end."""
    before_start: Callable[[], None] | None = None
    """Called before each start, also before a restart."""
    stop_ladder: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    """Signals in order, each with the seconds to wait; after the last one the whole process group is killed."""
    death_signal: signal.Signals = signal.SIGTERM
    """What the kernel sends to the child when its supervisor dies (prctl PR_SET_PDEATHSIG)."""
    identity: Identity | None = None
    """Another user to run as; only a root supervisor can give one."""
    inherits: tuple[int, ...] = ()
    """Open descriptors the child keeps: what must not stand in an environment or on a disk."""
    folder: Path | None = None
    log: Path | None = None
    """The file that receives the child's output; without it, our standard error."""


@dataclass(frozen=True, slots=True)
class Action:
    """A step of the start that runs inside the supervisor."""

    name: str
    run: Callable[[], None]


Step = Child | Action


@dataclass(slots=True)
class RunningChild:
    """A child that was started; the supervisor is its parent and reaps it."""

    child: Child
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        """The process number."""
        return self.process.pid

    def ended(self) -> int | None:
        """The exit code once the child has ended (a signal's number negated), and it is reaped; else nothing."""
        return self.process.poll()

    def wait_ready(self, pause: Callable[[float], None] = time.sleep) -> None:
        """The child serves (or, if it runs once, has ended well); `pause` waits that many seconds between looks.

        Raises SetupProblem when it ended or took longer than it may; it is then not running any more.
        """
        deadline = time.monotonic() + self.child.ready_within
        while not self._is_ready():
            if time.monotonic() > deadline:
                self.stop()
                raise _not_ready(self.child, f"was not ready after {self.child.ready_within:.0f} s")
            pause(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        code = self.ended()
        if self.child.lifetime is Lifetime.RUNS_ONCE:
            if code:
                raise _not_ready(self.child, f"ended with {ending(code)}")
            return code == 0
        if code is not None:
            raise _not_ready(self.child, f"ended with {ending(code)} before it was ready")
        return self.child.ready is None or self.child.ready()

    def stop(self) -> int:
        """The child and its process group have ended; returns the exit code."""
        for number, seconds in self.child.stop_ladder:
            if self.ended() is not None:
                break
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        self._kill_group()
        return self.process.wait()

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)  # its own session: the group holds it and its children only
        except ProcessLookupError:
            return


def start_child(child: Child) -> RunningChild:
    """The child runs in its own session, and dies with its supervisor.

    Must be called from the thread that lives as long as the supervisor: the kernel ties the parent-death signal to
    the thread that forked (prctl(2)). Raises SetupProblem when the program cannot be executed.
    """
    if child.before_start is not None:
        child.before_start()
    output = _open_log(child.log)
    try:
        process = subprocess.Popen(
            child.command,
            env=dict(child.environment),
            pass_fds=child.inherits,
            cwd=child.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent(child.death_signal),  # noqa: PLW1509 - the supervisor has one thread
            user=child.identity.uid if child.identity else None,
            group=child.identity.gid if child.identity else None,
            extra_groups=() if child.identity else None,
        )
    except OSError as error:
        raise SetupProblem(
            f"The {child.name} process could not be started: {error}.",
            safe="What was already stored was not changed.",
            remedy="Check that the program exists and that its user may reach it; `vigie doctor` names both.",
        ) from error
    finally:
        if output != _OUR_STANDARD_ERROR:
            os.close(output)
    return RunningChild(child, process)


def ending(code: int) -> str:
    """An exit code in words: `exit code 3`, or `signal SIGKILL` for a negative one."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _die_with_parent(number: signal.Signals) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)  # loaded before the fork: the child must not load libraries
    parent = os.getpid()

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # the supervisor died between fork and prctl
            os._exit(1)

    return in_child


def _open_log(log: Path | None) -> int:
    if log is None:
        return _OUR_STANDARD_ERROR  # standard output is for data only
    if log.exists() and log.stat().st_size > _KEEP_LOG_BYTES:
        log.replace(log.with_suffix(log.suffix + ".1"))
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _not_ready(child: Child, happened: str) -> SetupProblem:
    where = f" Its messages are in {child.log}." if child.log else ""
    return SetupProblem(
        f"The {child.name} process {happened}.{where}",
        safe="What was already stored was not changed; the other processes are stopped in order.",
        remedy="Read its last messages, run `vigie doctor`, and start again.",
    )
