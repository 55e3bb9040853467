"""The check in a process of its own, against a running demonstration or one started for it."""

import contextlib
import subprocess
import sys
from collections.abc import Sequence

from vigie.backends.processes import holder
from vigie.config.environment import child_environment
from vigie.config.home import home_of
from vigie.config.schema import ProcessKind, Settings
from vigie.demo.homes import require_demo_home
from vigie.demo.running import shown_below


def check_demonstration(settings: Settings, starting: Sequence[str], telling: Sequence[str]) -> int:
    """The exit code of the check: 0 when every planted answer came, 1 otherwise.

    A demonstration that does not run is started with the arguments `starting` and stopped afterwards. `telling` are
    the check's own arguments. SetupProblem when the home is not a demonstration's, or it does not become ready.
    """
    home = home_of(settings)
    require_demo_home(home)
    runs = home.lock_file.exists() and holder(home.lock_file) is not None
    with contextlib.nullcontext() if runs else shown_below(settings, starting):
        done = subprocess.run(
            [sys.executable, "-m", "vigie.demo.checking", "--port", str(settings.port), *telling],
            env=child_environment(settings, ProcessKind.COMMAND, database_url=None),
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return done.returncode
