"""The log keeps whole records: what a crash cut short goes, what is damaged is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.engines.nearest.files import SnapshotRefused
from vigie.engines.nearest.log import (
    Change,
    LogReader,
    LogWriter,
    added,
    encoded,
    ended,
    make_log,
    noted,
    records_of,
)


def sample() -> list[bytes]:
    spin = np.random.default_rng(1)
    ids = np.arange(3, dtype=np.uint64)
    codes = spin.integers(1, 256, (3, 32), dtype=np.uint8)
    return [
        encoded(added(codes, ids, np.array([1, 2, 3], dtype=np.uint16))),
        encoded(ended(Change.DELETE, ids[:2])),
        encoded(noted("cursor 17 ünder")),
        encoded(ended(Change.ERASE, ids[2:])),
    ]


def test_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    make_log(tmp_path / "log", b"".join(sample()))
    records, end = records_of(tmp_path / "log", 0)
    assert [record.change for record in records] == [Change.ADD, Change.DELETE, Change.NOTE, Change.ERASE]
    assert records[0].codes.shape == (3, 32)
    assert records[0].groups.tolist() == [1, 2, 3]
    assert records[1].ids.tolist() == [0, 1]
    assert records[2].note == "cursor 17 ünder"
    assert end == (tmp_path / "log").stat().st_size


@given(cut=st.integers(0, 400))
def test_a_write_cut_short_anywhere_loses_that_record_alone(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    whole = sample()
    path = tmp_path_factory.mktemp("cut") / "log"
    make_log(path, b"".join(whole)[:cut])
    ends = np.cumsum([0, *map(len, whole)])
    kept = int(np.searchsorted(ends, cut, side="right")) - 1
    records, end = records_of(path, 0)
    assert len(records) == kept
    assert end == ends[kept]
    LogWriter(path, end).append(whole[3])
    assert len(records_of(path, 0)[0]) == kept + 1


def test_zeros_a_file_system_left_at_the_end_are_cut_off(tmp_path: Path) -> None:
    whole = sample()
    make_log(tmp_path / "log", b"".join(whole) + bytes(500))
    assert records_of(tmp_path / "log", 0)[1] == sum(map(len, whole))
    torn = whole[0][:60] + bytes(len(whole[0]) - 60)
    make_log(tmp_path / "torn", whole[1] + torn)
    assert records_of(tmp_path / "torn", 0)[1] == len(whole[1])


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_and_never_taken_for_the_end(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    content = bytearray(b"".join(sample()))
    content[at % len(content)] ^= 1 << bit
    path = tmp_path_factory.mktemp("flip") / "log"
    make_log(path, bytes(content))
    with pytest.raises(SnapshotRefused, match="log"):
        records_of(path, 0)


def test_a_log_shorter_than_what_was_acknowledged_is_refused(tmp_path: Path) -> None:
    whole = sample()
    make_log(tmp_path / "log", b"".join(whole[:2]))
    with pytest.raises(SnapshotRefused, match="the log is cut off"):
        records_of(tmp_path / "log", sum(map(len, whole)))
    make_log(tmp_path / "longer", b"".join(whole[:2]) + whole[2][:-3] + b"")
    with pytest.raises(SnapshotRefused, match="the log breaks at byte"):
        records_of(tmp_path / "longer", len(whole[0]) + len(whole[1]) + 5)


def test_a_reader_goes_on_where_it_stopped_and_waits_for_whole_records(tmp_path: Path) -> None:
    whole = sample()
    make_log(tmp_path / "log", whole[0])
    reader = LogReader(tmp_path / "log")
    assert len(list(reader.fresh())) == 1
    assert list(reader.fresh()) == []
    with (tmp_path / "log").open("ab") as file:
        file.write(whole[1][:20])
        file.flush()
        assert list(reader.fresh()) == []
        file.write(whole[1][20:])
    assert [record.change for record in reader.fresh()] == [Change.DELETE]
    reader.close()


def test_a_log_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotRefused, match="the file is missing"):
        LogReader(tmp_path / "log")
