"""A part's tables answer as a comparison of every row does: random, correlated and repeated codes, every layout."""

from pathlib import Path

import numpy as np
import pytest

from vigie.engines.nearest import building
from vigie.engines.nearest.building import write_part
from vigie.engines.nearest.files import SnapshotRefused, fault_of, read_in_large_pages
from vigie.engines.nearest.index import ALL_GROUPS, Codes, Reach
from vigie.engines.nearest.layout import BASE, SEGMENT, Layout
from vigie.engines.nearest.part import Listing, Part, Rows

NARROW = [Layout(16, 8), Layout(11, 11), Layout(4, 4), Layout(2, 9)]


def random_codes(count: int, spin: np.random.Generator) -> Codes:
    return spin.integers(0, 256, (count, 32), dtype=np.uint8)


def correlated_codes(count: int, spin: np.random.Generator) -> Codes:
    """Neighbouring bits are equal with p = 0.65, as in hashes of smooth pictures."""
    turns = spin.random((count, 256)) > 0.65
    return np.packbits(np.logical_xor.accumulate(turns, axis=1), axis=1)


def families(count: int, spin: np.random.Generator) -> Codes:
    """Ten codes with many near and equal copies."""
    bits = np.unpackbits(random_codes(10, spin)[spin.integers(0, 10, count)], axis=1)
    for row in bits[::2]:
        row[spin.choice(256, spin.integers(0, 40), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def near(codes: Codes, spin: np.random.Generator, radius: int) -> Codes:
    bits = np.unpackbits(codes, axis=1)
    for row in bits:
        row[spin.choice(256, spin.integers(0, radius + 1), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def write(folder: Path, layout: Layout, codes: Codes) -> Part:
    rows = Rows(
        codes.view(np.uint64), np.arange(len(codes), dtype=np.uint64), np.zeros(len(codes), dtype=np.uint16)
    )
    return Part(folder, write_part(folder, layout, len(codes), [rows], threads=2))


def found(part: Part, queries: Codes, radius: int, room: int) -> list[tuple[int, int, int]]:
    hits: list[tuple[int, int, int]] = []
    begin = 0
    while begin < len(queries):
        out = (np.empty(room, np.uint32), np.empty(room, np.uint64), np.empty(room, np.uint16))
        begin, held, needed = part.search(
            np.array(queries).view(np.uint64), begin, Reach(radius, radius), ALL_GROUPS, out
        )
        hits += zip(*(column[:held].tolist() for column in out), strict=True)
        room = max(room, needed)
    return hits


def expected(codes: Codes, queries: Codes, radius: int) -> set[tuple[int, int, int]]:
    words, hits = codes.view(np.uint64), set()
    for place, query in enumerate(np.array(queries).view(np.uint64)):
        distances = np.bitwise_count(words ^ query).sum(axis=1, dtype=np.int64)
        hits |= {(place, int(row), int(distances[row])) for row in np.flatnonzero(distances <= radius)}
    return hits


@pytest.mark.parametrize("layout", NARROW, ids=str)
@pytest.mark.parametrize("make", [random_codes, correlated_codes, families])
def test_narrow_tables_answer_as_a_comparison_of_every_row(
    tmp_path: Path, layout: Layout, make: type[random_codes]
) -> None:
    spin = np.random.default_rng(4)
    codes = make(3_000, spin)
    part = write(tmp_path, layout, codes)
    for radius in (0, 1, 5, 11, 23, 31, 32, 47, 90):
        queries = np.concatenate([near(codes[spin.integers(0, 3_000, 20)], spin, radius), make(5, spin)])
        hits = found(part, queries, radius, room=64)
        assert len(hits) == len(set(hits)), "a row is reported by its first matching chunk only"
        assert set(hits) == expected(codes, queries, radius)


@pytest.mark.parametrize("layout", [SEGMENT, BASE], ids=str)
@pytest.mark.parametrize("make", [random_codes, correlated_codes, families])
def test_the_layouts_in_use_answer_as_a_comparison_of_every_row(
    tmp_path: Path, layout: Layout, make: type[random_codes]
) -> None:
    spin = np.random.default_rng(5)
    codes = make(40_000, spin)
    part = write(tmp_path, layout, codes)
    for radius in (0, 9, 31):
        queries = near(codes[spin.integers(0, 40_000, 60)], spin, radius)
        hits = found(part, queries, radius, room=1_000)
        assert len(hits) == len(set(hits))
        assert set(hits) == expected(codes, queries, radius)


@pytest.mark.parametrize("layout", [SEGMENT, Layout(16, 8), Layout(11, 12)], ids=str)
def test_one_code_a_hundred_thousand_times_loses_nothing(tmp_path: Path, layout: Layout) -> None:
    """More rows in one bucket than 16 bits can say, with other rows before and after it."""
    spin = np.random.default_rng(6)
    codes = random_codes(120_000, spin)
    codes[10_000:110_000] = codes[0]
    part = write(tmp_path, layout, codes)
    assert part.listing.arrays["heavy"].size >= layout.chunks * 256 * 4
    queries = np.concatenate([near(codes[:1], spin, 31), near(codes[[9_999, 110_000, 119_999]], spin, 31)])
    hits = found(part, queries, 31, room=10)
    assert len(hits) == 100_001 + 3
    assert set(hits) == expected(codes, queries, 31)


def test_a_query_pays_for_each_copy_once_and_not_for_pairs_of_copies(tmp_path: Path) -> None:
    """Sixteen chunks hold each copy, so sixteen comparisons a copy, however many there are."""
    spin = np.random.default_rng(7)
    spent = []
    for copies in (10_000, 100_000):
        folder = tmp_path / str(copies)
        folder.mkdir()
        part = write(folder, SEGMENT, random_codes(1, spin).repeat(copies, axis=0))
        query = part.array("codes")[:4].view(np.uint8).reshape(1, 32)
        found(part, query, 31, room=2 * copies)
        times = []
        for _ in range(7):
            out = (np.empty(copies, np.uint32), np.empty(copies, np.uint64), np.empty(copies, np.uint16))
            begun = _thread_seconds()
            part.search(np.array(query).view(np.uint64), 0, Reach(31, 31), ALL_GROUPS, out)
            times.append(_thread_seconds() - begun)
        spent.append(min(times))
    assert spent[1] < 40 * spent[0], "ten times the copies: a hundred times would be pairs"


def _thread_seconds() -> float:
    import time

    return time.thread_time()


def test_what_was_written_is_read_again_in_large_pages_once_nobody_has_it_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped_then: dict[str, bool] = {}

    def noted(path: Path) -> None:
        mapped_then[path.name] = str(path) in Path("/proc/self/maps").read_text(encoding="ascii")
        read_in_large_pages(path)

    monkeypatch.setattr(building, "read_in_large_pages", noted)
    codes = random_codes(200_000, np.random.default_rng(9))  # 6.4 MB of codes: more than a large page
    part = write(tmp_path, NARROW[1], codes)
    assert mapped_then == {one.file: False for one in part.listing.arrays.values()}
    assert found(part, codes[:5], 0, 10) == [(place, place, 0) for place in range(5)]
    assert [one for one in part.listing.arrays.values() if fault_of(tmp_path, one)] == []


def test_rows_are_found_by_id_whatever_order_they_came_in(tmp_path: Path) -> None:
    spin = np.random.default_rng(8)
    codes, ids = random_codes(500, spin), spin.permutation(500).astype(np.uint64)
    groups = (ids % 7).astype(np.uint16)
    blocks = [
        Rows(codes[span].view(np.uint64), ids[span], groups[span]) for span in (slice(300), slice(300, 500))
    ]
    part = Part(tmp_path, write_part(tmp_path, Layout(16, 8), 500, blocks, threads=1))
    rows = part.rows_of(np.array([3, 499, 7_000], dtype=np.uint64))
    assert part.ids[rows].tolist() == [3, 499]
    stored = part.array("codes").reshape(-1, 4)[rows].view(np.uint8)
    assert (
        stored.tobytes()
        == codes[[int(np.flatnonzero(ids == 3)[0]), int(np.flatnonzero(ids == 499)[0])]].tobytes()
    )
    assert (part.array("groups") == part.ids % 7).all()


@pytest.mark.parametrize("announced", [9, 11])
def test_another_number_of_rows_than_announced_is_refused_and_leaves_nothing(
    tmp_path: Path, announced: int
) -> None:
    rows = Rows(np.zeros((10, 4), np.uint64), np.arange(10, dtype=np.uint64), np.zeros(10, np.uint16))
    with pytest.raises(ValueError, match="rows were announced"):
        write_part(tmp_path, Layout(16, 8), announced, [rows], threads=1)
    assert list(tmp_path.iterdir()) == []


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    rows = Rows(np.zeros((2, 4), np.uint64), np.array([4, 4], dtype=np.uint64), np.zeros(2, np.uint16))
    with pytest.raises(ValueError, match="an id stands twice"):
        write_part(tmp_path, Layout(16, 8), 2, [rows], threads=1)


def test_a_listing_that_does_not_fit_its_layout_is_refused(tmp_path: Path) -> None:
    listing = write(tmp_path, Layout(16, 8), random_codes(50, np.random.default_rng(1))).listing
    with pytest.raises(SnapshotRefused, match="the layout has 204"):
        Part(tmp_path, Listing(listing.name, listing.layout, 51, listing.arrays, listing.dead))
