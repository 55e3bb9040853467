"""After an erasure nothing in any index file gives the code back: not the rows, not the tables, not what is missing."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from engines.nearest.stores import NARROW, crash, ids_of, merge_killed, numbered, random_codes
from vigie.engines.nearest.index import Codes
from vigie.engines.nearest.kernels import bucket_bounds, chunk_of
from vigie.engines.nearest.layout import SEGMENT, Layout
from vigie.engines.nearest.manifest import Limits, read_manifest
from vigie.engines.nearest.part import NO_ROW, Part
from vigie.engines.nearest.scattering import scattered
from vigie.engines.nearest.store import CodeStore

WIDE = Limits(tail_rows=50, segment=SEGMENT)  # sixteen chunks of sixteen bits cover the whole code


def traces(part: Part) -> list[Counter[int]]:
    """What an attacker finds in each chunk's table: buckets that hold more, or other, rows than the codes say.

    Every code is known to it. A bucket whose postings are not exactly the rows that belong there has held another.
    """
    layout = part.listing.layout
    tables = (part.array("offsets"), part.array("bases"), part.array("heavy"))
    left: list[Counter[int]] = []
    for chunk in range(layout.chunks):
        belongs: dict[int, list[int]] = {}
        for row in range(part.rows):
            value = chunk_of(part.array("codes"), row * 4, chunk * layout.width, layout.width)
            belongs.setdefault(value, []).append(row)
        odd: Counter[int] = Counter()
        begin = chunk * part.rows
        for bucket in range(layout.buckets):
            low, high = bucket_bounds(chunk, bucket, layout.width, *tables)
            if part.array("postings")[begin + low : begin + high].tolist() != belongs.get(bucket, []):
                odd[bucket] += 1
        left.append(odd)
    return left


def rebuilt(part: Part) -> bytes | None:
    """The code an attacker joins from one odd bucket in each table; None when a table has none, or several."""
    layout, number = part.listing.layout, 0
    for chunk, odd in enumerate(traces(part)):
        candidates = [bucket for bucket in odd if bucket]  # zeros are what an overwritten code row would hold
        if len(candidates) != 1:
            return None
        number |= candidates[0] << (chunk * layout.width)
    kept = [number >> place & 1 for place in range(256)]
    bits = np.zeros(256, dtype=np.uint8)
    bits[np.arange(256) * 11 % 256] = kept
    return np.packbits(bits).tobytes()


def holds(folder: Path, code: bytes) -> list[str]:
    """The files in which eight bytes of the code stand in a row, wherever, as it is or as it is kept."""
    words = scattered(np.frombuffer(code, dtype=np.uint8).reshape(1, 32)).tobytes()
    pieces = [form[at : at + 8] for form in (code, words) for at in range(25)]
    return [path.name for path in folder.iterdir() if any(piece in path.read_bytes() for piece in pieces)]


def store_of(folder: Path, codes: Codes, limits: Limits) -> CodeStore:
    store = CodeStore.create(folder, limits)
    store.add(codes, numbered(len(codes)))
    store.merge()
    return store


def overwritten_in_place(folder: Path, row: int) -> Part:
    """A part as it would be if an erasure only overwrote the row and its postings where they lie."""
    listing = read_manifest(folder).parts[0]
    part = Part(folder, listing)
    postings = np.fromfile(folder / listing.arrays["postings"].file, dtype=np.uint32)
    codes = np.fromfile(folder / listing.arrays["codes"].file, dtype=np.uint64)
    postings[postings == row] = NO_ROW
    codes[4 * row : 4 * row + 4] = 0
    postings.tofile(folder / listing.arrays["postings"].file)
    codes.tofile(folder / listing.arrays["codes"].file)
    del part
    return Part(folder, listing)


def test_the_attack_succeeds_where_only_bytes_are_overwritten(tmp_path: Path) -> None:
    """Else the tests below would show nothing."""
    codes = random_codes(60)
    store_of(tmp_path, codes, WIDE).close()
    assert rebuilt(overwritten_in_place(tmp_path, 17)) == codes[17].tobytes()


@pytest.mark.parametrize("limits", [WIDE, NARROW], ids=["16x16", "11x11"])
def test_the_code_cannot_be_rebuilt_from_all_index_files(tmp_path: Path, limits: Limits) -> None:
    codes = random_codes(60)
    store = store_of(tmp_path, codes, limits)
    assert holds(tmp_path, codes[17].tobytes())
    assert store.erase(ids_of(17)) == 1
    assert holds(tmp_path, codes[17].tobytes()) == []
    for listing in read_manifest(tmp_path).parts:
        part = Part(tmp_path, listing)
        assert not any(traces(part))
        assert rebuilt(part) is None
        assert 17 not in part.ids
        assert NO_ROW not in part.array("postings")
    assert store.verify().sound
    assert len(store) == 59


def test_the_files_are_those_of_a_store_that_never_had_the_code(tmp_path: Path) -> None:
    """Byte for byte, so nothing about the code is in them, whatever an attacker knows besides."""
    codes, others = random_codes(60), [row for row in range(60) if row not in (17, 41)]
    with store_of(tmp_path / "erased", codes, WIDE) as store:
        store.erase(ids_of(17, 41))
    never = CodeStore.create(tmp_path / "never", WIDE)
    never.add(codes[others], numbered(60)[others])
    never.merge()
    erased, untouched = (read_manifest(tmp_path / name) for name in ("erased", "never"))
    assert [part.arrays for part in erased.parts] == [part.arrays for part in untouched.parts]
    assert [part.dead for part in erased.parts] == [part.dead for part in untouched.parts]


def test_the_log_and_codes_deleted_or_replaced_before_are_erased_too(tmp_path: Path) -> None:
    codes, newer = random_codes(60), random_codes(60, seed=2)
    store = store_of(tmp_path, codes, WIDE)
    store.add(newer[17:18], ids_of(17))  # the old code is dead in the part, the new one stands in the log
    store.add(newer[30:40], numbered(10, first=100))
    store.delete(ids_of(20, 105))
    assert store.erase(ids_of(17, 20, 105, 9_999)) == 1
    for gone in (codes[17], codes[20], newer[17], newer[35]):
        assert holds(tmp_path, gone.tobytes()) == []
    assert len(store) == 67
    assert store.verify().sound


def test_files_another_process_still_holds_are_overwritten(tmp_path: Path) -> None:
    codes = random_codes(60)
    store = store_of(tmp_path, codes, WIDE)
    store.add(random_codes(2, seed=5), numbered(2, first=200))
    listing, log = read_manifest(tmp_path).parts[0], read_manifest(tmp_path).logs[-1]
    row = int(Part(tmp_path, listing).rows_of(ids_of(17))[0])
    held = {kind: (tmp_path / one.file).open("rb") for kind, one in listing.arrays.items()}
    held_log = (tmp_path / log.file).open("rb")
    store.erase(ids_of(17))
    assert not (tmp_path / listing.arrays["codes"].file).exists()
    numbers = {kind: np.frombuffer(file.read(), dtype=np.uint32) for kind, file in held.items()}
    assert not numbers["codes"].reshape(-1, 8)[row].any()
    assert numbers["codes"].reshape(-1, 8)[row - 1].any()
    assert (numbers["postings"] == NO_ROW).sum() == 16
    assert row not in numbers["postings"]
    assert set(numbers["ids"].reshape(-1, 2)[row].tolist()) == {0xFFFF_FFFF}
    assert not any(held_log.read())


@pytest.mark.parametrize("step", range(10))
def test_an_erasure_cut_short_at_any_step_is_finished_by_the_next_merge(tmp_path: Path, step: int) -> None:
    codes = random_codes(60)
    store = store_of(tmp_path / "store", codes, WIDE)
    crash(store)
    shutil.copytree(tmp_path / "store", tmp_path / "again")
    store = CodeStore.open(tmp_path / "again")
    store.merge = lambda *_: None  # type: ignore[assignment, method-assign]  # the process dies within the merge below
    store.erase(ids_of(17))
    assert merge_killed(tmp_path / "again", step) == 9
    assert store.range(codes[17].tobytes(), 31) == []
    crash(store)
    again = CodeStore.open(tmp_path / "again")
    assert again.range(codes[17].tobytes(), 31) == []
    again.merge()
    assert holds(tmp_path / "again", codes[17].tobytes()) == []
    assert again.erasures_due().tolist() == []
    assert len(again) == 59


def test_an_id_erased_and_added_again_keeps_its_new_code(tmp_path: Path) -> None:
    codes, newer = random_codes(60), random_codes(1, seed=3)
    store = store_of(tmp_path, codes, WIDE)
    store.erase(ids_of(17))
    store.add(newer, ids_of(17))
    store.merge()
    store.merge()
    assert [hit.id for hit in store.range(newer.tobytes(), 0)] == [17]
    assert len(store) == 60


def test_erasing_everything_leaves_no_part(tmp_path: Path) -> None:
    store = store_of(tmp_path, random_codes(60), Limits(tail_rows=50, segment=Layout(16, 8)))
    assert store.erase(numbered(60)) == 60
    assert read_manifest(tmp_path).parts == ()
    assert not list(tmp_path.glob("*.array"))
    assert len(store) == 0
