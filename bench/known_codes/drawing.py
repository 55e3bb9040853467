"""Codes and queries of known truth: nothing is read from anywhere, the same seed gives the same bits."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.index import CODE_BITS, CODE_BYTES, Codes, Ids

RADIUS = 31  # bits; the published threshold of PDQ

_CHUNK = 1 << 20  # rows drawn at a time
_WORDS = CODE_BYTES // 8
_DIGITS = 10  # of the probability below, in binary
_DIFFERENT = round(0.35 * (1 << _DIGITS))  # neighbouring bits are equal with p = 0.65
_MOST_OFTEN = 100  # the commonest code holds one row in so many


class Shape(StrEnum):
    """How the bits of codes and the codes themselves depend on each other."""

    RANDOM = "random"
    CORRELATED = "correlated"
    DUPLICATED = "duplicated"


@dataclass(frozen=True, slots=True)
class Planted:
    """Queries (M x 32 bytes), the row each was made from, and in how many bits it was changed (0 to 31)."""

    codes: Codes
    rows: npt.NDArray[np.int64]
    distances: npt.NDArray[np.int64]


def draw(shape: Shape, size: int, seed: int) -> Codes:
    """So many codes. Duplicated: by Zipf's rule, the commonest a hundredth of all; one row in eight at ten million."""
    codes = np.empty((size, CODE_BYTES), dtype=np.uint8)
    for number, start in enumerate(range(0, size, _CHUNK)):
        part = codes[start : start + _CHUNK]
        part[:] = _chunk(shape, len(part), np.random.Generator(np.random.SFC64([seed, number])))
    if shape is Shape.DUPLICATED:
        _repeat(codes, np.random.default_rng(seed))
    return codes


def plant(codes: Codes, count: int, seed: int) -> Planted:
    """Queries near stored rows: rows at random, distances uniform over 0 to 31, other bits at random places."""
    chance = np.random.default_rng(seed)
    rows = chance.integers(0, len(codes), count)
    distances = chance.integers(0, RADIUS + 1, count)
    queries = codes[rows].copy()
    for query, bits in zip(queries, distances, strict=True):
        places = chance.choice(CODE_BITS, int(bits), replace=False)
        np.bitwise_xor.at(query, places // 8, (1 << (places % 8)).astype(np.uint8))
    return Planted(queries, rows, distances)


def ids_of(size: int) -> Ids:
    """The ids of so many rows: row 0 is 1."""
    return np.arange(1, size + 1, dtype=np.uint64)


def blocks(queries: Codes, length: int) -> Iterator[Codes]:
    """The queries in blocks of this length, from the beginning again for ever."""
    whole = len(queries) // length
    number = 0
    while True:
        yield queries[(number % whole) * length : (number % whole + 1) * length]
        number += 1


def _chunk(shape: Shape, rows: int, chance: np.random.Generator) -> Codes:
    if shape is not Shape.CORRELATED:
        return np.frombuffer(chance.bytes(rows * CODE_BYTES), dtype=np.uint8).reshape(rows, CODE_BYTES)
    words = _unlike_neighbours(rows, chance)
    for step in (1, 2, 4, 8, 16, 32):  # a bit is the parity of all changes before it, itself included
        words ^= words >> np.uint64(step)
    carried = np.zeros(rows, dtype=np.uint64)
    for column in range(_WORDS):
        words[:, column] ^= np.uint64(0) - carried
        carried = words[:, column] & np.uint64(1)
    return words.astype(">u8").view(np.uint8)


def _unlike_neighbours(rows: int, chance: np.random.Generator) -> npt.NDArray[np.uint64]:
    """Words whose every bit is set with p = 0.35: one random word for each binary digit of p, from the last on."""
    words = np.zeros((rows, _WORDS), dtype=np.uint64)
    for digit in range(_DIGITS):
        fresh = chance.integers(0, 1 << 64, (rows, _WORDS), dtype=np.uint64)
        words = words | fresh if _DIFFERENT >> digit & 1 else words & fresh
    return words


def _repeat(codes: Codes, chance: np.random.Generator) -> None:
    most = max(2, len(codes) // _MOST_OFTEN)
    times = most // np.arange(1, most // 2 + 1)
    common = draw(Shape.RANDOM, len(times), int(chance.integers(1 << 30)))
    repeated = np.repeat(common, times, axis=0)[: len(codes)]
    places = chance.choice(len(codes), len(repeated), replace=False)
    codes[places] = repeated
