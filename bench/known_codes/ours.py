"""The store of this program as an engine: built in a folder, asked through a reader as any process asks it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.known_codes.drawing import RADIUS, Shape, draw, ids_of
from bench.known_codes.engines import Pairs, watched
from vigie.engines.nearest.index import GROUPS, Codes, GroupNumbers, Groups, Hit, Ids
from vigie.engines.nearest.reader import CodeReader
from vigie.engines.nearest.store import CodeStore

OWNERS = 64  # groups among which rows are dealt out

_GIVEN_AT_ONCE = 1_000_000  # rows
_WARM_ROWS, _TAIL = 70_000, 1_000  # enough for all that is compiled to have been called


class Vigie:
    """`CodeStore` in a folder; the answers are those of a `CodeReader`."""

    name = "vigie"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reader: CodeReader

    def build(self, codes: Codes, ids: Ids) -> dict[str, Any]:
        """Rows are given a million at a time, dealt out among 64 groups; two threads build, and all is on disk."""
        parts = (slice(start, start + _GIVEN_AT_ONCE) for start in range(0, len(codes), _GIVEN_AT_ONCE))
        blocks = ((codes[part], ids[part], groups_of(ids[part])) for part in parts)
        with watched() as taken:
            CodeStore.build(self.folder, len(codes), blocks).close()
        start_of_opening = time.perf_counter()
        self.reader = CodeReader.open(self.folder)
        self.reader.range(codes[0].tobytes(), RADIUS)
        opened = time.perf_counter() - start_of_opening
        files = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        rate = round(len(codes) / taken["build_s"]) if taken["build_s"] else None
        return taken | {"hashes_per_s": rate, "opened_s": round(opened, 3), "bytes_of_files": files}

    def prepare(self, queries: Codes) -> Sequence[Any]:
        """Bytes."""
        return [query.tobytes() for query in queries]

    def one(self, query: Any) -> Any:
        """The port's call."""
        return self.reader.range(query, RADIUS)

    def many(self, queries: Codes) -> Any:
        """The port's call for several."""
        return self.reader.range_many(queries, RADIUS)

    def found(self, answer: Any) -> Pairs:
        """Hits are pairs."""
        return sorted((hit.id, hit.distance) for hit in answer)

    def ask(self, queries: Codes, radius: int) -> Sequence[list[Hit]]:
        """The hits of these queries within any radius: alone by the call for one, several by the call for several."""
        if len(queries) == 1:
            return [self.reader.range(queries[0].tobytes(), radius)]
        return self.reader.range_many(queries, radius)


class Restricted(Vigie):
    """The same store asked by somebody whom one group in 64 may answer."""

    name = "vigie, one group of 64"

    def __init__(self, whole: Vigie) -> None:
        super().__init__(whole.folder)
        self.reader = whole.reader
        self.allowed: Groups = np.zeros(GROUPS, dtype=np.bool_)
        self.allowed[1] = True

    def one(self, query: Any) -> Any:
        """The port's call, restricted."""
        return self.reader.range(query, RADIUS, self.allowed)

    def many(self, queries: Codes) -> Any:
        """The port's call for several, restricted."""
        return self.reader.range_many(queries, RADIUS, self.allowed)


def groups_of(ids: Ids) -> GroupNumbers:
    """Id after id the groups 0 to 63, again and again."""
    return (ids % np.uint64(OWNERS)).astype(np.uint16)


def warm(folder: Path) -> None:
    """Every search and merge has been compiled: done once on a small store, so that no measurement pays for it."""
    small = Vigie(folder)
    codes = draw(Shape.RANDOM, _WARM_ROWS, seed=9)
    small.build(codes, ids_of(len(codes)))
    small.ask(codes[:2], RADIUS)
    small.reader.close()
    with CodeStore.open(folder) as store:
        for batch in range(2):
            store.add(codes[:_TAIL], ids_of(_TAIL) + np.uint64(_WARM_ROWS * (batch + 1)))
            store.range(codes[0].tobytes(), RADIUS)
            store.delete(ids_of(1))
            store.merge()
