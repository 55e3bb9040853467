"""Compiled search over one part's tables and over plain rows: the memory is asked for early, so that misses overlap.

A search of ten million codes reads some eight thousand places that lie nowhere near each other. One after the other
they would cost 80 ns each; asked for ahead of their use they cost about 15. So each step first asks for everything
it will read (bucket bounds, then postings, then code rows) and reads afterwards.
"""

import numpy as np

from vigie.engines.nearest.compiled import compiled, ones, prefetch, whole
from vigie.engines.nearest.index import Array

BLOCK_BITS = 8  # buckets that share one base: 256, so that all bases of 11 x 23 (1.4 MB) stay near the core
HEAVY = 0x8000_0000  # set in a base: the block has its own full-width bounds, because 16 bits cannot span it
_WAITING = 512  # candidates asked for before the first of them is read: 32 KB of rows, the innermost cache


@compiled
def chunk_of(words: Array, at: int, first_bit: int, width: int) -> int:
    """Return `width` bits of the 256-bit code whose four words begin at `at`, from bit `first_bit` on."""
    word = first_bit >> 6
    shift = np.uint64(first_bit & 63)
    value = words[at + word] >> shift
    if (first_bit & 63) + width > 64:
        value |= words[at + word + 1] << np.uint64(64 - (first_bit & 63))
    return whole(value & np.uint64((1 << width) - 1))


@compiled
def _distance(query: Array, words: Array, row: int) -> int:
    at = row * 4
    return (
        ones(query[0] ^ words[at])
        + ones(query[1] ^ words[at + 1])
        + ones(query[2] ^ words[at + 2])
        + ones(query[3] ^ words[at + 3])
    )


@compiled
def _start(chunk: int, bucket: int, width: int, offsets: Array, bases: Array, heavy: Array) -> int:
    """Return where the bucket's postings begin within the chunk's postings."""
    stride = (1 << (width - BLOCK_BITS)) + 1 if width > BLOCK_BITS else 2
    base = whole(bases[chunk * stride + (bucket >> BLOCK_BITS)])
    if base & HEAVY:
        return whole(heavy[((base & ~HEAVY) << BLOCK_BITS) + (bucket & ((1 << BLOCK_BITS) - 1))])
    return base + whole(offsets[chunk * ((1 << width) + 1) + bucket])


@compiled
def bucket_bounds(
    chunk: int, bucket: int, width: int, offsets: Array, bases: Array, heavy: Array
) -> tuple[int, int]:
    """Return where the bucket's postings begin and end within the chunk's postings."""
    return (
        _start(chunk, bucket, width, offsets, bases, heavy),
        _start(chunk, bucket + 1, width, offsets, bases, heavy),
    )


@compiled
def _ask_for_bounds(chunk: int, value: int, width: int, probes: int, masks: Array, offsets: Array) -> None:
    first = chunk * ((1 << width) + 1)
    for probe in range(probes):
        prefetch(offsets, first + (value ^ whole(masks[probe])))


@compiled
def _bounds(
    chunk: int,
    value: int,
    width: int,
    probes: int,
    rows: int,
    masks: Array,
    offsets: Array,
    bases: Array,
    heavy: Array,
    postings: Array,
    lows: Array,
    highs: Array,
) -> int:
    """Return how many buckets hold postings; their bounds stand in `lows` and `highs`, their postings are asked for."""
    used = 0
    first = chunk * rows
    for probe in range(probes):
        bucket = value ^ whole(masks[probe])
        low, high = bucket_bounds(chunk, bucket, width, offsets, bases, heavy)
        lows[used] = first + low
        highs[used] = first + high
        used += 1 if high > low else 0  # no branch: whether a bucket is empty cannot be guessed
        prefetch(postings, first + low)
    return used


@compiled
def _seen_before(query: Array, words: Array, row: int, chunk: int, width: int, flips: Array) -> bool:
    """True when an earlier chunk has reported this row: each row is reported by its first matching chunk only."""
    for earlier in range(chunk):
        if flips[earlier] < 0:
            continue
        first = earlier * width
        apart = chunk_of(query, 0, first, width) ^ chunk_of(words, row * 4, first, width)
        if ones(np.uint64(apart)) <= flips[earlier]:
            return True
    return False


@compiled
def _alive(dead: Array, row: int) -> bool:
    return bool((dead[row >> 6] >> np.uint64(row & 63)) & np.uint64(1) == 0)


@compiled
def _keep(
    found: int, which: int, row: int, distance: int, ids: Array, out: tuple[Array, Array, Array]
) -> int:
    """Return how many hits there are now; those past the room are counted, not written."""
    if found < len(out[0]):
        out[0][found] = which
        out[1][found] = ids[row]
        out[2][found] = distance
    return found + 1


