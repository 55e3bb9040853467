"""The peers behind one face. Each takes its own form of query, made before the clock starts."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench.known_codes.drawing import RADIUS
from bench.timing import Times
from vigie.engines.nearest.index import CODE_BITS, Codes, Ids

Pairs = list[tuple[int, int]]


class Engine(Protocol):
    """An index over all rows. `build` figures are in seconds and bytes; `found` puts an answer in one form."""

    name: str

    def build(self, codes: Codes, ids: Ids) -> dict[str, Any]:
        """The index holds these rows; returns what that took."""
        ...

    def prepare(self, queries: Codes) -> Sequence[Any]:
        """Queries as this engine takes them one by one."""
        ...

    def one(self, query: Any) -> Any:
        """The answer to one query within 31 bits, as this engine gives it."""
        ...

    def many(self, queries: Codes) -> Any:
        """The answers to all of these queries."""
        ...

    def found(self, answer: Any) -> Pairs:
        """The (id, distance) pairs of an answer, sorted."""
        ...


class FaissFlat:
    """faiss IndexBinaryFlat: every code is compared."""

    name = "faiss Flat"

    def __init__(self) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._index: Any = self._empty(faiss)
        self._ids: Ids = np.zeros(0, dtype=np.uint64)

    def build(self, codes: Codes, ids: Ids) -> dict[str, Any]:
        """Rows are added in one call."""
        self._ids = ids
        with watched() as taken:
            self._index.add(codes)
        return taken

    def prepare(self, queries: Codes) -> Sequence[Any]:
        """Rows of one query each."""
        return [queries[number : number + 1] for number in range(len(queries))]

    def one(self, query: Any) -> Any:
        """The radius itself is left out, so one more is asked for."""
        return self._index.range_search(query, RADIUS + 1)

    def many(self, queries: Codes) -> Any:
        """One call."""
        return self._index.range_search(queries, RADIUS + 1)

    def found(self, answer: Any) -> Pairs:
        """Row numbers become ids."""
        _, distances, rows = answer
        return sorted(zip(self._ids[rows].tolist(), map(int, distances), strict=True))

    def _empty(self, faiss: Any) -> Any:
        return faiss.IndexBinaryFlat(CODE_BITS)


class FaissMultiHash(FaissFlat):
    """faiss IndexBinaryMultiHash, 16 tables of 16 bits with one bit flipped: exact to 31."""

    name = "faiss MultiHash 16x16"

    def _empty(self, faiss: Any) -> Any:
        index = faiss.IndexBinaryMultiHash(CODE_BITS, 16, 16)
        index.nflip = 1
        return index


class Threatexchange:
    """The index HMA uses: `PDQIndex` of the package threatexchange, built in one call as HMA builds it."""

    name = "threatexchange"

    def __init__(self) -> None:
        import faiss
        from threatexchange.signal_type.pdq.pdq_index import PDQIndex

        faiss.omp_set_num_threads(1)
        self._index: Any = PDQIndex()

    def build(self, codes: Codes, ids: Ids) -> dict[str, Any]:
        """Its rows are hexadecimal text, written on the way in as from a database."""
        with watched() as taken:
            self._index.add_all(
                (code.tobytes().hex(), int(id_)) for code, id_ in zip(codes, ids, strict=True)
            )
        return taken

    def prepare(self, queries: Codes) -> Sequence[Any]:
        """Hexadecimal text."""
        return [query.tobytes().hex() for query in queries]

    def one(self, query: Any) -> Any:
        """Its radius is 31."""
        return self._index.query(query)

    def many(self, queries: Codes) -> Any:
        """It has no call for several."""
        return [self._index.query(query) for query in self.prepare(queries)]

    def found(self, answer: Any) -> Pairs:
        """Its matches carry the id as metadata."""
        return sorted((int(match.metadata), int(match.similarity_info.distance)) for match in answer)


PEERS = (Threatexchange, FaissFlat, FaissMultiHash)
MODULES = ("threatexchange", "faiss")


@contextlib.contextmanager
def watched() -> Iterator[dict[str, Any]]:
    """What stands inside is timed, and what it left and took at most of this process's memory is in the result."""
    taken: dict[str, Any] = {}
    before = _memory()["VmRSS"]
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted from here
    times = Times()
    with times.run():
        yield taken
    after = _memory()
    taken["build_cpu_s"], taken["build_s"] = round(times.cpu[0], 2), round(times.wall[0], 2)
    taken["bytes_kept"] = after["VmRSS"] - before
    taken["bytes_at_most"] = after["VmHWM"] - before


def _memory() -> dict[str, int]:
    lines = (line.split() for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return {
        words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if words and words[0].startswith("Vm")
    }
