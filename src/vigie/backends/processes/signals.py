"""Signals as messages: waited for in one place, never acted on in a handler."""

import os
import select
import signal
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any, Self


class SignalInbox:
    """Collects the given signals of the main thread while the context is open.

    Python writes each number to a pipe (signal.set_wakeup_fd), so that a wait ends at once and no lock is ever taken
    inside a handler.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._numbers = tuple(numbers)
        self._before: dict[signal.Signals, Any] = {}
        self._reader = self._writer = self._previous = -1

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._previous = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in self._numbers:
            if signal.getsignal(number) is not signal.SIG_IGN:  # whoever started us ignored it, as nohup does
                self._before[number] = signal.signal(number, _leave_to_the_pipe)
        return self

    def wait(self, seconds: float) -> frozenset[int]:
        """The numbers that arrived, as soon as there is one; empty when the time is over."""
        select.select((self._reader,), (), (), max(0.0, seconds))
        try:
            return frozenset(os.read(self._reader, 512))
        except BlockingIOError:
            return frozenset()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._previous)
        os.close(self._reader)
        os.close(self._writer)


def _leave_to_the_pipe(number: int, frame: FrameType | None) -> None:
    """The handler that has to exist for Python to write the number to the pipe."""
