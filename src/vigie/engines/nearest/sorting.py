"""Compiled counting sort that makes one chunk's bucket table: two passes, each within the processor's caches.

Sorting by 23 bits at once would write to eight million places at random. Sorting by the upper bits first makes each
second pass small enough for the cache; both passes keep the order of rows, so a bucket lists its rows ascending.
"""

import numpy as np

from vigie.engines.nearest.compiled import compiled, whole
from vigie.engines.nearest.index import Array
from vigie.engines.nearest.kernels import BLOCK_BITS, HEAVY, chunk_of


@compiled
def count_upper(words: Array, rows: int, chunk: int, width: int, lower: int, counts: Array) -> None:
    """`counts[v + 1]` is the number of rows whose chunk has `v` in its bits above the `lower` lowest."""
    for row in range(rows):
        counts[(chunk_of(words, row * 4, chunk * width, width) >> lower) + 1] += 1


@compiled
def spread(words: Array, rows: int, chunk: int, width: int, lower: int, ends: Array, pairs: Array) -> None:
    """`pairs` holds (lower bits, row) of every row, grouped by the chunk's upper bits; `ends` has moved to the ends."""
    mask = (1 << lower) - 1
    for row in range(rows):
        value = chunk_of(words, row * 4, chunk * width, width)
        at = ends[value >> lower]
        pairs[at] = (np.uint64(value & mask) << np.uint64(32)) | np.uint64(row)
        ends[value >> lower] = at + 1


@compiled
def settle(pairs: Array, ends: Array, lower: int, starts: Array, postings: Array, first: int) -> None:
    """The chunk's postings are in order of their buckets from `first` on; `starts[b]` is where bucket b begins."""
    size = 1 << lower
    cursor = np.empty(size, np.int64)
    begin = 0
    for upper in range(len(ends)):
        end = ends[upper]
        cursor[:] = 0
        for at in range(begin, end):
            cursor[whole(pairs[at] >> np.uint64(32))] += 1
        total = begin
        for value in range(size):
            held = cursor[value]
            starts[(upper << lower) + value] = total
            cursor[value] = total
            total += held
        for at in range(begin, end):
            value = whole(pairs[at] >> np.uint64(32))
            postings[first + cursor[value]] = np.uint32(pairs[at] & np.uint64(0xFFFF_FFFF))
            cursor[value] += 1
        begin = end
    starts[len(ends) << lower] = begin


@compiled
def count_heavy(starts: Array) -> int:
    """Return how many blocks of buckets span more postings than 16 bits can say."""
    heavy = 0
    last = len(starts) - 1
    for begin in range(0, len(starts), 1 << BLOCK_BITS):
        end = min(begin + (1 << BLOCK_BITS) - 1, last)
        heavy += 1 if whole(starts[end]) - whole(starts[begin]) > 0xFFFF else 0
    return heavy


@compiled
def pack(
    starts: Array, chunk: int, width: int, offsets: Array, bases: Array, heavy: Array, used: int
) -> None:
    """The chunk's bounds stand as 16-bit offsets over bases; a block too wide for that has its bounds in `heavy`."""
    size = 1 << BLOCK_BITS
    stride = (1 << (width - BLOCK_BITS)) + 1 if width > BLOCK_BITS else 2
    last = len(starts) - 1
    first = chunk * ((1 << width) + 1)
    for begin in range(0, len(starts), size):
        end = min(begin + size - 1, last)
        base = whole(starts[begin])
        wide = whole(starts[end]) - base > 0xFFFF
        bases[chunk * stride + (begin >> BLOCK_BITS)] = (HEAVY | used) if wide else base
        for bucket in range(begin, end + 1):
            if wide:
                heavy[(used << BLOCK_BITS) + (bucket - begin)] = starts[bucket]
                offsets[first + bucket] = 0
            else:
                offsets[first + bucket] = whole(starts[bucket]) - base
        used += 1 if wide else 0
