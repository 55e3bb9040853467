"""Digests are found exactly, by any process, at once; what is deleted is gone; what is damaged is refused."""

import errno
import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.source import SOURCE
from vigie.engines.digest_tables import DigestReader, DigestsRefused, DigestTable, runs
from vigie.engines.digest_tables.columns import Bytes, Rows


def random_digests(count: int, width: int = 32, seed: int = 1) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (count, width), dtype=np.uint8)


def numbered(count: int, first: int = 0) -> Rows:
    return np.arange(first, first + count, dtype=np.uint64)


def pairs(table: DigestReader, digests: Bytes) -> list[tuple[int, int]]:
    found = table.look_up(digests)
    return list(zip(found.which.tolist(), found.rows.tolist(), strict=True))


@pytest.fixture
def full(tmp_path: Path) -> DigestTable:
    """A table of 50,000 digests of 32 bytes in a run of many blocks, and ten more in the tail."""
    table = DigestTable.create(tmp_path / "table", 32)
    table.add(random_digests(50_000), numbered(50_000))
    table.add(random_digests(10, seed=2), numbered(10, 50_000))
    return table


@pytest.mark.parametrize("width", [16, 20, 32])
def test_every_digest_leads_to_its_rows_and_no_other_does(tmp_path: Path, width: int) -> None:
    table = DigestTable.create(tmp_path, width)
    known = random_digests(20_000, width)
    table.add(known, numbered(20_000))
    table.add(known[:5], numbered(5, 90_000))
    asked = np.concatenate([known[::7], random_digests(500, width, seed=9), known[:2]])
    expected = [
        (place, row)
        for place, digest in enumerate(range(0, 20_000, 7))
        for row in ([digest, 90_000 + digest] if digest < 5 else [digest])
    ]
    expected += [(3358, 0), (3358, 90_000), (3359, 1), (3359, 90_001)]
    assert pairs(table, asked) == expected
    assert table.rows_of(known[3].tobytes()) == [3, 90_003]
    assert len(table) == 20_005


def test_digests_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    table = DigestTable.create(tmp_path, 20)
    digests = random_digests(30_000, 20)
    digests[:, :8] = digests[0, :8]
    table.add(digests, numbered(30_000))
    assert pairs(table, digests[[7, 29_999]]) == [(0, 7), (1, 29_999)]
    other = digests[:1].copy()
    other[0, 19] ^= 1
    assert pairs(table, other) == []


def test_one_digest_may_stand_for_many_rows(tmp_path: Path) -> None:
    table = DigestTable.create(tmp_path, 16)
    table.add(np.repeat(random_digests(1, 16), 20_000, axis=0), numbered(20_000))
    assert len(table.rows_of(random_digests(1, 16).tobytes())) == 20_000
    table.delete(numbered(19_999))
    assert table.rows_of(random_digests(1, 16).tobytes()) == [19_999]


def test_adding_what_is_there_changes_nothing(full: DigestTable) -> None:
    for count in (3, 20_000):
        full.add(random_digests(count), numbered(count))
    full.add(np.repeat(random_digests(1, seed=3), 3, axis=0), np.array([7, 7, 8], dtype=np.uint64))
    assert len(full) == 50_012
    assert full.rows_of(random_digests(1, seed=3).tobytes()) == [7, 8]


