"""A process that asks a store a thousand questions a second while another one changes it, and writes down what it saw.

`python -m bench.known_codes.asking FOLDER QUESTIONS BOARD SEEN`. QUESTIONS (npz) holds permanent queries with the ids
that must answer, and markers: codes the writer adds and deletes. BOARD is a file of two shared numbers, the marker of
the moment and whether to stop. SEEN (npz) is written at the end: times are those of CLOCK_MONOTONIC in nanoseconds,
which all processes of a machine share.
"""

import bench.one_thread  # noqa: F401, I001 - before numpy and numba
import sys
import time
from pathlib import Path

import numpy as np

from bench.known_codes.drawing import RADIUS
from vigie.engines.nearest.reader import CodeReader

STOP, MARKER = 0, 1
FIRST_MARKER = 1 << 40  # ids from here on belong to rows that come and go


def main(folder: Path, questions: Path, board_file: Path, seen: Path, rate: int) -> None:
    """Ask until told to stop; every second question is the marker of the moment."""
    given = np.load(questions)
    permanent = [code.tobytes() for code in given["permanent"]]
    expected = [
        frozenset(given["ids"][low:high].tolist())
        for low, high in zip(given["edges"], given["edges"][1:], strict=False)
    ]
    markers = [code.tobytes() for code in given["markers"]]
    board = np.memmap(board_file, dtype=np.int64, mode="r", shape=(2,))
    log: list[tuple[int, int, int, int]] = []
    wrong = asked = 0
    late = 0.0
    with CodeReader.open(folder) as reader:
        due = time.monotonic()
        while not board[STOP]:
            number = asked % len(permanent)
            hits = reader.range(permanent[number], RADIUS)
            wrong += {hit.id for hit in hits if hit.id < FIRST_MARKER} != expected[number]
            marker = int(board[MARKER])
            start = time.monotonic_ns()
            found = any(hit.id == FIRST_MARKER + marker for hit in reader.range(markers[marker], RADIUS))
            log.append((marker, start, time.monotonic_ns(), int(found)))
            asked += 2
            due += 2 / rate
            rest = due - time.monotonic()
            late = max(late, -rest)
            if rest > 0:
                time.sleep(rest)
    np.savez(seen, log=np.array(log, dtype=np.int64), sums=np.array([asked, wrong, round(late * 1e6)]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]), rate=int(sys.argv[5]))
