"""Two clocks read together: processor time of this process and wall time."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

MILLISECONDS = 1e3
_NANOSECONDS = 1e9


@dataclass(slots=True)
class Times:
    """Seconds of processor and of wall, one of each for every run."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @contextmanager
    def run(self) -> Iterator[None]:
        """One more run is timed: what stands inside."""
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        yield
        self.cpu.append((time.process_time_ns() - cpu) / _NANOSECONDS)
        self.wall.append((time.perf_counter_ns() - wall) / _NANOSECONDS)

    def medians(self, scale: float = MILLISECONDS, digits: int = 4) -> dict[str, float]:
        """The medians of both clocks, in milliseconds unless scaled otherwise."""
        return {
            "cpu_ms": round(statistics.median(self.cpu) * scale, digits),
            "wall_ms": round(statistics.median(self.wall) * scale, digits),
        }


def timed(what: Callable[..., Any], arguments: Sequence[Any]) -> Times:
    """The times of one call for each argument. The clocks themselves cost under a microsecond a call."""
    times = Times()
    clock, work = time.perf_counter_ns, time.process_time_ns
    for argument in arguments:
        cpu, wall = work(), clock()
        what(argument)
        times.wall.append((clock() - wall) / _NANOSECONDS)
        times.cpu.append((work() - cpu) / _NANOSECONDS)
    return times
