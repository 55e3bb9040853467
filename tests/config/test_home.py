import os
import stat
import tempfile
from pathlib import Path

import pytest

from vigie.config import home as home_module
from vigie.config.home import (
    Home,
    home_of,
    make_socket_folder,
    mark_demo,
    prepare_home,
    remove_socket_folder,
    socket_folder,
)
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path):
    home = home_of(Settings(home=tmp_path / "home"))
    prepare_home(home)
    yield home
    remove_socket_folder(home)


def test_private_folders_are_closed_to_others(home):
    assert [mode(folder) for folder in home.private_folders] == [0o700] * 8
    assert mode(home.root) == (0o711 if os.geteuid() == 0 else 0o700)


def test_preparing_again_keeps_what_is_there_and_closes_what_was_opened(home):
    (home.secrets / "x").write_text("kept")
    home.secrets.chmod(0o755)
    prepare_home(home)
    assert (home.secrets / "x").read_text() == "kept"
    assert mode(home.secrets) == 0o700


def test_a_home_that_cannot_be_made_is_a_clear_refusal(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupProblem, match="cannot be used"):
        prepare_home(Home(tmp_path / "file" / "home"))


def test_a_home_of_somebody_else_is_refused(home, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(SetupProblem, match="belongs to user"):
        prepare_home(home)


def test_only_a_marked_home_is_a_demonstration(home):
    assert not home.is_demo
    mark_demo(home)
    assert home.is_demo


def test_the_socket_folder_is_short_private_and_named_in_the_home(home):
    folder = make_socket_folder(home)
    assert socket_folder(home) == folder
    assert mode(folder) == 0o700
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 107


def test_a_new_socket_folder_replaces_the_one_a_killed_server_left(home):
    first = make_socket_folder(home)
    (first / ".s.PGSQL.5432").touch()
    (first / ".s.PGSQL.5432.lock").touch()
    second = make_socket_folder(home)
    assert not first.exists()
    assert second.is_dir()
    remove_socket_folder(home)
    assert not second.exists()
    assert socket_folder(home) is None


def test_a_socket_folder_with_foreign_files_is_left_alone(home):
    folder = make_socket_folder(home)
    (folder / "foreign").touch()
    remove_socket_folder(home)
    assert (folder / "foreign").exists()
    (folder / "foreign").unlink()
    folder.rmdir()


def test_too_long_runtime_folders_are_passed_over(home, tmp_path, monkeypatch):
    long = tmp_path / ("é" * 60)
    long.mkdir()
    monkeypatch.setattr(home_module, "_runtime_bases", lambda: ("/nowhere", str(long)))
    with pytest.raises(SetupProblem, match="107 bytes"):
        make_socket_folder(home)
    assert list(long.iterdir()) == []


def test_the_users_runtime_folder_comes_first(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    assert home_module._runtime_bases() == ("/run/user/1000", tempfile.gettempdir(), "/tmp")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert home_module._runtime_bases() == (tempfile.gettempdir(), "/tmp")