@pytest.mark.parametrize("length", [1, 9, 144])
def test_opaque_hashes_of_any_length_are_found(tmp_path: Path, length: int) -> None:
    table = DigestTable.create_opaque(tmp_path, length)
    assert table.width == length
    hashes = np.unique(random_digests(200, length), axis=0)
    hashes[:, : length // 2] = 7  # imported hashes may all begin alike
    hashes = np.unique(hashes, axis=0)
    table.add(hashes, numbered(len(hashes)))
    table.close()
    again = DigestReader.open(tmp_path)
    assert again.width == length
    assert pairs(again, hashes) == [(row, row) for row in range(len(hashes))]


def test_what_is_added_or_deleted_is_seen_by_another_process(full: DigestTable) -> None:
    program = (
        "import sys; from pathlib import Path; from vigie.engines.digest_tables import DigestReader\n"
        "reader = DigestReader.open(Path(sys.argv[1]))\n"
        "for line in sys.stdin:\n"
        "    reader.refresh(); print(reader.rows_of(bytes.fromhex(line)), flush=True)"
    )
    folder = full._folder
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, "PYTHONPATH": str(SOURCE.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def told(digest: bytes) -> str:
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write(digest.hex() + "\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        in_run, in_tail, new = (
            row[0].tobytes()
            for row in (random_digests(1), random_digests(1, seed=2), random_digests(1, seed=5))
        )
        assert (told(in_run), told(in_tail), told(new)) == ("[0]", "[50000]", "[]")
        full.add(random_digests(1, seed=5), numbered(1, 99))
        full.delete(np.array([0, 50_000], dtype=np.uint64))
        assert (told(in_run), told(in_tail), told(new)) == ("[]", "[]", "[99]")
        full.merge()
        full.add(random_digests(1), numbered(1, 5))
        assert (told(in_run), told(in_tail), told(new)) == ("[5]", "[]", "[99]")
        other.stdin.close()


def test_an_erased_digest_is_in_no_file_and_its_place_is_in_none_either(full: DigestTable) -> None:
    gone = np.array([17, 40_000, 50_003], dtype=np.uint64)
    digests = np.concatenate([random_digests(50_000)[[17, 40_000]], random_digests(10, seed=2)[[3]]])
    assert full.delete(gone[:1]) == 1
    [run] = full._runs.values()
    assert run.holes() == 1, "a deleted digest leaves a place between its neighbours"
    assert full.erase(gone) == 2
    assert all(run.holes() == 0 for run in full._runs.values()), "an erased one does not"
    for path in full._folder.iterdir():
        data = path.read_bytes()
        for digest in digests:
            assert digest.tobytes() not in data
            assert digest[:8].tobytes()[::-1] not in data
            assert digest[8:].tobytes() not in data
    assert len(full) == 50_010 - 3
    assert full.verify() == ()
    assert len({path.suffix for path in full._folder.iterdir()} & {".run", ".tail"}) == 2


def test_a_merge_keeps_what_is_added_and_deleted_while_it_runs(
    full: DigestTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vigie.engines.digest_tables import files

    real = files.write_run

    def meanwhile(*arguments: object) -> int:
        monkeypatch.setattr(files, "write_run", real)
        full.delete(np.array([1, 2, 50_001], dtype=np.uint64))
        full.add(random_digests(2, seed=8), numbered(2, 70_000))
        return real(*arguments)  # type: ignore[arg-type]

    full.add(random_digests(20_000, seed=4), numbered(20_000, 100_000))
    with full._turn:
        full._flush()
    monkeypatch.setattr(files, "write_run", meanwhile)
    full.merge()
    assert pairs(full, random_digests(4)) == [(0, 0), (3, 3)]
    assert pairs(full, random_digests(3, seed=2)) == [(0, 50_000), (2, 50_002)]
    assert pairs(full, random_digests(2, seed=8)) == [(0, 70_000), (1, 70_001)]
    assert len(full) == 70_010 - 3 + 2
    assert full.verify() == ()


def test_a_full_disk_leaves_the_table_as_it_was(full: DigestTable, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_room)
        patch.setattr(os, "fdatasync", no_room)
        for change in (
            lambda: full.add(random_digests(2, seed=6), numbered(2, 90_000)),
            lambda: full.add(random_digests(20_000, seed=6), numbered(20_000, 90_000)),
            full.merge,
        ):
            with pytest.raises(OSError, match="no space"):
                change()
    assert len(full) == 50_010
    full.add(random_digests(2, seed=7), numbered(2, 60_000))
    assert len(full) == 50_012
    assert full.verify() == ()
    full.close()
    with_another_process = DigestTable.open(full._folder)
    assert len(with_another_process) == 50_012


def test_only_one_process_writes(full: DigestTable) -> None:
    with pytest.raises(BlockingIOError, match="another process"):
        DigestTable.open(full._folder)
    full.close()
    DigestTable.open(full._folder).close()


def test_files_belong_to_their_owner_alone(full: DigestTable) -> None:
    full.merge()
    assert {stat.S_IMODE(path.stat().st_mode) for path in full._folder.iterdir()} == {0o600}
    assert stat.S_IMODE(full._folder.stat().st_mode) == 0o700


def test_wrong_digests_are_refused_and_nothing_is_stored(full: DigestTable) -> None:
    with pytest.raises(ValueError, match="N x 32 bytes"):
        full.add(random_digests(2, 31), numbered(2))
    with pytest.raises(ValueError, match="2 digests need as many"):
        full.add(random_digests(2), numbered(3))
    with pytest.raises(ValueError, match="below"):
        full.add(random_digests(1), np.array([2**64 - 1], dtype=np.uint64))
    with pytest.raises(ValueError, match="N x 32 bytes"):
        full.rows_of(bytes(16))
    with pytest.raises(ValueError, match="16 to 64 bytes, not 8"):
        DigestTable.create(full._folder / "other", 8)
    with pytest.raises(ValueError, match="another length than 16"):
        DigestTable.create_opaque(full._folder / "other", 16)
    with pytest.raises(FileExistsError):
        DigestTable.create(full._folder, 32)
    assert len(full) == 50_010


def test_a_folder_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DigestsRefused, match="there is no table here"):
        DigestReader.open(tmp_path)
    with pytest.raises(DigestsRefused, match="there is no table here"):
        DigestTable.open(tmp_path)


@pytest.mark.parametrize("harm", ["cut", "lengthen", "lose"])
@pytest.mark.parametrize("suffix", [".run", ".tail", ".json"])
def test_a_file_that_is_cut_off_or_lost_is_refused_at_once(full: DigestTable, suffix: str, harm: str) -> None:
    [victim] = (path for path in full._folder.iterdir() if path.suffix == suffix)
    full.close()
    content = victim.read_bytes()
    if harm == "lose":
        victim.unlink()
    elif harm == "lengthen" and suffix == ".tail":
        return  # what was never acknowledged counts for nothing
    else:
        victim.write_bytes(content[:-1] if harm == "cut" else content + b"\0")
    for opened in (DigestReader.open, DigestTable.open):
        with pytest.raises(DigestsRefused, match=victim.name):
            opened(full._folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digests") / "table"
    table = DigestTable.create(folder, 32)
    table.add(random_digests(20_000), numbered(20_000))
    table.add(random_digests(20, seed=2), numbered(20, 50_000))
    table.delete(np.array([5, 50_005], dtype=np.uint64))
    table.close()
    return folder


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_bit_is_found(
    whole: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    data: st.DataObject,
) -> None:
    monkeypatch.setattr(runs, "_PATIENCE_SECONDS", 0)
    folder = tmp_path_factory.mktemp("harmed") / "table"
    shutil.copytree(whole, folder)
    victim = data.draw(st.sampled_from(sorted(path for path in folder.iterdir() if path.name != "lock")))
    content = bytearray(victim.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    victim.write_bytes(content)
    assert victim.name in what_is_wrong(folder)


def what_is_wrong(folder: Path) -> str:
    try:
        return " ".join(DigestReader.open(folder).verify())
    except DigestsRefused as refused:
        return str(refused)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_never_hides_a_digest(
    whole: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    data: st.DataObject,
) -> None:
    """A look-up over a damaged file is right or refused."""
    monkeypatch.setattr(runs, "_PATIENCE_SECONDS", 0)
    folder = tmp_path_factory.mktemp("harmed") / "table"
    shutil.copytree(whole, folder)
    [victim] = (path for path in folder.iterdir() if path.suffix == ".run")
    content = bytearray(victim.read_bytes())
    # a pivot of the binary search, high bits first: the worst that can happen
    entry = data.draw(st.integers(0, 19_998) | st.sampled_from([9_999, 4_999, 14_999, 2_499]))
    content[4096 * 2 + 8 * entry + 7] ^= 1 << data.draw(st.integers(0, 7))
    victim.write_bytes(content)
    reader = DigestReader.open(folder)
    row = data.draw(st.integers(6, 19_999))
    try:
        found = reader.rows_of(random_digests(20_000)[row].tobytes())
    except DigestsRefused:
        return
    assert found == [row]


def test_real_digests_of_three_kinds(tmp_path: Path) -> None:
    files = [os.urandom(30) for _ in range(100)]
    for name in ("md5", "sha1", "sha256"):
        digests = [hashlib.new(name, data).digest() for data in files]
        table = DigestTable.create(tmp_path / name, len(digests[0]))
        rows = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(100, -1)
        table.add(rows, numbered(100))
        assert [table.rows_of(digest) for digest in digests] == [[row] for row in range(100)]
