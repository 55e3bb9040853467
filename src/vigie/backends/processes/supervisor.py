"""The supervisor: brings the children up in order, keeps them up, takes them down in reverse order."""

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vigie.backends.processes.child import Action, Child, Lifetime, RunningChild, Step, ending, start_child
from vigie.backends.processes.signals import SignalInbox
from vigie.config.problems import SetupProblem

_STOP_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 5.0
"""Everything waits for a dead database; one try in five seconds costs nothing."""
_HEALTHY_AFTER: Final = 30.0
"""Seconds a child must have lived for its next death to count as the first again."""
_IDLE_SECONDS: Final = 5.0


class Happening(StrEnum):
    """What the supervisor tells about a child."""

    READY = "ready"
    DIED = "died"
    RESTARTED = "restarted"
    NOT_RESTARTED = "not_restarted"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened to one step, for the person who watches."""

    name: str
    happening: Happening
    detail: str = ""


@dataclass(slots=True)
class _Watched:
    """A child the supervisor keeps up, and when it may be started again after it died."""

    child: Child
    running: RunningChild | None
    deaths: int = 0
    start_again: float = 0.0


class _StopAskedError(Exception):
    """A signal to stop arrived."""


class Supervisor:
    """Parent of all children of one home. Used from the main thread only.

    `run` returns after a signal to stop, `run_through` after the last step; both with every child ended.
    """

    def __init__(
        self, report: Callable[[Notice], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._report = report
        self._clock = clock
        self._watched: list[_Watched] = []

    def run(self, steps: Iterable[Step], on_ready: Callable[[], None]) -> None:
        """Every step was done in order, `on_ready` was called once, and after a signal everything is stopped.

        Raises SetupProblem when a step failed; what had been started is then stopped.
        """
        with suppress(_StopAskedError), self._brought_up(steps) as pause:
            on_ready()
            while True:
                pause(self._seconds_to_next_start())
                self._restart_the_dead()

    def run_through(self, steps: Iterable[Step]) -> bool:
        """Every step was done in order and everything is stopped again; False when a signal cut it short.

        Raises SetupProblem when a step failed; what had been started is then stopped.
        """
        with suppress(_StopAskedError), self._brought_up(steps):
            return True
        return False

    @contextmanager
    def _brought_up(self, steps: Iterable[Step]) -> Iterator[Callable[[float], None]]:
        with SignalInbox((*_STOP_SIGNALS, signal.SIGCHLD)) as inbox:

            def pause(seconds: float) -> None:
                if inbox.wait(seconds) & _STOP_SIGNALS:
                    raise _StopAskedError

            try:
                for step in steps:
                    self._bring_up(step, pause)
                    pause(0)
                yield pause
            finally:
                self._take_down()

    @property
    def pids(self) -> dict[str, int]:
        """The process number of each child that runs now."""
        return {each.child.name: each.running.pid for each in self._watched if each.running}

    def _bring_up(self, step: Step, pause: Callable[[float], None]) -> None:
        if isinstance(step, Action):
            step.run()
            self._report(Notice(step.name, Happening.READY))
            return
        running = start_child(step)
        watched = _Watched(step, running)
        self._watched.append(watched)  # before it is ready: a failed start takes it down as well
        running.wait_ready(pause)
        if step.lifetime is Lifetime.RUNS_ONCE:
            self._watched.remove(watched)
        self._report(Notice(step.name, Happening.READY, f"process {running.pid}"))

    def _restart_the_dead(self) -> None:
        for watched in self._watched:
            if watched.running is not None:
                self._note_death(watched, watched.running)
            if watched.running is None and self._clock() >= watched.start_again:
                self._start_again(watched)

    def _note_death(self, watched: _Watched, running: RunningChild) -> None:
        code = running.ended()
        if code is None:
            return
        running.stop()  # what it left of its process group must not serve beside its successor
        lived = time.monotonic() - running.started
        watched.deaths = 1 if lived >= _HEALTHY_AFTER else watched.deaths + 1
        pause = pause_before_restart(watched.deaths)
        watched.running = None
        watched.start_again = self._clock() + pause
        self._report(
            Notice(watched.child.name, Happening.DIED, f"{ending(code)}; it is started again in {pause:g} s")
        )

    def _start_again(self, watched: _Watched) -> None:
        try:
            watched.running = start_child(watched.child)
        except SetupProblem as problem:
            watched.deaths += 1
            watched.start_again = self._clock() + pause_before_restart(watched.deaths)
            self._report(Notice(watched.child.name, Happening.NOT_RESTARTED, problem.what))
            return
        self._report(Notice(watched.child.name, Happening.RESTARTED, f"process {watched.running.pid}"))

    def _seconds_to_next_start(self) -> float:
        waiting = [each.start_again - self._clock() for each in self._watched if each.running is None]
        return max(0.0, min((*waiting, _IDLE_SECONDS)))

    def _take_down(self) -> None:
        for watched in reversed(self._watched):
            if watched.running is not None:
                code = watched.running.stop()
                self._report(Notice(watched.child.name, Happening.STOPPED, ending(code)))
        self._watched.clear()


def pause_before_restart(deaths: int) -> float:
    """Seconds before a child is started again after its n-th death in a row: doubling from ¼ s up to 5 s."""
    return float(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(deaths - 1, 20)))
