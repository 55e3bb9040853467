"""Leftovers are played by small processes named `postgres` whose working directory is the data folder."""

import os
import signal
import subprocess
import sys

import pytest

from vigie.backends.postgres import leftovers
from vigie.backends.postgres.leftovers import clear_leftovers, server_processes
from vigie.config.problems import SetupProblem

PLAYER = """
import os, signal, sys
open("/proc/self/comm", "w").write("postgres")
for name in sys.argv[1:]:
    signal.signal(getattr(signal, name), signal.SIG_IGN)
print("up", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def play(tmp_path):
    players = []

    def start(*ignored, folder=tmp_path):
        player = subprocess.Popen(
            [sys.executable, "-c", PLAYER, *ignored], cwd=folder, stdout=subprocess.PIPE
        )
        players.append(player)
        assert player.stdout.readline() == b"up\n"
        return player

    yield start
    for player in players:
        player.kill()
        player.communicate()


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch):
    monkeypatch.setattr(leftovers, "_LADDER", tuple((number, 0.3) for number, _ in leftovers._LADDER))


def note(folder, pid):
    (folder / "postmaster.pid").write_text(f"{pid}\n{folder}\n")


def test_a_folder_without_a_note_has_no_leftovers(tmp_path, play):
    bystander = play()
    clear_leftovers(tmp_path)
    assert bystander.poll() is None


def test_a_note_of_a_process_long_gone_is_removed(tmp_path):
    note(tmp_path, 2**22 - 1)
    clear_leftovers(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_a_number_now_used_by_a_stranger_does_not_hurt_the_stranger(tmp_path, play):
    (tmp_path / "elsewhere").mkdir()
    stranger = play(folder=tmp_path / "elsewhere")
    note(tmp_path, stranger.pid)
    clear_leftovers(tmp_path)
    assert stranger.poll() is None
    assert not (tmp_path / "postmaster.pid").exists()


def test_a_living_server_is_asked_to_stop_first(tmp_path, play):
    server, backend = play(), play("SIGINT")
    note(tmp_path, server.pid)
    assert set(server_processes(tmp_path)) == {server.pid, backend.pid}
    clear_leftovers(tmp_path)
    assert server.wait(5) == -signal.SIGINT
    assert backend.wait(5) == -signal.SIGQUIT  # left alone by its server, it is told itself
    assert not (tmp_path / "postmaster.pid").exists()


def test_one_that_ignores_everything_is_killed(tmp_path, play):
    stubborn = play("SIGINT", "SIGQUIT")
    note(tmp_path, stubborn.pid)
    clear_leftovers(tmp_path)
    assert stubborn.wait(5) == -signal.SIGKILL


def test_an_unreadable_note_counts_as_one_without_a_server(tmp_path, play):
    backend = play()
    (tmp_path / "postmaster.pid").write_text("nonsense")
    clear_leftovers(tmp_path)
    assert backend.wait(5) == -signal.SIGINT


def test_what_cannot_be_ended_is_said_and_the_note_stays(tmp_path, play):
    survivor = play()
    note(tmp_path, survivor.pid)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "kill", lambda pid, number: None)
        with pytest.raises(SetupProblem, match="cannot be ended"):
            clear_leftovers(tmp_path)
    assert (tmp_path / "postmaster.pid").exists()
    assert survivor.poll() is None