@compiled
def _compare(
    waiting: Array,
    count: int,
    which: int,
    query: Array,
    radius: int,
    chunk: int,
    width: int,
    flips: Array,
    rows: tuple[Array, Array, Array, Array, Array],
    out: tuple[Array, Array, Array],
    found: int,
) -> int:
    words, ids, groups, dead, allowed = rows
    for place in range(count):
        row = whole(waiting[place])
        distance = _distance(query, words, row)
        if distance > radius:
            continue
        if not _alive(dead, row) or not allowed[groups[row]]:
            continue
        if not _seen_before(query, words, row, chunk, width, flips):
            found = _keep(found, which, row, distance, ids, out)
    return found


@compiled
def _search_one(
    which: int,
    query: Array,
    radius: int,
    width: int,
    flips: Array,
    probes: Array,
    masks: Array,
    tables: tuple[Array, Array, Array, Array],
    rows: tuple[Array, Array, Array, Array, Array],
    out: tuple[Array, Array, Array],
    found: int,
    scratch: tuple[Array, Array, Array],
) -> int:
    """Return how many hits there are with this query's.

    Three chunks are under way at once: of one the bounds are read and the postings asked for, of the one before it
    the postings are read and the rows asked for, of the one before that the last rows are compared.
    """
    offsets, bases, heavy, postings = tables
    lows, highs, waiting = scratch
    held = len(rows[1])
    chunks = len(flips)
    used = count = 0
    _ask_for_bounds(0, chunk_of(query, 0, 0, width), width, probes[0], masks, offsets)
    for chunk in range(chunks + 1):
        fresh = 0
        if chunk + 1 < chunks:
            later = chunk_of(query, 0, (chunk + 1) * width, width)
            _ask_for_bounds(chunk + 1, later, width, probes[chunk + 1], masks, offsets)
        if chunk < chunks:
            value = chunk_of(query, 0, chunk * width, width)
            fresh = _bounds(
                chunk, value, width, probes[chunk], held, masks, offsets, bases, heavy, postings,
                lows[chunk & 1], highs[chunk & 1],
            )  # fmt: skip
        found = _compare(waiting, count, which, query, radius, chunk - 2, width, flips, rows, out, found)
        count = 0
        for bucket in range(used):
            for place in range(lows[(chunk - 1) & 1][bucket], highs[(chunk - 1) & 1][bucket]):
                row = whole(postings[place])
                if row >= held:  # what an erased posting was overwritten with
                    continue
                waiting[count] = row
                prefetch(rows[0], row * 4)
                count += 1
                if count == _WAITING:
                    found = _compare(
                        waiting, count, which, query, radius, chunk - 1, width, flips, rows, out, found
                    )
                    count = 0
        used = fresh
    return _compare(waiting, count, which, query, radius, chunks - 1, width, flips, rows, out, found)


@compiled
def search_tables(
    queries: Array,
    begin: int,
    radius: int,
    width: int,
    flips: Array,
    probes: Array,
    masks: Array,
    tables: tuple[Array, Array, Array, Array],
    rows: tuple[Array, Array, Array, Array, Array],
    out: tuple[Array, Array, Array],
) -> tuple[int, int, int]:
    """Return (queries done, hits written, room the next query needs) of a search by tables from query `begin` on.

    `queries`: Q x 4 words; `flips`, `probes`: per chunk; `masks`: the flips to probe, fewest first; `tables`: offsets,
    bases, heavy bounds, postings; `rows`: words, ids, groups, dead bits, allowed groups; `out`: query, id, distance.
    Stops before the first query whose hits do not fit any more.
    """
    scratch = (
        np.empty((2, len(masks)), np.int64),
        np.empty((2, len(masks)), np.int64),
        np.empty(_WAITING, np.uint32),
    )
    found = 0
    for which in range(begin, len(queries)):
        before = found
        found = _search_one(
            which, queries[which], radius, width, flips, probes, masks, tables, rows, out, found, scratch
        )
        if found > len(out[0]):
            return which, before, found - before
    return len(queries), found, 0


@compiled
def search_rows(
    queries: Array,
    begin: int,
    radius: int,
    used: int,
    rows: tuple[Array, Array, Array, Array, Array],
    out: tuple[Array, Array, Array],
) -> tuple[int, int, int]:
    """Return what `search_tables` returns, by comparing the first `used` rows one after the other: any radius."""
    words, ids, groups, dead, allowed = rows
    found = 0
    for which in range(begin, len(queries)):
        before = found
        query = queries[which]
        for row in range(used):
            distance = _distance(query, words, row)
            if distance <= radius and _alive(dead, row) and allowed[groups[row]]:
                found = _keep(found, which, row, distance, ids, out)
        if found > len(out[0]):
            return which, before, found - before
    return len(queries), found, 0
