"""The flat engine's own promises, beside the contract every engine keeps (tests/contracts/nearest)."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from vigie.engines.nearest import snapshot
from vigie.engines.nearest.flat import FlatIndex
from vigie.engines.nearest.index import Hit


def filled(count: int) -> tuple[FlatIndex, np.ndarray]:
    codes = np.random.default_rng(2).integers(1, 256, (count, 32), dtype=np.uint8)
    index = FlatIndex()
    index.add(codes, np.arange(count, dtype=np.uint64))
    return index, codes


def test_a_deleted_row_is_overwritten_in_memory_at_once() -> None:
    index, codes = filled(20)
    word = codes[5, :8].view(np.uint64)[0]
    assert word in index._words
    index.delete(np.array([5], dtype=np.uint64))
    assert word not in index._words
    assert index.verify().deleted == 1


def test_growing_gives_deleted_rows_back() -> None:
    index, _ = filled(1_000)
    index.delete(np.arange(900, dtype=np.uint64))
    assert index.verify().deleted == 900
    index.add(np.full((2_000, 32), 7, dtype=np.uint8), np.arange(5_000, 7_000, dtype=np.uint64))
    assert index.verify().deleted == 0
    assert len(index) == 2_100


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (lambda index: index._ids.__setitem__(1, 0), "an id names more than one row"),
        (lambda index: index._live.__setitem__(3, False), "a deleted row still holds its code"),
        (lambda index: setattr(index, "_deleted", 2), "0 rows are deleted, 2 were counted"),
    ],
)
def test_the_check_finds_what_went_wrong_in_memory(harm: Callable[[FlatIndex], None], fault: str) -> None:
    index, _ = filled(20)
    assert index.verify().sound
    harm(index)
    assert fault in index.verify().faults


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The operating system refuses to let any file of this process grow past `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_refuses_leaves_the_old_snapshot_standing(tmp_path: Path) -> None:
    index, codes = filled(20)
    index.snapshot(tmp_path)
    index.delete(np.array([5], dtype=np.uint64))
    with files_of_at_most(300), pytest.raises(OSError, match="too large"):
        index.snapshot(tmp_path)
    assert FlatIndex.open(tmp_path).range(codes[5].tobytes(), 0) == [Hit(5, 0)]
    index.snapshot(tmp_path)
    assert len(FlatIndex.open(tmp_path)) == 19
    assert len(list(tmp_path.iterdir())) == 4  # nothing of the failed attempt is left


def test_a_snapshot_of_another_engine_is_refused(tmp_path: Path) -> None:
    snapshot.write_snapshot(tmp_path, "other", {"codes": np.zeros((1, 32), dtype=np.uint8)})
    with pytest.raises(
        snapshot.SnapshotRefused, match="holds vigie-nearest-1 other, not vigie-nearest-1 flat"
    ):
        FlatIndex.open(tmp_path)
