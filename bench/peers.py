"""The peers a bench measures beside: what is installed, and what to say when they are not."""

import importlib.util
from collections.abc import Iterable

INSTALL = "python -m pip install --require-hashes --prefer-binary -r requirements/bench.lock -c requirements/bench.lock"


def missing(names: Iterable[str]) -> tuple[str, ...]:
    """Those of these modules that cannot be imported."""
    return tuple(name for name in names if importlib.util.find_spec(name) is None)


def note(absent: Iterable[str]) -> str:
    """What a document says about absent peers; empty when all are there."""
    named = ", ".join(absent)
    return f"not installed, so not measured: {named}; to install the peers: {INSTALL}" if named else ""
