"""Look-ups over HTTP against millions of known records: manifests of 10,000 files and lists of 10,000 codes.

A whole installation (web server, worker, matcher, database) in a home of its own; its database is filled past the rooms
(`bench/held.py`), everything else is the real way: the signed-in client, the policy, the log, the matcher's files.

Figures: median wall seconds of a call, and rows per second of the processor time of all server processes together,
which is what one core does. Beside them: how long the matcher takes to lay its files, to come back after `kill -9`, and
its memory. Every answer is compared with what was planted; a wrong one ends the bench.
"""

import contextlib
import os
import signal
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import httpx
import numpy as np
import typer

from bench import held
from bench.known_codes.memory import held as memory
from bench.machine import machine, versions
from support.installation import Installation, installation

ROWS: Final = 10_000
NEAR_BITS: Final = 20
LIBRARIES: Final = ("numpy", "numba", "django", "granian", "psycopg", "pydantic")
_MATCHER_SECONDS: Final = 1_800
_SETTLED: Final = 0.02  # of a core; what an idle installation takes
_SETTINGS: Final = {"VIGIE_LOOKUPS_PERSON_DAY": "100000000", "VIGIE_LOOKUPS_UNIT_DAY": "100000000"}
_SIZE = Annotated[int, typer.Option(min=10_000, help="Known records.")]
_CALLS = Annotated[int, typer.Option(min=1, max=20, help="Calls measured of each kind; the median counts.")]


class Listed(NamedTuple):
    """What is asked in one call, and for each row whether something is known of it."""

    rows: list[dict[str, Any]]
    known: list[bool]
    variants: str = "one"


def measure(say: Callable[[str], None], *, size: _SIZE = 1_000_000, calls: _CALLS = 5) -> dict[str, Any]:
    """The document `vigie bench lookups --json` prints."""
    cases: list[dict[str, Any]] = []

    def note(case: str, **figures: Any) -> None:
        cases.append({"case": case, "engine": "vigie", "size": size, **figures})
        say(str(cases[-1]))

    with installation(_SETTINGS) as whole, contextlib.closing(whole.investigator("bench")) as http:
        http.timeout = httpx.Timeout(_MATCHER_SECONDS)
        held.fill(whole.home, size, say)
        place = _Place(http)
        note("matcher", **_matcher(whole, place, size))
        for name, asked in _lists(np.random.default_rng(8), size).items():
            note(name, **_timed(whole, calls, lambda asked=asked: _look_up(place, asked)))
        manifest = _manifest(np.random.default_rng(9), size)
        note("manifest, a quarter known", **_timed(whole, calls, lambda: _send_manifest(place, manifest)))
    return {
        "bench": "lookups",
        "size": size,
        "machine": machine(),
        "versions": versions(*LIBRARIES),
        "cases": cases,
    }


