"""How codes are cut into chunks, how many bits may differ in each, and why no near code is ever missed.

A code of 256 bits is cut into C chunks of w bits that do not overlap (they need not cover every bit). For a radius r
each chunk i is searched for all values that differ in at most f_i bits, with

    (f_1 + 1) + (f_2 + 1) + ... + (f_C + 1)  =  r + 1.

Exact: suppose a stored code were within r bits of the query and no chunk found it. Then chunk i differs in at least
f_i + 1 bits, for every i. The chunks do not overlap, so the codes differ in at least r + 1 bits: a contradiction.
(f_i = -1 means that chunk i is not searched at all; its term is 0.) This is the general pigeonhole principle of
multi-index hashing (Norouzi, Punjani, Fleet 2014).

At r = 31: 16 chunks of 16 bits, one flip in each (16 x 2 = 32); 11 chunks of 23 bits, two flips in ten of them and
one in the last (10 x 3 + 2 = 32), which leaves three bits of the code in no chunk, rightly.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.index import CODE_BITS

MOST_FLIPS = 2  # three flips in 23 bits are 2,048 buckets a chunk: comparing every row is as good
LEAST_WIDTH, MOST_WIDTH = 4, 24  # bits of a chunk


class Plan(NamedTuple):
    """What a search by tables probes: bits that may differ and buckets read, per chunk; and the flips themselves."""

    flips: npt.NDArray[np.int64]
    probes: npt.NDArray[np.int64]
    masks: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Layout:
    """`chunks` chunks of `width` bits each. Raises ValueError when they do not fit into 256 bits."""

    chunks: int
    width: int

    def __post_init__(self) -> None:
        if not LEAST_WIDTH <= self.width <= MOST_WIDTH or not 1 <= self.chunks <= CODE_BITS // self.width:
            raise ValueError(
                f"{self.chunks} chunks of {self.width} bits do not lie apart in {CODE_BITS} bits"
            )

    @property
    def buckets(self) -> int:
        """How many buckets each chunk has."""
        return 1 << self.width

    def plan(self, radius: int) -> Plan | None:
        """Return how to search this radius by tables; None when every row must be compared instead."""
        return _plan(self.chunks, self.width, radius)


SEGMENT = Layout(chunks=16, width=16)
BASE = Layout(chunks=11, width=23)


@lru_cache(maxsize=1024)  # 257 radii for each of a few layouts
def _plan(chunks: int, width: int, radius: int) -> Plan | None:
    each, rest = divmod(radius + 1, chunks)
    flips = np.array([each - 1 + (chunk < rest) for chunk in range(chunks)], dtype=np.int64)
    if flips.max() > MOST_FLIPS:
        return None
    masks = [
        sum(1 << bit for bit in bits)
        for count in range(max(int(flips.max()), 0) + 1)
        for bits in combinations(range(width), count)
    ]
    within = [0, *np.cumsum([1, width, width * (width - 1) // 2]).tolist()]
    probes = np.array([within[each_flips + 1] for each_flips in flips.tolist()], dtype=np.int64)
    return Plan(flips, probes, np.array(masks, dtype=np.uint32))
