"""What a process that only reads holds of a store: run as a process of its own.

`python -m bench.known_codes.memory FOLDER SMALL QUERIES` prints one JSON document. SMALL is a small store opened and
asked first, so that libraries and compiled code are not counted as the price of a hash.
"""

import bench.one_thread  # noqa: F401, I001 - before numpy and numba
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.known_codes.drawing import RADIUS
from vigie.engines.nearest.index import Codes
from vigie.engines.nearest.reader import CodeReader

_KIB = 1024


def of_a_reader(folder: Path, small: Path, queries: Codes, scratch: Path) -> dict[str, Any]:
    """Bytes mapped, resident and private (beside the files) of a reader process that has answered these queries."""
    asked = scratch / "queries.npy"
    np.save(asked, queries)
    command = [sys.executable, "-m", "bench.known_codes.memory", str(folder), str(small), str(asked)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).resolve().parents[2]
    )
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def held(folder: Path, process: int | None = None) -> dict[str, int]:
    """From a process's smaps (this one's by default), bytes: mapped and resident of the folder's files, and private.

    Private are all pages of no file of the folder that only this process has, and changed copies of pages of its files.
    """
    sums = {"mapped": 0, "resident": 0, "private": 0}
    ours = False
    for line in Path(f"/proc/{process or os.getpid()}/smaps").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            ours = len(words) > 5 and words[5].startswith(str(folder))
            continue
        name, size = words[0].rstrip(":"), words[1]
        if ours and name in {"Size", "Rss"}:
            sums["mapped" if name == "Size" else "resident"] += int(size) * _KIB
        if name == "Private_Dirty" or (name == "Private_Clean" and not ours):
            sums["private"] += int(size) * _KIB
    return sums


def main(folder: Path, small: Path, asked: Path) -> None:
    """Print what opening and asking the folder's store added to this process."""
    queries = np.load(asked)
    with CodeReader.open(small) as reader:
        _ask(reader, queries)
    before = held(folder)
    start = time.perf_counter()
    with CodeReader.open(folder) as reader:
        opened = time.perf_counter() - start
        rows = len(reader)
        _ask(reader, queries)
        after = held(folder)
    json.dump(
        {
            "rows": rows,
            "opened_by_a_new_process_s": round(opened, 3),
            "mapped_bytes_per_hash": round(after["mapped"] / rows, 2),
            "resident_bytes_per_hash": round(after["resident"] / rows, 2),
            "private_bytes_per_hash": round(max(0, after["private"] - before["private"]) / rows, 3),
        },
        sys.stdout,
    )


def _ask(reader: CodeReader, queries: Codes) -> None:
    for query in queries[:100]:
        reader.range(query.tobytes(), RADIUS)
    reader.range_many(queries, RADIUS)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
