"""Hits as arrays: joined, put in order, and without those that newer ones replace."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.index import Array, Ids


class Found(NamedTuple):
    """Hits of many queries, as arrays: the query's place, the id, the distance in bits; by query, distance, id."""

    queries: npt.NDArray[np.uint32]
    ids: Ids
    distances: npt.NDArray[np.uint16]


NOTHING = Found(np.zeros(0, np.uint32), np.zeros(0, np.uint64), np.zeros(0, np.uint16))


def joined(pieces: list[Found], more: list[Found] | None = None) -> Found:
    """Return the hits of all pieces by query, distance and id."""
    all_pieces = [*pieces, *(more or [])]
    whole = Found(*(np.concatenate(column) for column in zip(*all_pieces, strict=True)))
    return _picked(whole, np.lexsort((whole.ids, whole.distances, whole.queries)))


def _picked(found: Found, places: Array) -> Found:
    return Found(found.queries[places], found.ids[places], found.distances[places])


def without(older: Found, newer: Found) -> Found:
    """Return the older hits whose query and id are not among the newer ones."""
    again = set(zip(newer.queries.tolist(), newer.ids.tolist(), strict=True))
    kept = np.array(
        [pair not in again for pair in zip(older.queries.tolist(), older.ids.tolist(), strict=True)],
        dtype=np.bool_,
    )
    return _picked(older, kept)
