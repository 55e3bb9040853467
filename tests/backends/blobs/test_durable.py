"""Files replaced at once or not at all."""

import stat

import pytest

from vigie.backends.blobs.durable import make_folders, replace_file


def test_a_file_is_replaced_whole_and_private(tmp_path):
    make_folders(tmp_path / "a" / "b")
    path = tmp_path / "a" / "b" / "file"
    for data in (b"old", b"new and longer", b""):
        replace_file(path, data)
        assert path.read_bytes() == data
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_replacement_that_fails_leaves_the_old_state_and_nothing_beside(tmp_path):
    path = tmp_path / "file"
    path.mkdir()
    (path / "inside").write_bytes(b"old")
    with pytest.raises(OSError, match="file"):
        replace_file(path, b"new")
    assert list(tmp_path.iterdir()) == [path]
    assert (path / "inside").read_bytes() == b"old"
