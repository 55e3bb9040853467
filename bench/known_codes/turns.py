"""Engines taking turns on the same queries: in blocks, in batches, and query by query."""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.known_codes.drawing import blocks
from bench.known_codes.engines import Engine
from bench.timing import MILLISECONDS, Times, timed
from vigie.engines.nearest.index import Codes

BLOCK, DROPPED = 1_000, 100


def in_blocks(engines: Sequence[Engine], queries: Codes, rounds: int) -> dict[str, dict[str, float]]:
    """Median of block medians, ms a query: each round one block of 1,000 for each engine, its first 100 dropped.

    `p95` is the median over blocks of what 95 queries in 100 stayed under.
    """
    taken: dict[str, list[tuple[float, float, float]]] = {engine.name: [] for engine in engines}
    for number, block in zip(range(rounds), blocks(queries, min(BLOCK, len(queries))), strict=False):
        turn = number % len(engines)  # nobody always comes after the one that empties the caches
        for engine in (*engines[turn:], *engines[:turn]):
            times = timed(engine.one, engine.prepare(block))
            cpu, wall = times.cpu[DROPPED:], times.wall[DROPPED:]
            taken[engine.name].append(
                (statistics.median(cpu), statistics.median(wall), float(np.quantile(cpu, 0.95)))
            )
    return {
        name: {
            label: round(statistics.median(column) * MILLISECONDS, 4)
            for label, column in zip(
                ("cpu_ms", "wall_ms", "p95_cpu_ms"), zip(*each, strict=True), strict=True
            )
        }
        for name, each in taken.items()
    }


def query_by_query(engines: Sequence[Engine], queries: Codes, count: int) -> dict[str, dict[str, float]]:
    """Medians in ms when every engine finds the caches as the others left them: "cold"."""
    forms = {engine.name: engine.prepare(queries[:count]) for engine in engines}
    times = {engine.name: Times() for engine in engines}
    for number in range(min(count, len(queries))):
        for engine in engines:
            with times[engine.name].run():
                engine.one(forms[engine.name][number])
    return {name: taken.medians() for name, taken in times.items()}


def in_batches(engines: Sequence[Engine], queries: Codes, rounds: int) -> dict[str, dict[str, float]]:
    """Medians in ms a query of batches of 1,000."""
    times = {engine.name: Times() for engine in engines}
    length = min(BLOCK, len(queries))
    for _, block in zip(range(rounds), blocks(queries, length), strict=False):
        for engine in engines:
            with times[engine.name].run():
                engine.many(block)
    return {name: taken.medians(MILLISECONDS / length) for name, taken in times.items()}


def speeds(engines: Sequence[Engine], queries: Codes, rounds: int, cold: int) -> list[dict[str, Any]]:
    """One row for each engine: single, cold and batch."""
    single = in_blocks(engines, queries, rounds)
    batch = in_batches(engines, queries, max(2, rounds // 3))
    alone = query_by_query(engines, queries, cold)
    return [
        {
            "engine": engine.name,
            **single[engine.name],
            "cold_cpu_ms": alone[engine.name]["cpu_ms"],
            "cold_wall_ms": alone[engine.name]["wall_ms"],
            "batch_cpu_ms": batch[engine.name]["cpu_ms"],
            "batch_wall_ms": batch[engine.name]["wall_ms"],
        }
        for engine in engines
    ]
