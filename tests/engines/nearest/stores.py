"""What tests of the store share: small limits, codes, and a process that dies without clearing up."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vigie.engines.nearest import merging
from vigie.engines.nearest.index import Codes, Ids
from vigie.engines.nearest.layout import Layout
from vigie.engines.nearest.manifest import Limits
from vigie.engines.nearest.scattering import scattered
from vigie.engines.nearest.store import CodeStore

NARROW = Limits(tail_rows=8, segment_rows=24, segment=Layout(16, 8), base=Layout(11, 11))
STEPS = ("write_part", "write_manifest", "publish", "_swap", "overwrite", "clear_unlisted", "new_log")


def random_codes(count: int, seed: int = 1) -> Codes:
    return np.random.default_rng(seed).integers(1, 256, (count, 32), dtype=np.uint8)


def holds_code(data: bytes, code: bytes) -> bool:
    """Whether the code stands in these bytes, as it is or as the index keeps it."""
    kept = scattered(np.frombuffer(code, dtype=np.uint8).reshape(1, 32)).tobytes()
    return code in data or kept in data


def numbered(count: int, first: int = 0) -> Ids:
    return np.arange(first, first + count, dtype=np.uint64)


def ids_of(*numbers: int) -> Ids:
    return np.array(numbers, dtype=np.uint64)


def merge_killed(folder: Path, after: int) -> int:
    """A process merges the store and is gone, nothing cleared up, before its step number `after`; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [after]
    for name in STEPS:
        setattr(merging, name, _counted(getattr(merging, name), left))
    try:
        merging.merge(folder, threads=1)
    finally:
        os._exit(0)


def _counted(step: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    def counted(*arguments: Any, **named: Any) -> Any:
        if not left[0]:
            os._exit(9)
        left[0] -= 1
        return step(*arguments, **named)

    return counted


def crash(store: CodeStore) -> None:
    """The store's process is gone: its lock falls, nothing else happens."""
    os.close(store._lock)
    store._lock = -1
