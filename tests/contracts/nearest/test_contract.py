"""What every engine behind `NearestIndex` must do."""

import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.nearest.engines import ENGINES
from engines.nearest.stores import holds_code
from vigie.engines.nearest.index import Codes, Hit, Ids, NearestIndex
from vigie.engines.nearest.snapshot import SnapshotRefused

Engine = type[NearestIndex]


@pytest.fixture(params=ENGINES.values(), ids=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.param
    return chosen


def random_codes(count: int, seed: int = 1) -> Codes:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def numbered(count: int, first: int = 0) -> Ids:
    return np.arange(first, first + count, dtype=np.uint64)


def flipped(code: bytes, bits: int) -> bytes:
    """The code with its first `bits` bits turned."""
    return (int.from_bytes(code) ^ ((1 << bits) - 1)).to_bytes(32)


def as_rows(*codes: bytes) -> Codes:
    return np.frombuffer(b"".join(codes), dtype=np.uint8).reshape(-1, 32)


def test_an_empty_index_answers_nothing(engine: Engine) -> None:
    index = engine()
    assert len(index) == 0
    assert index.range(bytes(32), 256) == []
    assert index.range_many(random_codes(3), 31) == [[], [], []]
    assert index.delete(numbered(5)) == 0
    assert index.verify().sound


def test_hits_come_nearest_first_then_by_id(engine: Engine) -> None:
    index, code = engine(), random_codes(1).tobytes()
    index.add(
        as_rows(flipped(code, 31), flipped(code, 32), flipped(code, 3), code, flipped(code, 3)),
        np.array([1, 2, 9, 2**63, 4], dtype=np.uint64),
    )
    assert index.range(code, 31) == [Hit(2**63, 0), Hit(4, 3), Hit(9, 3), Hit(1, 31)]


@pytest.mark.parametrize("radius", [0, 1, 31, 127, 128, 255, 256])
def test_the_radius_is_inclusive_and_exact(engine: Engine, radius: int) -> None:
    index, code = engine(), random_codes(1, seed=3).tobytes()
    bits = sorted({0, 1, max(0, radius - 1), radius, min(256, radius + 1), 256})
    index.add(as_rows(*(flipped(code, count) for count in bits)), np.array(bits, dtype=np.uint64))
    assert index.range(code, radius) == [Hit(count, count) for count in bits if count <= radius]


def test_near_codes_are_found_wherever_their_bits_differ(engine: Engine) -> None:
    spin = np.random.default_rng(11)
    codes = random_codes(3_000, seed=5)
    index = engine()
    index.add(codes, numbered(3_000))
    for target in range(0, 3_000, 50):
        bits = np.unpackbits(codes[target])
        bits[spin.choice(256, 31, replace=False)] ^= 1
        assert Hit(target, 31) in index.range(np.packbits(bits).tobytes(), 31)


def test_many_codes_at_once_answer_as_one_by_one(engine: Engine) -> None:
    codes = random_codes(40_000, seed=6)  # more than one block of rows
    index = engine()
    index.add(codes[:25_000], numbered(25_000))
    index.add(codes[25_000:], numbered(15_000, first=25_000))
    queries = codes[::1_999]
    many = index.range_many(queries, 95)
    assert list(many) == [index.range(query.tobytes(), 95) for query in queries]
    brute = np.bitwise_count(queries[:, None, :] ^ codes[None, :, :]).sum(axis=2, dtype=np.uint16)
    for hits, distances in zip(many, brute, strict=True):
        assert {hit.id: hit.distance for hit in hits} == {
            int(row): int(distances[row]) for row in np.flatnonzero(distances <= 95)
        }


def test_a_deleted_code_answers_no_longer(engine: Engine) -> None:
    index, codes = engine(), random_codes(10)
    index.add(codes, numbered(10))
    assert index.delete(np.array([3, 7, 99], dtype=np.uint64)) == 2
    assert len(index) == 8
    assert index.range(codes[3].tobytes(), 0) == []
    assert index.range(codes[4].tobytes(), 0) == [Hit(4, 0)]
    assert index.range(bytes(32), 0) == []  # nor does what its row was overwritten with
    assert index.delete(np.array([3], dtype=np.uint64)) == 0
    assert index.verify().sound


def test_only_the_groups_named_answer(engine: Engine) -> None:
    index, codes = engine(), random_codes(1).repeat(6, axis=0)
    index.add(codes[:3], numbered(3), np.array([0, 7, 65_535], dtype=np.uint16))
    index.add(codes[3:], numbered(3, first=3))  # given none: group 0
    allowed = np.zeros(65_536, dtype=np.bool_)
    assert index.range(codes[0].tobytes(), 31, allowed) == []
    allowed[[7, 65_535]] = True
    assert index.range(codes[0].tobytes(), 31, allowed) == [Hit(1, 0), Hit(2, 0)]
    assert index.range_many(codes[:1], 31, ~allowed)[0] == [Hit(0, 0), Hit(3, 0), Hit(4, 0), Hit(5, 0)]
    assert len(index.range(codes[0].tobytes(), 31)) == 6


def test_groups_outlive_a_snapshot_and_follow_the_id(engine: Engine, tmp_path: Path) -> None:
    index, codes = engine(), random_codes(2)
    index.add(codes, numbered(2), np.array([4, 5], dtype=np.uint16))
    index.add(codes[:1], numbered(1), np.array([6], dtype=np.uint16))
    index.snapshot(tmp_path)
    again, only = engine.open(tmp_path), np.zeros(65_536, dtype=np.bool_)
    only[6] = True
    assert again.range(codes[0].tobytes(), 0, only) == [Hit(0, 0)]
    assert again.range(codes[0].tobytes(), 0, ~only) == []
    assert again.range(codes[1].tobytes(), 0, ~only) == [Hit(1, 0)]


def test_an_id_added_again_names_the_new_code(engine: Engine) -> None:
    index, codes = engine(), random_codes(2)
    index.add(codes[:1], numbered(1))
    index.add(codes[1:], numbered(1))
    assert len(index) == 1
    assert index.range(codes[0].tobytes(), 0) == []
    assert index.range(codes[1].tobytes(), 0) == [Hit(0, 0)]


def test_wrong_rows_are_refused_and_nothing_is_stored(engine: Engine) -> None:
    index = engine()
    with pytest.raises(ValueError, match="N x 32 bytes"):
        index.add(np.zeros((2, 31), dtype=np.uint8), numbered(2))
    with pytest.raises(ValueError, match="2 codes need as many"):
        index.add(random_codes(2), numbered(3))
    with pytest.raises(ValueError, match="stands twice"):
        index.add(random_codes(2), np.array([5, 5], dtype=np.uint64))
    with pytest.raises(ValueError, match="2 codes need as many 16-bit groups"):
        index.add(random_codes(2), numbered(2), np.zeros(2, dtype=np.int64))  # type: ignore[arg-type]  # the point
    with pytest.raises(ValueError, match="65536 truth values"):
        index.range(bytes(32), 5, np.ones(10, dtype=np.bool_))
    with pytest.raises(ValueError, match="0 to 256 bits, not 257"):
        index.range(bytes(32), 257)
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        index.range(bytes(31), 5)
    assert len(index) == 0


def test_a_snapshot_reopens_as_it_was(engine: Engine, tmp_path: Path) -> None:
    index, codes = engine(), random_codes(500)
    index.add(codes, numbered(500))
    index.delete(numbered(100))
    index.snapshot(tmp_path / "index")
    again = engine.open(tmp_path / "index")
    assert len(again) == 400
    assert again.range(codes[50].tobytes(), 0) == []
    assert again.range(codes[450].tobytes(), 0) == [Hit(450, 0)]
    assert again.verify().sound
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "index").iterdir())


