"""What a folder adds to the promises of every blob store: files, modes, crashes, a full disk."""

import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from support.disks import small_disk
from vigie.backends.blobs import BlobStoreError, BlobStoreFull, FolderBlobs

NAME = "ab12" + "0" * 60
OTHER = "ab12" + "1" * 60
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def files(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture
def root(tmp_path):
    return tmp_path / "deep" / "blobs"


def test_objects_lie_two_levels_deep_and_are_private(root):
    FolderBlobs(root).put(NAME, [b"x"])
    assert files(root) == [f"ab/12/{NAME}"]
    assert stat.S_IMODE((root / "ab" / "12" / NAME).stat().st_mode) == 0o600
    for folder in (root, root / "ab", root / "ab" / "12", root / "partial"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_second_store_on_the_folder_sees_the_same_objects(root):
    FolderBlobs(root).put(NAME, [b"x"])
    assert FolderBlobs(root).get(NAME) == b"x"


def test_a_source_that_fails_leaves_no_file_at_all(root):
    def chunks():
        yield b"x"
        raise RuntimeError("the source failed")

    with pytest.raises(RuntimeError):
        FolderBlobs(root).put(NAME, chunks())
    assert files(root) == []


def test_of_two_writers_at_once_the_later_is_refused_and_leaves_nothing(root):
    store = FolderBlobs(root)

    def chunks():
        yield b"slow"
        FolderBlobs(root).put(NAME, [b"quick"])

    with pytest.raises(BlobStoreError, match="there already"):
        store.put(NAME, chunks())
    assert store.get(NAME) == b"quick"
    assert files(root) == [f"ab/12/{NAME}"]


def test_where_no_folder_can_be_made_the_store_refuses_to_start(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BlobStoreError, match="cannot hold objects"):
        FolderBlobs(tmp_path / "file" / "blobs")


def test_where_the_place_of_an_object_is_no_folder_it_says_so_and_stores_nothing(root):
    store = FolderBlobs(root)
    (root / "ab").write_bytes(b"")
    with pytest.raises(BlobStoreError, match="nothing was stored"):
        store.put(NAME, [b"x"])
    assert files(root) == ["ab"]


def test_what_dead_writers_left_is_cleared_and_what_live_ones_write_is_not(root):
    store = FolderBlobs(root)
    for name, age in (("dead", timedelta(hours=2)), ("alive", timedelta(minutes=1))):
        (root / "partial" / name).write_bytes(b"x")
        at = (NOW - age).timestamp()
        os.utime(root / "partial" / name, (at, at))
    assert store.clear_partials(NOW - timedelta(hours=1)) == 1
    assert files(root) == ["partial/alive"]


@pytest.mark.faults
def test_a_writer_killed_half_way_leaves_no_object(root):
    script = (
        "import sys, pathlib, vigie.backends.blobs as b\n"
        "def chunks():\n"
        "    yield b'x' * 100000\n"
        "    print('half', flush=True); sys.stdin.read()\n"
        f"b.FolderBlobs(pathlib.Path(sys.argv[1])).put('{NAME}', chunks())\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout.readline() == b"half\n"
    writer.send_signal(signal.SIGKILL)
    assert writer.wait() == -signal.SIGKILL
    writer.stdin.close()
    writer.stdout.close()
    store = FolderBlobs(root)
    assert not store.exists(NAME)
    assert list(store.names()) == []
    assert store.clear_partials(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert store.put(NAME, [b"again"]) == 5


@pytest.fixture
def tiny_disk(tmp_path):
    """Return a folder on a file system of 1 MB."""
    with small_disk(tmp_path / "tiny", 1 << 20):
        yield tmp_path / "tiny"


@pytest.mark.faults
@pytest.mark.parametrize("chunk", [1 << 10, 1 << 21])
def test_a_full_disk_is_said_and_leaves_no_part_and_no_harm(tiny_disk, chunk):
    store = FolderBlobs(tiny_disk / "blobs")
    store.put(OTHER, [b"stored before"])
    with pytest.raises(BlobStoreFull, match="no room left"):
        store.put(NAME, (b"x" * chunk for _ in range(1 + (1 << 21) // chunk)))
    assert files(tiny_disk / "blobs") == [f"ab/12/{OTHER}"]
    assert store.get(OTHER) == b"stored before"
    assert store.put(NAME, [b"x" * 500_000]) == 500_000


def fill(folder):
    """Write small files until nothing more fits, not even a name."""
    for number in range(10_000):
        (folder / f"{number}").write_bytes(b"x" * 4096)


@pytest.mark.faults
def test_a_disk_full_to_the_last_block_refuses_the_next_object(tiny_disk):
    store = FolderBlobs(tiny_disk / "blobs")
    with pytest.raises(OSError, match="No space left"):
        fill(tiny_disk)
    with pytest.raises(BlobStoreFull):
        store.put(NAME, [b"x" * 4096])
    assert list(store.names()) == []
