import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from support import system as system_module
from support.folders import open_folder
from support.postgres import child_environment
from support.system import free_port, living, running_system, seconds_until
from vigie.backends.processes import holder
from vigie.config.home import Home, mark_demo, prepare_home, read_secret, socket_folder
from vigie.config.schema import ProcessKind, Settings
from vigie.interfaces.cli.system import PARTS, child_of, steps_of, web_answers
from vigie.interfaces.cli.up import ready_line


@pytest.fixture
def home():
    with open_folder() as folder:
        yield Home(folder / "home")


def vigie(home, *arguments, **extra):
    return subprocess.run(
        [sys.executable, "-m", "vigie", *arguments],
        env=child_environment(VIGIE_HOME=str(home.root), **extra),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def start_again(home, port):
    """What `vigie up` does after the passphrase was given; ends at once because it is refused."""
    return subprocess.run(
        [sys.executable, system_module.__file__],
        env=child_environment(VIGIE_HOME=str(home.root), VIGIE_PORT=str(port)),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_system_comes_up_serves_and_goes_down(home):
    port = free_port()
    with running_system(home, port) as system:
        assert system.first_line == f"Vigie is ready at http://127.0.0.1:{port} (home {home.root})\n"
        assert set(system.child_pids()) == {"postgres", "matcher", "web", "worker"}
        assert web_answers(system.settings)
        everything = system.all_pids()
        with system.connect() as connection:
            assert connection.execute("SELECT count(*) FROM written").fetchone() == (0,)

        doctor = json.loads(vigie(home, "doctor", "--json").stdout)
        assert doctor["healthy"], doctor

        stopped = vigie(home, "down")
        assert (stopped.returncode, stopped.stdout) == (0, "")
        assert "has stopped" in stopped.stderr
        assert system.process.wait(10) == 0
        assert living(everything) == set()
        rest, told = system.process.communicate()
        assert rest == ""  # standard output is data only
        assert [line.split(":")[0] for line in told.splitlines() if "stopped" in line] == [
            "worker",
            "web",
            "matcher",
            "postgres",
        ]
    assert holder(home.lock_file) is None
    assert socket_folder(home) is None
    assert len(read_secret(home, "django-key")) >= 43


def test_children_know_their_kind_and_their_home(home):
    with running_system(home, free_port()):
        for kind in ("migrate", "matcher", "web", "worker"):
            note = home.root / f"{kind}.seen"
            seconds_until(note.exists, 10)
            seen = json.loads(note.read_text())
            assert (seen["VIGIE_PROCESS"], seen["VIGIE_HOME"]) == (kind, str(home.root))


def test_only_the_migration_learns_how_to_administrate_the_database(tmp_path):
    url = "postgresql://boss:hunter2@db.example/postgres"
    settings = Settings(home=tmp_path, database_url=url)
    for part in PARTS:
        environment = child_of(part, settings, tmp_path).environment
        assert environment["VIGIE_PROCESS"] == part.kind.value
        assert ("hunter2" in environment["VIGIE_DATABASE_URL"]) == (part.kind is ProcessKind.MIGRATE)
    assert "VIGIE_DATABASE_URL" not in child_of(PARTS[0], Settings(home=tmp_path), tmp_path).environment


def test_no_matcher_is_started_where_others_answer_for_parts_of_known_media(tmp_path):
    prepare_home(Home(tmp_path))
    url = "postgresql://boss@db.example/postgres"
    alone = Settings(home=tmp_path, database_url=url)
    divided = alone.model_copy(update={"matcher_homes": (tmp_path / "1", tmp_path / "2")})
    names = [[step.name for step in steps_of(one, PARTS)] for one in (alone, divided)]
    assert names == [
        ["roles", "migrate", "matcher", "web", "worker"],
        ["roles", "migrate", "web", "worker"],
    ]


def test_a_second_system_on_the_same_home_is_refused_and_the_first_goes_on(home):
    with running_system(home, free_port()) as first:
        second = start_again(home, free_port())
        assert second.returncode == 1
        assert f"already runs with the home folder {home.root} (process {first.process.pid})" in second.stderr
        assert second.stdout == ""
        assert set(first.child_pids()) == {"postgres", "matcher", "web", "worker"}


def test_a_busy_port_is_refused_before_anything_starts(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = start_again(home, port)
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in refused.stderr
    assert not home.postgres.exists()


def test_the_home_of_a_demonstration_is_refused(home):
    prepare_home(home)
    mark_demo(home)
    for command in ("up", "migrate"):
        refused = vigie(home, command)
        assert refused.returncode == 1
        assert "demonstration" in refused.stderr
        assert "vigie demo" in refused.stderr
    assert not home.postgres.exists()


def test_a_failing_migration_stops_everything_and_says_where_to_read(home):
    began = time.monotonic()
    with running_system(home, free_port(), TEST_MIGRATION="raise SystemExit('column lost')") as system:
        assert system.first_line == ""
        _, told = system.process.communicate(timeout=60)
    assert system.process.returncode == 1
    assert "migrate process ended with exit code 1" in told
    assert str(home.log / "migrate.log") in told
    assert "column lost" in (home.log / "migrate.log").read_text()
    assert "postgres: stopped" in told
    assert time.monotonic() - began < 60


def test_interrupting_at_the_keyboard_stops_everything(home):
    with running_system(home, free_port()) as system:
        everything = system.all_pids()
        os.killpg(system.process.pid, signal.SIGINT)
        assert system.process.wait(30) == 0
        assert living(everything) == set()


def test_stopping_what_does_not_run_is_no_failure(home):
    stopped = vigie(home, "down")
    assert stopped.returncode == 0
    assert "No system runs" in stopped.stderr


def test_stopping_says_so_when_it_takes_too_long(home):
    with running_system(home, free_port()) as system:
        os.kill(system.process.pid, signal.SIGSTOP)
        try:
            late = vigie(home, "down", "--wait", "0.2")
        finally:
            os.kill(system.process.pid, signal.SIGCONT)
    assert late.returncode == 1
    assert "has not ended after 0.2 s" in late.stderr


def test_wrong_settings_are_told_before_anything_else(home):
    refused = vigie(home, "up", VIGIE_PORT="none")
    assert refused.returncode == 1
    assert "port" in refused.stderr
    assert not home.root.exists()


def test_the_ready_line_writes_an_ipv6_address_as_a_browser_wants_it(tmp_path):
    assert "http://[::1]:8460 " in ready_line(Settings(home=tmp_path, address="::1"))
