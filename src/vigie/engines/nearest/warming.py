"""Compiling before the first question: at installation, and at the start of a process that must answer at once."""

import tempfile
from pathlib import Path

import numpy as np

from vigie.engines.nearest.layout import Layout
from vigie.engines.nearest.manifest import Limits
from vigie.engines.nearest.store import CodeStore

_ROWS = 64
_SMALL = Limits(tail_rows=_ROWS, segment=Layout(16, 8))


def compile_now() -> None:
    """Every compiled function of the store is ready: compiled (about 15 s), or read from NUMBA_CACHE_DIR (under 1 s).

    Works on drawn rows in a temporary folder. Raises OSError when that cannot be written.
    """
    ids = np.arange(_ROWS, dtype=np.uint64)
    codes = np.random.default_rng(1).integers(0, 256, (_ROWS, 32), dtype=np.uint8)
    with (
        tempfile.TemporaryDirectory(prefix="vigie-warming-") as folder,
        CodeStore.create(Path(folder), _SMALL) as store,
    ):
        store.add(codes, ids)
        store.merge(threads=1)
        store.add(codes, ids + np.uint64(_ROWS))
        store.erase(ids[:1], threads=1)
        store.add(codes[:1], ids[:1])
        for radius in (31, 256):
            store.range_many(codes, radius)
