"""Bringing a demonstration up, in this process or in one below it."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from vigie.backends.processes import HomeLock
from vigie.config.environment import child_environment
from vigie.config.home import Home, home_of
from vigie.config.problems import SetupProblem
from vigie.config.schema import NOTHING_CHANGED, ProcessKind, Settings
from vigie.demo.homes import (
    World,
    choose_world,
    is_loaded,
    open_keys,
    prepare_demo_home,
    require_demo_home,
)
from vigie.demo.parts import parts_of
from vigie.demo.plan import Plan, Size, make_plan
from vigie.demo.preparing.drawing import are_drawn
from vigie.interfaces.cli.up import bring_up

_STOP_SECONDS = 200.0
"""Longer than the web server may take to finish its longest request."""


def show(
    settings: Settings,
    *,
    size: Size | None = None,
    seed: int | None = None,
    options: Sequence[str] = (),
    on_ready: Callable[[], None],
) -> None:
    """The demonstration of this home ran until a signal to stop came; `on_ready` was called once its world stood.

    Raises SetupProblem, before anything is written, when the home is not a demonstration's or already runs.
    """
    home = home_of(settings)
    require_demo_home(home)
    _require_stopped(home)
    prepare_demo_home(settings)
    world = choose_world(home, seed=seed, size=size)
    _require_same_plan(home, world)
    _make_country_keys(home, make_plan(world.seed, world.size))
    bring_up(settings, parts_of(home, world, options), on_ready=on_ready)


@contextlib.contextmanager
def shown_below(settings: Settings, arguments: Sequence[str]) -> Iterator[None]:
    """A demonstration of this home, started by `vigie demo` with these arguments, runs inside the block.

    SetupProblem when it did not become ready; what went wrong is on standard error then.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "vigie", "demo", "--port", str(settings.port), *arguments],
        env=child_environment(settings, ProcessKind.COMMAND, database_url=None),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        if not process.stdout.readline():
            raise SetupProblem(
                "The demonstration did not become ready.",
                safe="What it had built is kept and gone on with.",
                remedy="Read what stands above, then try again.",
            )
        yield
    finally:
        process.stdout.close()
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)


def _require_stopped(home: Home) -> None:
    if home.lock_file.exists():
        with HomeLock(home.lock_file):
            return


def _require_same_plan(home: Home, world: World) -> None:
    """What was handed in once is what this version would draw.

    SetupProblem otherwise: new pictures beside old records would match nothing.
    """
    if is_loaded(home) and not are_drawn(home, world):
        raise SetupProblem(
            f"The demonstration in {home.root} was made by another version of Vigie.",
            safe=NOTHING_CHANGED,
            remedy="Remove the folder and run `vigie demo` again; nothing in it is real.",
        )


def _make_country_keys(home: Home, plan: Plan) -> None:
    """Each country of the plan has its wrapping key."""
    keys = open_keys(home)
    for country in plan.countries:
        if not keys.has(country.code):
            keys.create(country.code, datetime.now(UTC).year)
