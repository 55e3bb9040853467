"""A writer, readers and a merger in processes of their own, the merger killed again and again: no answer is wrong.

The writer says in shared memory what it is about to do with an id and what it has done; it never says it early. A
reader looks before and after its query: an id that was there both times must be answered, one that was not must not.
"""

import mmap
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from engines.nearest.stores import numbered
from vigie.engines.nearest.index import Codes
from vigie.engines.nearest.layout import Layout
from vigie.engines.nearest.manifest import Limits
from vigie.engines.nearest.merging import merge
from vigie.engines.nearest.reader import CodeReader
from vigie.engines.nearest.store import CodeStore

ROWS, STEADY = 6_000, 3_000  # the first ids never change
LIMITS = Limits(tail_rows=500, segment_rows=2_000, segment=Layout(16, 12), base=Layout(11, 16))
ABSENT, CHANGING, PRESENT = 0, 1, 2
SECONDS = 12
RATE = 1_000  # queries a second


def codes_of(version: int) -> Codes:
    return np.random.default_rng(version).integers(0, 256, (ROWS, 32), dtype=np.uint8)


def shared(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """For each id what the writer says of it, and when it said so (seconds of the machine's clock)."""
    with path.open("r+b") as file:
        whole = mmap.mmap(file.fileno(), 0)
    return np.frombuffer(whole, dtype=np.int64, count=ROWS), np.frombuffer(
        whole, dtype=np.float64, offset=8 * ROWS
    )


def write(folder: Path, board: Path, until: float) -> str:
    """Add and delete the changing ids, one or many at a time; an id that comes back comes with the same code."""
    said, when = shared(board)
    spin, codes, changes = np.random.default_rng(), codes_of(1), 0
    with CodeStore.open(folder) as store:
        while time.monotonic() < until:
            ids = spin.choice(np.arange(STEADY, ROWS), spin.choice([1, 3, 200]), replace=False).astype(
                np.uint64
            )
            here = said[ids[0]] == PRESENT
            ids = ids[(said[ids] == PRESENT) == here]
            again = bool(here and spin.random() < 0.3)
            if not again:
                said[ids] = CHANGING
            if here and not again:
                assert store.delete(ids) == len(ids)
            else:
                store.add(codes[ids], ids)  # again: replaced by itself, and never away for a moment
            when[ids] = time.monotonic()
            said[ids] = ABSENT if here and not again else PRESENT
            changes += 1
        assert store.verify().sound
        assert len(store) == int((said == PRESENT).sum())
    return f"{changes}"


def read(folder: Path, board: Path, until: float) -> str:
    """Ask at the rate given; every answer is compared with what the writer said before and after."""
    said, when = shared(board)
    spin, codes, asked, young = np.random.default_rng(), codes_of(1), 0, 0
    with CodeReader.open(folder) as reader:
        begun = time.monotonic()
        while time.monotonic() < until:
            number = int(spin.integers(0, ROWS))
            before, since = said[number], when[number]
            hits = reader.range(codes[number].tobytes(), 31)
            after, later = said[number], when[number]
            asked += 1
            if before == after != CHANGING and since == later:
                found = [hit.id for hit in hits]
                assert found == ([number] if before == PRESENT else []), (number, before, found)
                young += time.monotonic() - since < 1
            time.sleep(max(0, begun + asked / RATE - time.monotonic()))
    return f"{asked} {young}"


def merge_on(folder: Path, _board: Path, until: float) -> str:
    merged = 0
    while time.monotonic() < until:
        merge(folder, threads=1)
        merged += 1
    return f"{merged}"


def run(part: str, folder: Path, board: Path, until: float) -> "subprocess.Popen[str]":
    places = [str(Path(__file__).parents[2]), *sys.path]
    return subprocess.Popen(
        [sys.executable, __file__, part, str(folder), str(board), str(until)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.faults
def test_no_answer_is_wrong_while_all_write_read_and_the_merger_is_killed(tmp_path: Path) -> None:
    folder, board = tmp_path / "store", tmp_path / "board"
    rows = (codes_of(1)[:STEADY], numbered(STEADY), np.zeros(STEADY, dtype=np.uint16))
    CodeStore.build(folder, STEADY, [rows], LIMITS).close()
    board.write_bytes(bytes(16 * ROWS))
    shared(board)[0][:STEADY] = PRESENT
    warm = [run(part, folder, board, time.monotonic() + 1) for part in ("write", "merge")]
    assert [process.wait(60) for process in warm] == [0, 0]  # compiled code is in the cache from here

    until = time.monotonic() + SECONDS
    working = [run(part, folder, board, until) for part in ("write", "read", "read")]
    kills, spin = 0, np.random.default_rng()
    while time.monotonic() < until - 1:
        merger = run("merge", folder, board, until)
        time.sleep(float(spin.uniform(0.6, 2.0)))  # half a second to start; merges take a few hundredths
        merger.send_signal(signal.SIGKILL)
        kills += merger.wait() == -signal.SIGKILL
    said = [process.communicate(timeout=60)[0].split() for process in working]
    assert [process.returncode for process in working] == [0, 0, 0]
    assert kills >= 4
    assert int(said[0][0]) > 100, "changes"
    for asked, young in said[1:]:
        assert int(asked) > SECONDS * RATE / 20, "queries: the rate itself is measured by the bench"
        assert int(young) > 5, "answers about what had changed within the last second"
    merge(folder)
    with CodeStore.open(folder) as store:
        assert store.verify().sound
        assert {hit.id for hits in store.range_many(codes_of(1), 0) for hit in hits} == set(
            np.flatnonzero(shared(board)[0] == PRESENT).tolist()
        )


if __name__ == "__main__":
    work = {"write": write, "read": read, "merge": merge_on}[sys.argv[1]]
    sys.stdout.write(work(Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])))
