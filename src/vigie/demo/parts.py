"""The processes of a demonstration: those of `vigie up`, and three that run once and make the world."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from vigie.backends.processes import Lifetime
from vigie.config.home import Home
from vigie.config.schema import ProcessKind, Settings
from vigie.demo.homes import World, is_loaded
from vigie.demo.preparing.drawing import are_drawn
from vigie.interfaces.cli.system import MIGRATION, PARTS, Part

_DRAWING_SECONDS: Final = 1800.0
_RECORDS_SECONDS: Final = 600.0
_HANDING_IN_SECONDS: Final = 3600.0


def parts_of(home: Home, world: World, options: Sequence[str] = ()) -> tuple[Part, ...]:
    """What has to start, in order. What stands already is not made again; the guard against real records always runs.

    `options` are given to each step that makes the world.
    """
    return (
        *(() if are_drawn(home, world) else (_once("pictures", _DRAWING_SECONDS, options),)),
        MIGRATION,
        _once("records", _RECORDS_SECONDS, options),
        *(part for part in PARTS if part is not MIGRATION),
        *(() if is_loaded(home) else (_once("hand-in", _HANDING_IN_SECONDS, options),)),
    )


def _once(step: str, seconds: float, options: Sequence[str]) -> Part:
    return Part(
        step,
        ProcessKind.COMMAND,
        _command(step, *options),
        lifetime=Lifetime.RUNS_ONCE,
        ready_within=seconds,
        speaks=True,
    )


def _command(*arguments: str) -> Callable[[Settings], tuple[str, ...]]:
    return lambda settings: (
        *(sys.executable, "-m", "vigie.demo.preparing", *arguments),
        *("--port", str(settings.port)),
    )
