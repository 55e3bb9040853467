"""Looking for cycles: not among what a server was loaded with, and seldom."""

import os
import subprocess
import sys

import pytest

from vigie.config.collecting import EVERY

_SAYS = "import gc; print(gc.get_freeze_count(), gc.get_threshold()[0], gc.isenabled())"
_CALL = "from vigie.config.collecting import spare_what_is_loaded; spare_what_is_loaded()"


@pytest.mark.parametrize(("before", "least"), [(_CALL, 1_000), ("import vigie.interfaces.web.wsgi", 100_000)])
def test_what_is_loaded_is_not_looked_through_again(before: str, least: int) -> None:
    of_its_own = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    said = subprocess.run(
        [sys.executable, "-c", f"{before}; {_SAYS}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=of_its_own,
    )
    frozen, every, looks = said.stdout.split()
    assert int(frozen) > least
    assert (int(every), looks) == (EVERY, "True")
