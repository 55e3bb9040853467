"""Exact look-up of known codes, measured beside HMA's index and faiss on the same planted queries.

Codes and queries are drawn: stored rows changed in 0 to 31 bits, and as many codes near nothing. Engines sit in one
process with one thread and take turns in blocks of 1,000 queries; the first 100 of a block are dropped; figures are
medians of block medians, processor and wall time. "Cold" is the same, taking turns query by query. Every planted answer
of ours is compared with a scan of all codes. The peers' indexes live in this process, ours in files mapped by it.
"""

import bench.one_thread  # noqa: F401, I001 - numpy, numba and faiss read the number of threads when they are loaded
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from bench import peers
from bench.known_codes import agreement, living, memory, turns
from bench.known_codes.drawing import Planted, Shape, draw, ids_of, plant
from bench.known_codes.engines import MODULES, PEERS, Engine
from bench.known_codes.ours import Restricted, Vigie, warm
from bench.machine import machine, versions

LIBRARIES = ("numpy", "numba", "faiss-cpu", "threatexchange")

_SEED = 20_261_121
_MOST_COMPARED = 20_000_000  # rows; beyond, a scan of all codes for every planted query takes hours
_COMPARED_BEYOND = 300  # planted queries
_PEER_QUERIES = 1_000  # planted queries answered by each peer for its recall

Say = Callable[[str], None]


def measure(
    say: Say,
    *,
    size: Annotated[int, typer.Option(min=1_000, help="How many codes are known.")] = 1_000_000,
    shape: Annotated[
        Shape, typer.Option(help="How codes and their bits depend on each other.")
    ] = Shape.RANDOM,
    planted: Annotated[int, typer.Option(min=100, help="Queries planted near stored codes.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of 1,000 queries for each engine.")] = 6,
    cold: Annotated[int, typer.Option(min=1, help="Queries asked of all engines in turn, one by one.")] = 300,
    alone: Annotated[bool, typer.Option("--alone", help="Leave the peers out.")] = False,
    changes: Annotated[
        int, typer.Option(min=2, help="Codes added and deleted while another process asks.")
    ] = 100,
    folder: Annotated[Path | None, typer.Option(help="Where to build; removed afterwards.")] = None,
) -> dict[str, Any]:
    """The document `vigie bench matching --json` prints."""
    absent = () if alone else peers.missing(MODULES)
    before = machine()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=folder) as place:
        scratch = Path(place)
        warm(scratch / "small")
        say(f"drawing {size} codes, {shape}")
        codes, ids = draw(shape, size, _SEED), ids_of(size)
        asked = plant(codes, planted, _SEED)
        unrelated = draw(Shape.RANDOM if shape is Shape.DUPLICATED else shape, planted, _SEED + 1)
        queries = _mixed(asked.codes, unrelated)
        ours = Vigie(scratch / "store")
        engines: list[Engine] = [ours, *(() if alone or absent else (peer() for peer in PEERS))]
        builds = [_built(engine, codes, ids, say) for engine in engines]
        say("comparing with a scan of all codes")
        truth = agreement.truth_of(
            codes, ids, asked.codes[: _compared(size, planted)], threads=os.cpu_count() or 1
        )
        del codes
        right = _agreements(engines, ours, asked, truth, say)
        say(f"taking turns: {rounds} rounds")
        single = _timed(engines, queries, rounds, cold)
        cases = [build | one | same for build, one, same in zip(builds, single, right, strict=True)]
        cases += [{"engine": "vigie, one group of 64", **_restricted(ours, queries, rounds)}]
        cases[0] |= memory.of_a_reader(ours.folder, scratch / "small", queries[:1_000], scratch)
        say("adding and deleting while another process asks")
        ours.reader.close()
        cases[0] |= living.changes(ours.folder, batches=100)
        live = living.seen_elsewhere(ours.folder, asked, truth, changes, scratch)
    document = {
        "bench": "matching",
        "size": size,
        "shape": shape.value,
        "planted": planted,
        "rounds": rounds,
        "machine": before,
        "versions": versions(*LIBRARIES),
        "cases": cases,
        "live": live,
    }
    return document | ({"note": peers.note(absent)} if absent else {})


def _mixed(planted: Any, unrelated: Any) -> Any:
    both = np.concatenate([planted, unrelated])
    return both[np.random.default_rng(_SEED).permutation(len(both))]


def _built(engine: Engine, codes: Any, ids: Any, say: Say) -> dict[str, Any]:
    say(f"building {engine.name}")
    taken = engine.build(codes, ids)
    kept = round(taken.pop("bytes_kept") / len(codes), 1)
    most = round(taken.pop("bytes_at_most") / len(codes), 1)
    peer = {"kept_bytes_per_hash": kept} if engine.name != "vigie" else {}
    return {"engine": engine.name, **taken, **peer, "build_peak_bytes_per_hash": most}


def _compared(size: int, planted: int) -> int:
    return planted if size <= _MOST_COMPARED else min(planted, _COMPARED_BEYOND)


def _agreements(
    engines: Sequence[Engine], ours: Vigie, asked: Planted, truth: agreement.Truth, say: Say
) -> list[dict[str, Any]]:
    right = [agreement.differences(ours.ask, asked, truth)]
    for engine in engines[1:]:
        say(f"recall of {engine.name}")
        right.append(agreement.recall(engine, asked, truth, _PEER_QUERIES))
    return right


def _timed(engines: Sequence[Engine], queries: Any, rounds: int, cold: int) -> list[dict[str, Any]]:
    rows = turns.speeds(engines, queries, rounds, cold)
    for row in rows[1:]:
        for clock in ("cpu_ms", "wall_ms", "cold_cpu_ms", "batch_cpu_ms"):
            row[f"vigie_times_faster_{clock}"] = round(row[clock] / rows[0][clock], 1)
    return rows


def _restricted(ours: Vigie, queries: Any, rounds: int) -> dict[str, Any]:
    """The store asked by one owner of 64 and by all, in turns: a restricted asker costs no more."""
    taken = turns.in_blocks([ours, Restricted(ours)], queries, rounds)
    whole, part = taken["vigie"], taken["vigie, one group of 64"]
    return part | {"cpu_ms_of_all_groups_in_the_same_turns": whole["cpu_ms"]}
