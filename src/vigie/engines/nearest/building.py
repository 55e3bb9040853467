"""Writing a new part: rows in order of their ids, one bucket table for each chunk, every file synced and sealed."""

import os
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.files import UNFINISHED, Listed, make_array, read_in_large_pages, seal_array
from vigie.engines.nearest.index import Array
from vigie.engines.nearest.kernels import HEAVY
from vigie.engines.nearest.layout import Layout
from vigie.engines.nearest.part import KINDS, Listing, Rows, Words, bit_words, size_of, type_of
from vigie.engines.nearest.sorting import count_heavy, count_upper, pack, settle, spread

MOST_ROWS = 0x7FFF_FFFF  # a posting is 32 bits and its highest numbers are taken
_UPPER_BITS = 11  # partitions of the first pass: 2,048 streams that the second-level translation cache holds


def write_part(folder: Path, layout: Layout, count: int, blocks: Iterable[Rows], threads: int) -> Listing:
    """The `count` rows of all blocks lie in the folder as one part, durable, named by no manifest yet; all are alive.

    Raises ValueError when the blocks hold another number of rows or an id twice, OSError when the disk refuses; what
    is left of the attempt then is in no manifest, for `clear_unlisted` to remove.
    """
    if count > MOST_ROWS:
        raise ValueError(f"a part has at most {MOST_ROWS} rows, not {count}")
    name = f"part-{secrets.token_hex(8)}"
    with _cleared_on_failure(folder, name):
        listed = _write_arrays(folder, name, layout, count, blocks, threads=threads)
        for one in listed.values():
            read_in_large_pages(folder / one.file)
        return Listing(
            name, layout, count, listed, write_dead(folder, name, np.zeros(bit_words(count), "<u8"))
        )


def _write_arrays(
    folder: Path, name: str, layout: Layout, count: int, blocks: Iterable[Rows], *, threads: int
) -> dict[str, Listed]:
    """The part's arrays lie sealed in the folder, and nothing of them is mapped any more."""
    with ThreadPoolExecutor(2) as disk, ThreadPoolExecutor(threads) as pool:
        arrays = {kind: _new(folder, name, kind, layout, count) for kind in KINDS if kind != "heavy"}
        _write_rows(blocks, count, arrays)
        sealed = [disk.submit(_seal, folder, name, kind) for kind in ("codes", "ids", "groups")]
        tables = [pool.submit(_write_chunk, layout, count, chunk, arrays) for chunk in range(layout.chunks)]
        heavies, flushed = [], []
        for table in tables:
            heavies.append(table.result())
            flushed += [disk.submit(_flush, folder, name, kind) for kind in ("postings", "offsets")]
        _write_heavy(folder, name, layout, heavies, arrays["bases"])
        for one in flushed:
            one.result()  # a disk that fails says so once; and a file is renamed only when nobody opens it any more
        sealed += [
            disk.submit(_seal, folder, name, kind) for kind in ("postings", "offsets", "bases", "heavy")
        ]
        return dict(one.result() for one in sealed)


def write_dead(folder: Path, name: str, bits: Words) -> Listed:
    """The bits lie in the folder, durable, both as the part's sealed ones and as those that change."""
    live = folder / f"{name}.dead"
    if not live.exists():
        make_array(live, "<u8", len(bits))[:] = bits
    path = folder / f"{name}-dead{UNFINISHED}"
    path.unlink(missing_ok=True)
    make_array(path, "<u8", len(bits))[:] = bits
    return seal_array(path, "dead")


def _new(folder: Path, name: str, kind: str, layout: Layout, count: int) -> Array:
    size = size_of(kind, layout, count)
    return make_array(folder / f"{name}-{kind}{UNFINISHED}", type_of(kind), size or 0)


def _seal(folder: Path, name: str, kind: str) -> tuple[str, Listed]:
    return kind, seal_array(folder / f"{name}-{kind}{UNFINISHED}", kind)


def _flush(folder: Path, name: str, kind: str) -> None:
    """What is written so far is on the disk: it writes while the processor sorts the next chunk."""
    descriptor = os.open(folder / f"{name}-{kind}{UNFINISHED}", os.O_RDONLY)
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _cleared_on_failure(folder: Path, name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for path in folder.glob(f"{name}*"):
            path.unlink(missing_ok=True)
        raise


def _write_rows(blocks: Iterable[Rows], count: int, arrays: dict[str, Array]) -> None:
    """Fill codes, ids and groups in ascending order of ids; the order of rows then says nothing about codes."""
    words, ids, groups = arrays["codes"].reshape(-1, 4), arrays["ids"], arrays["groups"]
    at = 0
    for block in blocks:
        end = at + len(block.ids)
        if end > count:
            break
        words[at:end], ids[at:end], groups[at:end] = block
        at = end
    else:
        end = at
    if end != count:
        raise ValueError(f"{count} rows were announced, others came")
    if not (ids[1:] > ids[:-1]).all():
        order = np.argsort(ids, kind="stable")
        words[:], groups[:], ids[:] = words[order], groups[order], ids[order]
        if (ids[1:] == ids[:-1]).any():
            raise ValueError("an id stands twice among the rows to add")


def _write_chunk(layout: Layout, count: int, chunk: int, arrays: dict[str, Array]) -> npt.NDArray[np.uint32]:
    """Fill the chunk's table; returned are the full-width bounds of its heavy blocks."""
    lower = max(layout.width - _UPPER_BITS, 0)
    words = arrays["codes"]
    counts = np.zeros((layout.buckets >> lower) + 1, dtype=np.int64)
    count_upper(words, count, chunk, layout.width, lower, counts)
    ends = np.cumsum(counts)[:-1].copy()
    pairs = np.empty(count, dtype=np.uint64)
    spread(words, count, chunk, layout.width, lower, ends, pairs)
    starts = np.empty(layout.buckets + 1, dtype=np.uint32)
    settle(pairs, ends, lower, starts, arrays["postings"], chunk * count)
    heavy = np.zeros(count_heavy(starts) << 8, dtype=np.uint32)
    pack(starts, chunk, layout.width, arrays["offsets"], arrays["bases"], heavy, 0)
    return heavy


def _write_heavy(
    folder: Path, name: str, layout: Layout, heavies: list[npt.NDArray[np.uint32]], bases: Array
) -> None:
    """Fill the array of heavy blocks and point each chunk's bases past those of the chunks before it."""
    path = folder / f"{name}-heavy{UNFINISHED}"
    make_array(path, type_of("heavy"), sum(map(len, heavies)))[:] = np.concatenate(heavies)
    before = 0
    for own, heavy in zip(bases.reshape(layout.chunks, -1), heavies, strict=True):
        own[(own & HEAVY) != 0] += before
        before += len(heavy) >> 8
