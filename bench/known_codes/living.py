"""A store that changes: durable adds and deletes, and when another process sees them while it answers."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.known_codes.agreement import Truth
from bench.known_codes.asking import FIRST_MARKER, MARKER, STOP
from bench.known_codes.drawing import RADIUS, Planted, Shape, draw
from bench.timing import MILLISECONDS
from vigie.engines.nearest.index import Ids
from vigie.engines.nearest.store import CodeStore

SINGLES, BATCH = 200, 1_000

_RATE = 1_000  # questions a second
_PERMANENT = 1_000  # queries whose answers are checked
_BATCH_IDS = FIRST_MARKER * 2  # beyond the markers
_PAUSE = 0.02  # seconds
_ROOT = Path(__file__).resolve().parents[2]
_MERGE = (
    "import bench.one_thread, sys; from pathlib import Path;"
    "from vigie.engines.nearest.merging import merge; merge(Path(sys.argv[1]))"
)


def changes(folder: Path, batches: int) -> dict[str, Any]:
    """Medians of durable single adds and deletes (ms of wall), and the rate of durable batches of 1,000."""
    with CodeStore.open(folder) as store:
        codes = draw(Shape.RANDOM, SINGLES + batches * BATCH, seed=77)
        ids = np.arange(len(codes), dtype=np.uint64) + np.uint64(_BATCH_IDS)
        add = [_seconds(store.add, codes[n : n + 1], ids[n : n + 1]) for n in range(SINGLES)]
        delete = [_seconds(store.delete, ids[n : n + 1]) for n in range(SINGLES)]
        start = time.perf_counter()
        for begin in range(SINGLES, len(codes), BATCH):
            store.add(codes[begin : begin + BATCH], ids[begin : begin + BATCH])
        rate = batches * BATCH / (time.perf_counter() - start)
        start = time.perf_counter()
        removed = store.delete(ids[SINGLES:])
        deleting = time.perf_counter() - start
        store.merge()  # what comes next is not slowed by a tail of deleted rows
    return {
        "durable_add_ms": round(statistics.median(add) * MILLISECONDS, 3),
        "delete_ms": round(statistics.median(delete) * MILLISECONDS, 3),
        "batch_adds_per_s": round(rate),
        "batch_deletes_per_s": round(removed / deleting),
    }


@dataclass(frozen=True, slots=True)
class _Moment:
    """When the writer began and finished adding one marker, and deleting it (ns)."""

    adding: int
    added: int
    deleting: int
    deleted: int


def seen_elsewhere(
    folder: Path, planted: Planted, truth: Truth, markers: int, scratch: Path
) -> dict[str, Any]:
    """How long after a durable add or delete another process, asked 1,000 times a second, answered by it.

    Meanwhile batches are added and deleted, and a third process merges once. Every answer of the asker is checked.
    """
    codes = draw(Shape.RANDOM, markers, seed=78)
    _write_questions(scratch / "questions.npz", planted, truth, codes)
    board = np.memmap(scratch / "board", dtype=np.int64, mode="w+", shape=(2,))
    with CodeStore.open(folder) as store, _asker(folder, scratch, board):
        moments = _come_and_go(store, board, codes, folder)
    seen = np.load(scratch / "seen.npz")
    asked, wrong, late = (int(one) for one in seen["sums"])
    add, delete, unseen = _delays(moments, seen["log"])
    seconds = (seen["log"][-1][2] - seen["log"][0][1]) / 1e9
    return {
        "asked": asked,
        "asked_per_s": round(asked / seconds),
        "longest_behind_ms": round(late / 1e3, 1),
        "wrong_answers": wrong + unseen,
        "markers": markers,
        **_summary("add_seen", add),
        **_summary("delete_seen", delete),
    }


def _seconds(change: Any, *arguments: Any) -> float:
    start = time.perf_counter()
    change(*arguments)
    return time.perf_counter() - start


def _write_questions(file: Path, planted: Planted, truth: Truth, markers: Any) -> None:
    count = min(_PERMANENT, len(truth.ids))
    near: list[Ids] = [truth.ids[n][truth.distances[n] <= RADIUS] for n in range(count)]
    edges = np.concatenate([[0], np.cumsum([len(each) for each in near])])
    np.savez(file, permanent=planted.codes[:count], ids=np.concatenate(near), edges=edges, markers=markers)


@contextmanager
def _asker(folder: Path, scratch: Path, board: Any) -> Iterator[None]:
    files = [str(scratch / name) for name in ("questions.npz", "board", "seen.npz")]
    command = [sys.executable, "-m", "bench.known_codes.asking", str(folder), *files, str(_RATE)]
    with subprocess.Popen(command, cwd=_ROOT) as child:
        time.sleep(5)  # it has opened the store and compiled or loaded its searches
        try:
            yield
        finally:
            board[STOP] = 1
            if child.wait(timeout=60):
                raise RuntimeError("the asking process failed")


def _come_and_go(store: CodeStore, board: Any, codes: Any, folder: Path) -> list[_Moment]:
    moments = []
    merging: subprocess.Popen[bytes] | None = None
    others = draw(Shape.RANDOM, BATCH, seed=79)
    other_ids = np.arange(BATCH, dtype=np.uint64) + np.uint64(_BATCH_IDS)
    for number in range(len(codes)):
        board[MARKER] = number
        code, ids = codes[number : number + 1], np.array([FIRST_MARKER + number], dtype=np.uint64)
        time.sleep(_PAUSE)
        times = [time.monotonic_ns()]
        store.add(code, ids)
        times.append(time.monotonic_ns())
        store.add(others, other_ids)
        time.sleep(_PAUSE)
        times.append(time.monotonic_ns())
        store.delete(ids)
        times.append(time.monotonic_ns())
        store.delete(other_ids)
        time.sleep(_PAUSE)
        moments.append(_Moment(*times))
        if number == len(codes) // 2:
            merging = subprocess.Popen([sys.executable, "-c", _MERGE, str(folder)], cwd=_ROOT)
    if merging is not None and merging.wait(timeout=600):
        raise RuntimeError("the merging process failed")
    return moments


def _delays(moments: list[_Moment], log: Any) -> tuple[list[float], list[float], int]:
    """Seconds from the durable change to the last answer without it, and how many answers were wrong outright.

    Wrong is: not found by a question that began after an answer had it and ended before its deletion began.
    """
    add, delete, wrong = [], [], 0
    for number, moment in enumerate(moments):
        mine = log[log[:, 0] == number]
        found = mine[:, 3] == 1
        before_deletion = mine[:, 2] < moment.deleting
        blind = mine[~found & (mine[:, 1] >= moment.added) & before_deletion]
        add.append(max((int(blind[:, 1].max()) - moment.added) / 1e9, 0.0) if len(blind) else 0.0)
        first = mine[found][:, 2].min(initial=np.iinfo(np.int64).max)
        wrong += int((~found & (mine[:, 1] > first) & before_deletion).sum())
        wrong += int((found & (mine[:, 2] < moment.adding)).sum())
        stale = mine[found & (mine[:, 1] >= moment.deleted)]
        delete.append((int(stale[:, 1].max()) - moment.deleted) / 1e9 if len(stale) else 0.0)
    return add, delete, wrong


def _summary(name: str, delays: list[float]) -> dict[str, float]:
    """The median and the longest, ms; 0: the first question that began after the change already had it."""
    return {
        f"{name}_ms": round(statistics.median(delays) * MILLISECONDS, 2),
        f"{name}_longest_ms": round(max(delays) * MILLISECONDS, 2),
    }
