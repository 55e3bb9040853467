"""Whether answers are the right ones: compared, one by one, with a comparison of every code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import peers
from bench.known_codes.drawing import RADIUS, Planted
from bench.known_codes.engines import Engine, Pairs
from vigie.engines.nearest.flat import FlatIndex
from vigie.engines.nearest.index import CODE_BITS, Codes, Ids

_CHUNK = 1 << 18  # rows compared at a time: 8 MB stay in the last cache while thousands of queries pass
_PART = 500  # queries of whose answers Python objects exist at a time


@dataclass(frozen=True, slots=True)
class Truth:
    """For each of the first planted queries, the ids (uint64) and distances of every row within 31 bits."""

    by: str
    ids: Sequence[Ids]
    distances: Sequence[Any]

    def pairs(self, query: int, radius: int) -> Pairs:
        """What must be answered to this query at this radius, sorted."""
        near = self.distances[query] <= radius
        return sorted(zip(self.ids[query][near].tolist(), self.distances[query][near].tolist(), strict=True))


def truth_of(codes: Codes, ids: Ids, queries: Codes, threads: int) -> Truth:
    """The truth by faiss Flat where it is installed, else by the flat index of this program."""
    absent = peers.missing(("faiss",))
    compare = _by_flat if absent else _by_faiss
    parts = [
        compare(codes[start : start + _CHUNK], ids[start : start + _CHUNK], queries, threads)
        for start in range(0, len(codes), _CHUNK)
    ]
    return Truth(
        "vigie FlatIndex" if absent else "faiss Flat",
        [np.concatenate([part[number][0] for part in parts]) for number in range(len(queries))],
        [np.concatenate([part[number][1] for part in parts]) for number in range(len(queries))],
    )


def differences(
    ask: Callable[[Codes, int], Sequence[Sequence[Any]]], planted: Planted, truth: Truth
) -> dict[str, Any]:
    """How many planted queries are answered otherwise than the truth: at 31 bits, and at their own distance, 0 to 31."""
    asked = len(truth.ids)
    at_most = own = missed = 0
    for start in range(0, asked, _PART):
        numbers = range(start, min(start + _PART, asked))
        for number, hits in zip(
            numbers, ask(planted.codes[numbers.start : numbers.stop], RADIUS), strict=True
        ):
            pairs = sorted((int(id_), int(distance)) for id_, distance in hits)
            at_most += pairs != truth.pairs(number, RADIUS)
            missed += int(planted.rows[number]) + 1 not in {id_ for id_, _ in pairs}
    for number in range(asked):
        radius = int(planted.distances[number])
        (hits,) = ask(planted.codes[number : number + 1], radius)
        pairs = sorted((int(id_), int(distance)) for id_, distance in hits)
        own += pairs != truth.pairs(number, radius)
    return {
        "oracle": truth.by,
        "queries_compared": asked,
        "targets_found": _targets_found(ask, planted),
        "recall": 1 - missed / asked,
        "differences_at_31": at_most,
        "differences_at_own_distance": own,
    }


def _targets_found(ask: Callable[[Codes, int], Sequence[Sequence[Any]]], planted: Planted) -> int:
    """How many of all planted queries are answered with the row they were made from, at its distance."""
    found = 0
    for start in range(0, len(planted.codes), _PART):
        part = slice(start, start + _PART)
        wanted = zip(planted.rows[part].tolist(), planted.distances[part].tolist(), strict=True)
        for (row, bits), hits in zip(wanted, ask(planted.codes[part], RADIUS), strict=True):
            found += any(int(hit.id) == row + 1 and int(hit.distance) == bits for hit in hits)
    return found


def recall(engine: Engine, planted: Planted, truth: Truth, count: int) -> dict[str, Any]:
    """The recall of a peer over the first planted queries, and how many of its answers differ from the truth."""
    missed = differ = 0
    count = min(count, len(truth.ids))
    for number, query in enumerate(engine.prepare(planted.codes[:count])):
        pairs = engine.found(engine.one(query))
        missed += int(planted.rows[number]) + 1 not in {id_ for id_, _ in pairs}
        differ += pairs != truth.pairs(number, RADIUS)
    return {"queries_compared": count, "recall": 1 - missed / count, "differences_at_31": differ}


def _by_faiss(codes: Codes, ids: Ids, queries: Codes, threads: int) -> list[tuple[Ids, Any]]:
    import faiss

    index = faiss.IndexBinaryFlat(CODE_BITS)
    index.add(codes)
    faiss.omp_set_num_threads(threads)
    try:
        limits, distances, rows = index.range_search(queries, RADIUS + 1)
    finally:
        faiss.omp_set_num_threads(1)
    edges = list(zip(limits[:-1].tolist(), limits[1:].tolist(), strict=True))
    return [(ids[rows[low:high]], distances[low:high].astype(np.int64)) for low, high in edges]


def _by_flat(codes: Codes, ids: Ids, queries: Codes, _threads: int) -> list[tuple[Ids, Any]]:
    index = FlatIndex()
    index.add(codes, ids)
    return [
        (
            np.array([hit.id for hit in hits], dtype=np.uint64),
            np.array([hit.distance for hit in hits], dtype=np.int64),
        )
        for hits in index.range_many(queries, RADIUS)
    ]