def test_an_empty_index_has_a_snapshot_too(engine: Engine, tmp_path: Path) -> None:
    engine().snapshot(tmp_path)
    assert len(engine.open(tmp_path)) == 0


def test_no_file_keeps_a_deleted_code_after_the_next_snapshot(engine: Engine, tmp_path: Path) -> None:
    index, codes = engine(), random_codes(50)
    index.add(codes, numbered(50))
    index.snapshot(tmp_path)
    assert any(holds_code(file.read_bytes(), codes[7].tobytes()) for file in tmp_path.iterdir())
    index.delete(np.array([7], dtype=np.uint64))
    index.snapshot(tmp_path)
    assert not any(holds_code(file.read_bytes(), codes[7].tobytes()) for file in tmp_path.iterdir())
    assert len(engine.open(tmp_path)) == 49


def test_a_folder_without_a_snapshot_is_refused(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(SnapshotRefused, match="there is no snapshot here"):
        engine.open(tmp_path)


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_changed_or_missing_byte_is_found_and_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    engine = data.draw(st.sampled_from(list(ENGINES.values())))
    folder = tmp_path_factory.mktemp("index")
    index = engine()
    index.add(random_codes(20), numbered(20))
    index.snapshot(folder)
    victim = data.draw(st.sampled_from(sorted(folder.iterdir())))
    content = bytearray(victim.read_bytes())
    harm = data.draw(
        st.sampled_from(["flip", "cut", "lengthen", "lose"] if content else ["lengthen", "lose"])
    )
    if harm == "lose":
        victim.unlink()
    else:
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        if harm == "flip":
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        victim.write_bytes({"flip": content, "cut": content[:at], "lengthen": content + b"\0"}[harm])
    with pytest.raises(SnapshotRefused, match=folder.name):
        engine.open(folder)
    assert not index.verify().sound
