"""Progress of long work on standard error: counts, rate, remaining time; nothing where nobody watches."""

import sys
import time
from types import TracebackType
from typing import Annotated, Self

import typer

ProgressOption = Annotated[
    bool, typer.Option("--no-progress", help="Say nothing on standard error while working.")
]
_EVERY_SECONDS = 0.2


class Progress:
    """One line on a terminal, rewritten at most five times a second; silent when standard error is none."""

    def __init__(self, done: str, total: int, *, quiet: bool) -> None:
        self._word = done
        self._total = total
        self._count = 0
        self._start = time.monotonic()
        self._told = 0.0
        self._shows = not quiet and sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shows and self._count:
            sys.stderr.write("\n")

    def step(self, count: int = 1) -> None:
        """So many more are done."""
        self._count += count
        now = time.monotonic()
        if self._shows and (now - self._told > _EVERY_SECONDS or self._count == self._total):
            self._told = now
            sys.stderr.write(f"\r\x1b[K{self._line(now - self._start)}")
            sys.stderr.flush()

    def _line(self, seconds: float) -> str:
        rate = self._count / seconds if seconds else 0.0
        left = (self._total - self._count) / rate if rate else 0.0
        return f"{self._word} {self._count} of {self._total} · {rate:.0f} files/s · about {left:.0f} s left"
