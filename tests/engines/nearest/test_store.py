"""The store: durable, seen at once by every reader, one writer, nothing silently incomplete."""

import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from engines.nearest.stores import NARROW, crash, ids_of, merge_killed, numbered, random_codes
from vigie.engines.nearest.files import SnapshotRefused
from vigie.engines.nearest.index import Hit
from vigie.engines.nearest.log import encoded, noted
from vigie.engines.nearest.manifest import Limits, read_manifest
from vigie.engines.nearest.merging import merge, rewrite
from vigie.engines.nearest.reader import CodeReader
from vigie.engines.nearest.store import CodeStore, StoreInUse


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The operating system refuses to let any file of this process grow past `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def filled(folder: Path, count: int = 40) -> CodeStore:
    """A store with a part, a log, and rows deleted from both."""
    store, codes = CodeStore.create(folder, NARROW), random_codes(count)
    store.add(codes[: count // 2], numbered(count // 2))
    store.merge()
    store.add(codes[count // 2 :], numbered(count - count // 2, first=count // 2))
    store.delete(ids_of(1, count - 1))
    return store


def answers(index: CodeReader, count: int = 40) -> set[int]:
    return {hit.id for hits in index.range_many(random_codes(count), 31) for hit in hits}


EXPECTED = set(range(40)) - {1, 39}


def test_every_change_outlives_a_crash(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.note("up to here")
    crash(store)
    again = CodeStore.open(tmp_path)
    assert answers(again) == EXPECTED
    assert again.noted() == "up to here"
    assert len(again) == 38
    assert again.verify().sound


def test_a_reader_sees_each_change_at_its_next_call(tmp_path: Path) -> None:
    store, codes = CodeStore.create(tmp_path, NARROW), random_codes(3)
    reader = CodeReader.open(tmp_path)
    assert reader.range(codes[0].tobytes(), 31) == []
    store.add(codes, numbered(3))
    assert reader.range(codes[0].tobytes(), 31) == [Hit(0, 0)]
    store.merge()
    assert reader.range(codes[0].tobytes(), 31) == [Hit(0, 0)]
    store.delete(ids_of(0))
    assert reader.range(codes[0].tobytes(), 31) == []
    store.add(codes[2:], ids_of(1))  # the id names another code from now on
    assert reader.range(codes[1].tobytes(), 31) == []
    assert reader.range(codes[2].tobytes(), 31) == [Hit(1, 0), Hit(2, 0)]
    assert len(reader) == 2
    store.note("17")
    assert reader.noted() == "17"
    reader.close()


def test_notes_outlive_merges(tmp_path: Path) -> None:
    store = CodeStore.create(tmp_path, NARROW)
    assert store.noted() == ""
    store.note("first")
    store.add(random_codes(1), numbered(1))
    store.merge()
    assert store.noted() == "first"
    store.note("second")
    store.merge()
    store.merge()
    crash(store)
    assert CodeStore.open(tmp_path).noted() == "second"


def test_a_store_has_one_writer(tmp_path: Path) -> None:
    store = CodeStore.create(tmp_path, NARROW)
    with pytest.raises(StoreInUse, match="another process is the writer"):
        CodeStore.open(tmp_path)
    store.close()
    with CodeStore.open(tmp_path) as again:
        assert len(again) == 0
    with pytest.raises(FileExistsError, match="a store here already"):
        CodeStore.create(tmp_path)


def test_the_writer_follows_a_merge_of_another_process(tmp_path: Path) -> None:
    store = filled(tmp_path)
    assert store.merge_due
    merge(tmp_path)
    assert not filled_tail(store)
    assert store.delete(ids_of(5, 25, 77)) == 2
    store.add(random_codes(1, seed=9), ids_of(30))
    assert answers(store) == EXPECTED - {5, 25, 30}
    assert answers(CodeReader.open(tmp_path)) == EXPECTED - {5, 25, 30}
    assert store.verify().sound


def filled_tail(store: CodeStore) -> bool:
    store.refresh()
    return store.merge_due


def test_changes_made_while_a_merge_runs_are_in_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vigie.engines.nearest import merging

    store, swap = filled(tmp_path), merging._swap

    def swap_late(*arguments: object) -> object:
        store.delete(ids_of(2, 22))
        store.add(random_codes(1, seed=9), ids_of(3))
        return swap(*arguments)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(merging, "_swap", swap_late)
    store.merge()
    assert answers(store) == EXPECTED - {2, 22, 3}
    assert store.range(random_codes(1, seed=9).tobytes(), 0) == [Hit(3, 0)]
    assert store.verify().sound
    crash(store)
    assert answers(CodeStore.open(tmp_path)) == EXPECTED - {2, 22, 3}


@pytest.mark.parametrize("step", range(10))
def test_a_merge_killed_at_any_step_leaves_a_sound_store(tmp_path: Path, step: int) -> None:
    store = filled(tmp_path)
    reader = CodeReader.open(tmp_path)
    assert merge_killed(tmp_path, step) == (9 if step < 9 else 0)
    assert answers(reader) == EXPECTED
    store.delete(ids_of(4))
    assert answers(reader) == answers(store) == EXPECTED - {4}
    store.merge()
    assert store.verify().sound
    assert {path.name for path in tmp_path.iterdir()} == read_manifest(tmp_path).files | {
        "manifest.json",
        "state",
        "writer.lock",
        "change.lock",
        "merge.lock",
    }
    crash(store)
    assert answers(CodeStore.open(tmp_path)) == EXPECTED - {4}


def test_rewriting_leaves_one_part_without_dead_rows(tmp_path: Path) -> None:
    store = filled(tmp_path)
    rewrite(tmp_path)
    assert answers(store) == EXPECTED
    assert store.verify().deleted == 0
    assert len(read_manifest(tmp_path).parts) == 1
    store.delete(numbered(40))
    rewrite(tmp_path)
    assert len(store) == 0
    assert read_manifest(tmp_path).parts == ()


def test_parts_stay_few_however_often_is_merged(tmp_path: Path) -> None:
    store = CodeStore.create(tmp_path, NARROW)
    for step in range(60):
        store.add(random_codes(3, seed=step), numbered(3, first=3 * step))
        store.merge()
        assert len(read_manifest(tmp_path).parts) <= 4
    assert len(store) == 180
    assert read_manifest(tmp_path).parts[0].layout == NARROW.base


def test_a_disk_that_refuses_a_change_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with files_of_at_most(1_000), pytest.raises(OSError, match="too large"):
        store.add(random_codes(500, seed=3), numbered(500, first=100))
    assert len(store) == 38
    store.add(random_codes(1, seed=3), ids_of(100))
    crash(store)
    assert len(CodeStore.open(tmp_path)) == 39


def test_a_disk_that_refuses_a_merge_is_named_and_the_old_generation_answers(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with files_of_at_most(6_000), pytest.raises(OSError, match=r"no room for \d+ bytes.*part-"):
        store.merge()
    assert not list(tmp_path.glob("*.unfinished"))
    assert answers(store) == EXPECTED
    store.delete(ids_of(6))
    store.merge()
    assert answers(CodeReader.open(tmp_path)) == EXPECTED - {6}


def test_a_disk_that_refuses_even_the_manifest_is_named(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with files_of_at_most(1_500), pytest.raises(OSError, match=r"manifest\.json"):
        store.merge()
    assert answers(store) == EXPECTED
    store.merge()
    assert answers(CodeReader.open(tmp_path)) == EXPECTED


def test_a_disk_that_refuses_an_erasure_keeps_it_on_record(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with files_of_at_most(6_000), pytest.raises(OSError, match="no room"):
        store.erase(ids_of(7))
    assert answers(store) == EXPECTED - {7}
    assert store.erasures_due().tolist() == [7]
    store.merge()
    assert store.erasures_due().tolist() == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


@pytest.mark.parametrize("harm", [cut, lengthen, Path.unlink])
def test_a_missing_or_cut_file_is_refused_by_name_at_open(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    filled(tmp_path / "store").close()
    for name in sorted(read_manifest(tmp_path / "store").files | {"manifest.json"}):
        path = tmp_path / "store" / name
        if name.endswith(".dead") or (harm is cut and not path.stat().st_size):
            continue  # bits that change are made anew from the sealed ones and the logs; an empty file has no end
        if harm is lengthen and name.endswith(".records"):
            continue  # bytes after the last record are a write that a crash cut short: cut off, nobody was told of it
        before = path.read_bytes()
        harm(path)
        with pytest.raises(SnapshotRefused, match=name):
            CodeStore.open(tmp_path / "store")
        with pytest.raises(SnapshotRefused, match=name):
            CodeReader.open(tmp_path / "store")
        path.write_bytes(before)
    assert answers(CodeStore.open(tmp_path / "store")) == EXPECTED


def test_a_flipped_bit_is_found_by_the_check_in_every_file(tmp_path: Path) -> None:
    store = filled(tmp_path)
    for name in sorted(read_manifest(tmp_path).files):
        path = tmp_path / name
        content = bytearray(path.read_bytes())
        for at in (0, len(content) // 2, len(content) - 1) if content else ():
            content[at] ^= 4
            with path.open("r+b") as file:
                file.write(content)
            faults = store.verify().faults
            assert any(name in fault for fault in faults), (name, at, faults)
            content[at] ^= 4
            with path.open("r+b") as file:
                file.write(content)
    assert store.verify().sound


def test_a_log_cut_off_at_a_record_is_refused_for_it_had_been_acknowledged(tmp_path: Path) -> None:
    store = filled(tmp_path)
    log = tmp_path / read_manifest(tmp_path).logs[-1].file
    length = log.stat().st_size
    store.note("acknowledged")
    crash(store)
    with log.open("r+b") as file:
        file.truncate(length)
    with pytest.raises(SnapshotRefused, match="the log is cut off"):
        CodeStore.open(tmp_path)


def test_a_write_a_crash_cut_short_is_cut_off(tmp_path: Path) -> None:
    store = filled(tmp_path)
    crash(store)
    log = tmp_path / read_manifest(tmp_path).logs[-1].file
    with log.open("ab") as file:
        file.write(encoded(noted("nobody was told"))[:-4])
    again = CodeStore.open(tmp_path)
    assert again.noted() == ""
    assert answers(again) == EXPECTED
    again.note("said")
    assert again.noted() == "said"
    assert again.verify().sound


@pytest.mark.parametrize(
    "harm", [cut, Path.unlink, lambda path: path.write_bytes(bytes(path.stat().st_size))]
)
def test_bits_that_change_are_made_anew_at_open(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    store = filled(tmp_path)
    crash(store)
    harm(next(tmp_path.glob("*.dead")))
    again = CodeStore.open(tmp_path)
    assert answers(again) == EXPECTED
    assert again.verify().sound


def test_the_state_file_is_made_anew_at_open(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (tmp_path / "state").unlink()
    with pytest.raises(SnapshotRefused, match="state"):
        CodeReader.open(tmp_path)
    with CodeStore.open(tmp_path) as again:
        assert answers(again) == EXPECTED


def test_all_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    store = filled(tmp_path / "store")
    store.merge()
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "store").iterdir())


def test_a_store_built_from_blocks_holds_them_all(tmp_path: Path) -> None:
    codes, groups = random_codes(100), np.arange(100, dtype=np.uint16) % 3
    blocks = [(codes[span], numbered(100)[span], groups[span]) for span in (slice(60), slice(60, 100))]
    store = CodeStore.build(tmp_path, 100, blocks, NARROW)
    only = np.zeros(65_536, dtype=np.bool_)
    only[2] = True
    assert {hit.id for hits in store.range_many(codes, 0, only) for hit in hits} == set(range(2, 100, 3))
    assert len(store) == 100
    with pytest.raises(ValueError, match="stands twice"):
        CodeStore.build(tmp_path / "twice", 4, [(codes[:2], numbered(2), groups[:2])] * 2, NARROW)
    with pytest.raises(ValueError, match="N x 32 bytes"):
        CodeStore.build(tmp_path / "short", 2, [(codes[:2, :31], numbered(2), groups[:2])], NARROW)
    assert not any((tmp_path / "twice").iterdir())


def test_bulk_queries_answer_as_single_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vigie.engines.nearest import reader

    monkeypatch.setattr(reader, "BLOCK_QUERIES", 7)
    store, codes = filled(tmp_path), random_codes(40)
    for threads in (1, 2, 3):
        found = store.range_arrays(codes, 120, threads=threads)
        assert [column.dtype for column in found] == [np.uint32, np.uint64, np.uint16]
        one_by_one = [
            (place, hit.id, hit.distance)
            for place, code in enumerate(codes)
            for hit in store.range(code.tobytes(), 120)
        ]
        assert list(zip(*(column.tolist() for column in found), strict=True)) == one_by_one
    assert [begin for begin, _ in store.range_blocks(codes, 31)] == [0, 7, 14, 21, 28, 35]
    assert len(store.range_arrays(codes[:0], 31).ids) == 0


def test_preloading_changes_no_answer(tmp_path: Path) -> None:
    filled(tmp_path).close()
    reader = CodeReader.open(tmp_path)
    reader.preload()
    assert answers(reader) == EXPECTED


def test_wrong_ids_are_refused(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with pytest.raises(ValueError, match="ids are a row of 64-bit numbers"):
        store.delete(np.array([1], dtype=np.int64))  # type: ignore[arg-type]  # the point
    with pytest.raises(ValueError, match="ids are a row of 64-bit numbers"):
        store.erase(np.array([[1]], dtype=np.uint64))
    assert store.delete(ids_of()) == store.erase(ids_of()) == 0
    assert len(store) == 38


def test_a_folder_of_another_format_is_refused(tmp_path: Path) -> None:
    from vigie.engines.nearest.flat import FlatIndex

    FlatIndex().snapshot(tmp_path)
    with pytest.raises(SnapshotRefused, match="holds vigie-nearest-1, not vigie-codes-2"):
        CodeStore.open(tmp_path)
    with pytest.raises(SnapshotRefused, match="there is no snapshot here"):
        CodeStore.open(tmp_path / "nowhere")


def test_a_sealed_copy_is_not_restored_over_a_store(tmp_path: Path) -> None:
    store = filled(tmp_path / "store")
    store.snapshot(tmp_path / "sealed")
    with pytest.raises(FileExistsError, match="a store here already"):
        CodeStore.restore(tmp_path / "sealed", tmp_path / "store")
    with CodeStore.restore(tmp_path / "sealed", tmp_path / "other") as other:
        assert answers(other) == EXPECTED


def test_a_tail_of_thousands_is_scanned_and_keeps_what_was_deleted(tmp_path: Path) -> None:
    store, codes = CodeStore.create(tmp_path), random_codes(7_000)
    for begin in range(0, 7_000, 1_000):
        store.add(codes[begin : begin + 1_000], numbered(1_000, first=begin))
        store.delete(ids_of(begin))
    assert {hit.id for hits in store.range_many(codes[::500], 31) for hit in hits} == {
        number for number in range(0, 7_000, 500) if number % 1_000
    }
    assert len(store) == 6_993


def test_clearing_up_leaves_what_is_not_the_stores(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("someone's", encoding="utf-8")
    store = filled(tmp_path)
    store.merge()
    rewrite(tmp_path)
    assert (tmp_path / "notes.txt").exists()


def test_what_a_search_comes_across_beyond_its_radius_is_returned_when_asked_for(tmp_path: Path) -> None:
    codes, spin = random_codes(3_000), np.random.default_rng(9)
    with CodeStore.create(tmp_path, Limits(tail_rows=500)) as store:
        store.add(codes[:2_500], numbered(2_500))
        store.merge()
        store.add(codes[2_500:], numbered(500, first=2_500))  # these are scanned, those have tables
        queries, apart = codes.copy(), spin.integers(25, 42, len(codes))
        for query, bits in zip(queries, apart.tolist(), strict=True):
            places = spin.choice(256, bits, replace=False)
            np.bitwise_xor.at(query, places // 8, (1 << (places % 8)).astype(np.uint8))
        surely, more = store.range_arrays(queries, 31), store.range_arrays(queries, 31, glimpsed=38)
    within = more.distances <= 31
    assert [column.tolist() for column in surely] == [column[within].tolist() for column in more]
    assert surely.queries.tolist() == np.flatnonzero(apart <= 31).tolist()
    assert (more.distances == apart[more.queries]).all()
    assert more.distances.max() == 38
    assert len(more.queries) > 0.99 * np.count_nonzero(apart <= 38)