class _Place:
    """A case to ask under, and a new exhibit whenever one is wanted."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self._exhibits = 0
        self.case = self.post("/api/v1/cases", {"reference": "B", "legal_basis": "seizure", "share": "none"})[
            "id"
        ]
        self.exhibit = self.new_exhibit()

    def new_exhibit(self) -> str:
        self._exhibits += 1
        made = self.post(f"/api/v1/cases/{self.case}/exhibits", {"reference": f"E{self._exhibits}"})
        return str(made["id"])

    def post(self, address: str, body: dict[str, Any]) -> Any:
        told = self.http.post(address, json=body)
        told.raise_for_status()
        return told.json()


def _lists(chance: np.random.Generator, size: int) -> dict[str, Listed]:
    """Codes to look up: a tenth of them near a known one, all of them, and a tenth with every variant."""
    mixed = _codes(chance, size, chance.random(ROWS) < 0.1)
    return {
        "codes, one variant, a tenth known": mixed,
        "codes, one variant, all known": _codes(chance, size, np.ones(ROWS, dtype=np.bool_)),
        "codes, all variants, a tenth known": mixed._replace(variants="all"),
    }


def _codes(chance: np.random.Generator, size: int, known: Any) -> Listed:
    rows: list[dict[str, Any]] = []
    for there in known.tolist():
        code = np.frombuffer(chance.bytes(32), dtype=np.uint8)
        if there:
            bits = np.unpackbits(np.frombuffer(held.pdq(int(chance.integers(1, size + 1))), dtype=np.uint8))
            bits[chance.choice(256, NEAR_BITS, replace=False)] ^= 1
            code = np.packbits(bits)
        rows.append({"pdq": code.tobytes().hex(), "quality": 100})
    return Listed(rows, known.tolist())


def _manifest(chance: np.random.Generator, size: int) -> Listed:
    """10,000 files: a quarter of the unit's own, a quarter that others hold (which must look new), half new."""
    own = chance.choice(size // held.OWN_EVERY, ROWS // 4, replace=False) + 1
    theirs = chance.choice(size // held.OWN_EVERY - 1, ROWS // 4, replace=False)
    numbers = [
        *(own * held.OWN_EVERY).tolist(),
        *(theirs * held.OWN_EVERY + 1).tolist(),
        *range(2 * size, 2 * size + ROWS // 2),
    ]
    known = [True] * len(own) + [False] * (len(numbers) - len(own))
    order = chance.permutation(len(numbers)).tolist()
    rows = [
        {"entry": place, "path": f"DCIM/{place:05}.jpg", **held.digests(numbers[one])}
        for place, one in enumerate(order)
    ]
    return Listed(rows, [known[one] for one in order])


def _look_up(place: _Place, asked: Listed) -> float:
    body = {
        "case": place.case,
        "exhibit": place.exhibit,
        "variants": asked.variants,
        "entries": asked.rows,
    }
    start = time.perf_counter()
    told = place.post("/api/v1/lookups", body)
    took = time.perf_counter() - start
    found = [bool(one["own"] or one["answers"]) for one in told["results"]]
    if found != asked.known or told["faults"]:
        raise AssertionError(f"{sum(found)} of {sum(asked.known)} known codes found")
    return took


def _send_manifest(place: _Place, asked: Listed) -> float:
    """The manifest of a new exhibit is answered; the submission is opened before the clock starts."""
    body = {"case": place.case, "exhibit": place.new_exhibit(), "source": "command_line"}
    opened = place.post("/api/v1/submissions", body)["id"]
    start = time.perf_counter()
    told = place.post(f"/api/v1/submissions/{opened}/manifest", {"entries": asked.rows})
    took = time.perf_counter() - start
    found = [one["status"] == "known" for one in told["results"]]
    if found != asked.known:
        raise AssertionError(f"{sum(found)} of {sum(asked.known)} files known")
    return took


def _timed(whole: Installation, calls: int, call: Callable[[], float]) -> dict[str, Any]:
    """Medians over so many calls after one that is not counted; what a call left to be done is done between them."""
    call()
    wall: list[float] = []
    spent: list[dict[str, float]] = []
    for _ in range(calls):
        _settle(whole)
        before = _processor_seconds(whole)
        wall.append(call())
        spent.append({name: now - before[name] for name, now in _processor_seconds(whole).items()})
    return {
        "rows": ROWS,
        "wall_s": round(statistics.median(wall), 3),
        "worst_wall_s": round(max(wall), 3),
        "rows_per_core_s": round(ROWS / statistics.median(sum(one.values()) for one in spent)),
        "cpu_s": {name: round(statistics.median(one[name] for one in spent), 2) for name in spent[0]},
    }


def _matcher(whole: Installation, place: _Place, size: int) -> dict[str, Any]:
    """The matcher's files are laid from the filled database; then it is killed and answers again."""
    records = whole.home / "index" / "known"
    (records / "current").unlink()
    laid = _until_it_answers(whole, place, size)
    again = _until_it_answers(whole, place, size)
    sizes = memory(records, whole.children()["matcher"])
    return {
        "laid_s": round(laid, 1),
        "back_after_kill_s": round(again, 2),
        "mapped_bytes_per_record": round(sizes["mapped"] / size, 1),
        "private_mb": round(sizes["private"] / 1e6, 1),
    }


def _until_it_answers(whole: Installation, place: _Place, size: int) -> float:
    """Seconds from `kill -9` until a look-up of the last record is answered."""
    os.kill(whole.children()["matcher"], signal.SIGKILL)
    start = time.perf_counter()
    asked = {"pdq": held.pdq(size).hex(), "quality": 100}
    body = {"case": place.case, "exhibit": place.exhibit, "entries": [asked]}
    while time.perf_counter() - start < _MATCHER_SECONDS:
        told = place.http.post("/api/v1/lookups", json=body)
        if told.is_success:
            [one] = told.json()["results"]
            if not (one["own"] or one["answers"]):
                raise AssertionError("the last record is not known")
            return time.perf_counter() - start
        time.sleep(0.05)
    raise TimeoutError("the matcher did not come back")


def _settle(whole: Installation) -> None:
    """The installation does nothing any more."""
    before = sum(_processor_seconds(whole).values())
    while True:
        time.sleep(1)
        now = sum(_processor_seconds(whole).values())
        if now - before < _SETTLED:
            return
        before = now


def _processor_seconds(whole: Installation) -> dict[str, float]:
    """Seconds of processor time of each server and everything under it, ended children included."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            words = (entry / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            parents[int(entry.name)] = int(words[1])
            spent[int(entry.name)] = sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
    sums: dict[str, float] = {}
    for name, process in whole.children().items():
        ours = {process}
        while more := {one for one, parent in parents.items() if parent in ours} - ours:
            ours |= more
        sums[name] = sum(spent[one] for one in ours if one in spent)
    return sums
