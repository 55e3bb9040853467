"""Pools of confined workers that stand ready between two uses, each for one owner.

A worker takes 0.4 s to start: half of the time of a hand-in of three hundred small pictures, and of a clear view.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from vigie.engines.imaging.pool import ConfinedPool, EncoderPool

P = TypeVar("P", ConfinedPool, EncoderPool)


@dataclass
class _Kept(Generic[P]):
    pool: P
    users: int = 0
    idle_since: float = field(default_factory=time.monotonic)


class KeptPools(Generic[P]):
    """One pool for each owner who has files opened now or had some within the last `idle_seconds`.

    `start` makes the pool of an owner. At most `most_idle` pools stand idle: those unused for longest are ended first.
    Safe for any number of threads, which share the pool of one owner.
    """

    def __init__(self, start: Callable[[str], P], *, idle_seconds: float = 60.0, most_idle: int = 4) -> None:
        self._start: Callable[[str], P] = start
        self._idle_seconds = idle_seconds
        self._most_idle = most_idle
        self._kept: dict[str, _Kept[P]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(self, owner: str) -> Iterator[P]:
        """The owner's pool is ready for use inside the block, and is kept for the next one."""
        with self._lock:
            kept = self._kept.get(owner)
            if kept is None:
                kept = self._kept[owner] = _Kept(self._start(owner))
            kept.users += 1
        try:
            yield kept.pool
        finally:
            with self._lock:
                kept.users -= 1
                kept.idle_since = time.monotonic()
            self._end_idle()
            self._look_again()

    def close(self) -> None:
        """Every pool is ended, also those in use."""
        with self._lock:
            ended, self._kept = list(self._kept.values()), {}
        for kept in ended:
            kept.pool.close()

    def _end_idle(self) -> None:
        """Pools that are idle for too long, or too many, are ended."""
        now = time.monotonic()
        with self._lock:
            idle = sorted((kept.idle_since, owner) for owner, kept in self._kept.items() if kept.users == 0)
            surplus = max(0, len(idle) - self._most_idle)
            old = [
                owner
                for place, (since, owner) in enumerate(idle)
                if place < surplus or now - since >= self._idle_seconds
            ]
            ended = [self._kept.pop(owner) for owner in old]
        for kept in ended:
            kept.pool.close()

    def _look_again(self) -> None:
        timer = threading.Timer(self._idle_seconds, self._end_idle)
        timer.daemon = True  # idle workers end with this process anyway: their requests end
        timer.start()
