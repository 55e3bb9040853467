"""`PYTHONPATH=tests python -m fuzz`: every reader in turn for a share of the time; one JSON document at the end."""

import argparse
import json
import os
import platform
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":  # settings are read before the program's models are imported
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "support.settings")
    django.setup()

from fuzz.checking import Checked, coverages
from fuzz.keeping import KEPT, keep
from fuzz.loop import Fault, Loop, Report, smaller
from fuzz.reader import Reader
from fuzz.readers import MEDIA, Pools, all_readers
from fuzz.watching import Watch

LOOK_EVERY = 200
"""Inputs between two looks for signs of an escape."""


def fuzz(
    *,
    seconds: float,
    seed: str,
    only: Sequence[str] = (),
    without: Sequence[str] = (),
    keep_in: Path | None = None,
) -> dict[str, Any]:
    """The document of one run: inputs, deaths of workers, hung files, escapes and faults, for each reader and in all."""
    watch, reports = Watch(), []
    with ExitStack() as stack:
        chosen = [name for name in MEDIA if (not only or name in only) and name not in without]
        covered, decoders = coverages(stack) if chosen else ({}, {})
        began = time.monotonic()
        pools = stack.enter_context(Pools(coverages=covered))
        readers = [
            reader
            for reader in all_readers(stack, pools)
            if (not only or reader.name in only) and reader.name not in without
        ]
        shares = sum(reader.weight for reader in readers)
        for reader in readers:
            report = _run(reader, seconds * reader.weight / shares, seed, pools, watch, keep_in)
            reports.append(report)
            sys.stderr.write(_line(report) + "\n")
            sys.stderr.flush()
        watch.look(pools.workers())
        deaths, started = pools.deaths, pools.started
        seconds_taken = round(time.monotonic() - began, 1)
        documents = [report.document() for report in reports]
        died = pools.autopsies()
        if keep_in is not None:
            for one in died:
                keep(Fault(one.reader, "death", one.words, "in a worker", one.data), keep_in)
        told = {
            name: made.document() if isinstance(made, Checked) else made for name, made in decoders.items()
        }
    return {
        "seed": seed,
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()},
        "seconds": seconds_taken,
        "inputs": sum(report.inputs for report in reports),
        "inputs_through_confined_workers": sum(one.inputs for one in reports if one.reader.name in MEDIA),
        "workers_started_and_found_shut": started,
        "worker_deaths": deaths,
        "ways_workers_died": [
            {"reader": one.reader, "how": one.words, "without_traps_too": one.without_traps, "bytes": len(one.data)} for one in died
        ],
        "hung": _faults(reports, "hung"),
        "escapes": len(watch.signs),
        "signs_of_escape": watch.signs,
        "looks_for_an_escape": watch.looks,
        "coordinator_faults": _faults(reports, "fault") + _faults(reports, "grown"),
        "decoders": told,
        "slowest_seconds": round(max((report.slowest for report in reports), default=0.0), 2),
        "readers": documents,
    }  # fmt: skip


def _run(
    reader: Reader, seconds: float, seed: str, pools: Pools, watch: Watch, keep_in: Path | None
) -> Report:
    def look(number: int) -> None:
        if reader.name in MEDIA and number % LOOK_EVERY == 0:
            watch.look(pools.workers())

    report = Loop(reader, seed, look).run(seconds=seconds)
    if keep_in is not None:
        for fault in report.faults.values():
            keep(fault if fault.kind == "hung" else smaller(reader, fault), keep_in)
    return report


def _faults(reports: Sequence[Report], kind: str) -> int:
    return sum(fault.kind == kind for report in reports for fault in report.faults.values())


def _line(report: Report) -> str:
    rate = report.inputs / max(report.seconds, 0.001)
    found = "".join(f"\n  {one.kind}: {one.words} ({one.where})" for one in report.faults.values())
    blocks = ""
    if report.reader.coverage is not None:
        blocks = f"blocks {report.reached_before} before, {report.reached_by_seeds} by seeds, {report.reached} now, "
    return (
        f"{report.reader.name}: {report.inputs} inputs, {rate:.0f}/s, {report.kept} kept as new, {blocks}"
        f"slowest {report.slowest:.2f} s, {len(report.faults)} faults{found}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the document; return 0 when nothing escaped, nothing hung and no reader broke its promise, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="the time of the whole run")
    parser.add_argument(
        "--seed", default="", help="a run with the same seed makes the same inputs; drawn when not given"
    )
    parser.add_argument("--only", action="append", default=[], help="a reader by name; may be repeated")
    parser.add_argument("--without", action="append", default=[], help="leave a reader out; may be repeated")
    parser.add_argument("--keep", action="store_true", help=f"keep inputs that broke a reader in {KEPT.name}")
    asked = parser.parse_args(arguments)
    document = fuzz(
        seconds=asked.seconds,
        seed=asked.seed or secrets.token_hex(4),
        only=asked.only,
        without=asked.without,
        keep_in=KEPT if asked.keep else None,
    )
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 1 if document["hung"] or document["escapes"] or document["coordinator_faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
