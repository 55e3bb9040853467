"""Intake, measured beside the ceiling of the same run: hashing alone.

The ceiling decodes every file in confined workers and computes digests and PDQ, and stores, asks and records nothing:
what the same machine could do at most. Then the same files are handed in through the real command's client to a whole
installation (web server, worker, matcher, database), from an empty home.

Figures: files per second of each stage (wall time from the first file to the stage's last), the first answer, and the
share of the ceiling. Sizes: 512x512 and 12 megapixels (4000x3000), JPEG of quality 90, drawn.
"""

import contextlib
import io
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.machine import machine, versions
from support.installation import installation
from vigie.engines.hashing import pdq
from vigie.engines.hashing.digests import digest_stream
from vigie.engines.imaging import ConfinedPool
from vigie.rooms.intake.client import open_or_resume, send_folder
from vigie.rooms.intake.client.sending import Line

WORKERS = 2
CASES = {"512x512": ((512, 512), 300), "12 MP": ((4000, 3000), 40)}
LIBRARIES = ("numpy", "pillow", "simplejpeg", "django", "granian", "procrastinate", "cryptography")
STAGES = ("sent", "verified", "analysed", "matched")


def draw(folder: Path, size: tuple[int, int], count: int, seed: int) -> int:
    """So many different drawn pictures of this size stand in the folder; returns their bytes."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(seed)
    total = 0
    for number in range(count):
        coarse = chance.integers(0, 256, (size[1] // 32, size[0] // 32, 3), dtype=np.uint8)
        smooth = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        grain = chance.integers(-12, 13, (size[1], size[0], 1), dtype=np.int16)
        pixels = np.clip(np.asarray(smooth, dtype=np.int16) + grain, 0, 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=90)
        (folder / f"{number:04}.jpg").write_bytes(out.getvalue())
        total += out.tell()
    return total


def ceiling(folder: Path) -> float:
    """Files per second of confined decoding, digests and PDQ alone, with as many workers as the intake has."""
    files = sorted(folder.iterdir())
    with ConfinedPool("bench", workers=WORKERS) as pool, ThreadPoolExecutor(WORKERS) as threads:
        list(
            threads.map(lambda path: _hash(path, pool), files[:WORKERS])
        )  # workers are started before the clock
        start = time.perf_counter()
        list(threads.map(lambda path: _hash(path, pool), files))
        return len(files) / (time.perf_counter() - start)


def _hash(path: Path, pool: ConfinedPool) -> bytes:
    with path.open("rb") as file:
        digest_stream(file)
        file.seek(0)
        return pdq.from_raster(pool.analyse(file).pdq_raster).code


def hand_in(folder: Path, exhibit: str, case: str, http: Any) -> dict[str, float]:
    """The folder is handed in; returns the stages' rates and the seconds to the first answer."""
    made = http.post(f"/api/v1/cases/{case}/exhibits", json={"reference": exhibit}).json()["id"]
    line, seen = Line(http, pause=lambda _: time.sleep(0.1)), dict.fromkeys(STAGES, 0.0)
    start, count = time.perf_counter(), len(list(folder.iterdir()))
    address = open_or_resume(line, case=case, exhibit=made)

    def note(event: dict[str, Any]) -> None:
        now = time.perf_counter() - start
        if event["event"] == "sent":
            seen["sent"] = now
        for stage in STAGES[1:] if event["event"] == "progress" else ():
            if event["stages"][stage]["done"] == count and not seen[stage]:
                seen[stage] = now

    send_folder(line, address, folder, note)
    shown = http.get(address).json()
    first = datetime.fromisoformat(shown["first_answer_at"]) - datetime.fromisoformat(shown["opened_at"])
    rates = {f"{stage}_files_per_s": round(count / seconds, 1) for stage, seconds in seen.items() if seconds}
    return rates | {"first_result_s": round(first.total_seconds(), 2)}


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """The document `vigie bench intake --json` prints."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    cases: list[dict[str, Any]] = []
    try:
        with installation() as whole, contextlib.closing(whole.investigator("bench")) as http:
            body = {"reference": "BENCH", "legal_basis": "seizure", "share": "none"}
            case = http.post("/api/v1/cases", json=body).json()["id"]
            for warm, (name, (size, count)) in enumerate([("warm-up", ((512, 512), 8)), *CASES.items()]):
                say(f"{name}: drawing {count} pictures")
                total = draw(folder / name, size, count, seed=warm)
                most = ceiling(folder / name)
                say(f"{name}: hashing alone {most:.1f} files/s; handing in")
                figures = hand_in(folder / name, f"E{warm}", case, http)
                if name == "warm-up":
                    continue
                share = round(figures.get("matched_files_per_s", 0.0) / most, 2)
                fixed = {"size": count, "bytes_per_file": total // count}
                cases.append(
                    {"case": name, "engine": "hash-only ceiling", **fixed, "files_per_s": round(most, 1)}
                )
                cases.append({"case": name, "engine": "vigie", **fixed, **figures, "share_of_ceiling": share})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"machine": machine(), "versions": versions(*LIBRARIES), "cases": cases}
