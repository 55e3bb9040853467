import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from support.folders import open_folder
from support.postgres import child_environment
from support.servers import running_cluster
from vigie.backends.postgres import (
    Durability,
    Role,
    admin_parameters,
    connection_parameters,
    ensure_database,
    prepare_cluster,
)
from vigie.backends.postgres import cluster as cluster_module
from vigie.backends.postgres.binaries import candidate_folders, inspect_binaries
from vigie.backends.postgres.leftovers import server_processes
from vigie.backends.processes import start_child
from vigie.config.home import Home, prepare_home, remove_socket_folder, socket_folder
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings

SERVERS = {
    found.version: found
    for folder in candidate_folders()
    if (found := inspect_binaries(folder)) and found.major >= 15
}


@pytest.fixture
def home():
    with open_folder() as folder:
        home = Home(folder / "home")
        yield home
        remove_socket_folder(home)


def ask(home, query):
    with psycopg.connect(**admin_parameters(Settings(home=home.root)), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("version", SERVERS)
def test_every_installed_server_from_15_on_serves_the_same_way(home, version):
    with running_cluster(home, binaries=SERVERS[version]):
        settings = Settings(home=home.root)
        ensure_database(settings)
        with psycopg.connect(**connection_parameters(Role.APP, settings)) as connection:
            row = connection.execute(
                "SELECT current_setting('server_encoding'), current_setting('data_checksums'),"
                " current_setting('listen_addresses'), 'Z' < 'a', lower('É')"
            ).fetchone()
    assert row == ("UTF8", "on", "", True, "é")


def test_the_next_start_takes_the_version_that_made_the_data(home):
    oldest = min(SERVERS.values(), key=lambda found: found.major)
    with running_cluster(home, binaries=oldest):
        pass
    assert prepare_cluster(home).binaries.major == oldest.major


def test_commits_are_forced_to_the_disk_unless_a_test_asks_otherwise(home):
    with running_cluster(home, durability=Durability.POWER_LOSS):
        assert ask(home, "SELECT current_setting('fsync'), current_setting('synchronous_commit')") == [
            ("on", "on")
        ]


def test_the_server_listens_on_its_private_socket_only(home):
    with running_cluster(home) as (cluster, running):
        folder = socket_folder(home)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        sockets = [entry.name for entry in folder.iterdir() if entry.is_socket()]
        assert sockets == [".s.PGSQL.5432"]
        listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=False).stdout
        assert f"pid={running.pid}," not in listening
        assert server_processes(cluster.data)
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_for_root_the_server_runs_as_somebody_else_who_may_not_write_its_rules(home):
    with running_cluster(home) as (cluster, running):
        user = pwd.getpwuid(Path(f"/proc/{running.pid}").stat().st_uid).pw_name
        assert user in {"vigie", "nobody"}
        assert {path.stat().st_uid for path in cluster.configuration.iterdir()} == {0}
        assert cluster.data.stat().st_uid == pwd.getpwnam(user).pw_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_another_user_of_the_machine_is_not_let_in(home):
    with running_cluster(home):
        code = (
            "import os, sys, psycopg\n"
            "os.setgid(1); os.setuid(1)\n"
            "try: psycopg.connect(host=sys.argv[1], user='postgres', dbname='postgres')\n"
            "except psycopg.OperationalError as error: print(error)\n"
        )
        answer = subprocess.run(
            [sys.executable, "-c", code, str(socket_folder(home))], capture_output=True, text=True, check=True
        )
    assert "Permission denied" in answer.stdout


def test_the_log_quotes_neither_statements_nor_rows(home):
    with running_cluster(home):
        with pytest.raises(psycopg.errors.UniqueViolation):
            ask(
                home,
                "CREATE TEMP TABLE t (x text UNIQUE); INSERT INTO t VALUES ('secretvalue'), ('secretvalue')",
            )
        text = (home.log / "postgres.log").read_text()
    assert "duplicate key" in text
    assert "secretvalue" not in text


def test_the_server_stops_at_once_with_a_client_connected(home):
    with running_cluster(home) as (_, running):
        connection = psycopg.connect(**admin_parameters(Settings(home=home.root)))
        connection.execute("SELECT 1")
        began = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - began < 10
        connection.close()


@pytest.mark.parametrize("pause", [0.0, 0.03, 0.1])
def test_the_server_stops_in_the_middle_of_its_recovery(home, pause):
    prepare_home(home)
    cluster = prepare_cluster(home, durability=Durability.NOTHING)
    running = start_child(cluster.child())
    running.wait_ready()
    ask(home, "CREATE TABLE written AS SELECT generate_series(1, 200000) AS n")
    running.process.kill()
    running.process.wait()
    again = start_child(cluster.child())
    time.sleep(pause)
    began = time.monotonic()
    again.stop()
    assert time.monotonic() - began < 10


def test_a_killed_backend_ends_the_server_for_the_supervisor_to_start_it_anew(home):
    with running_cluster(home) as (cluster, running):
        victim = next(process for process in server_processes(cluster.data) if process != running.pid)
        os.kill(victim, signal.SIGKILL)
        assert running.process.wait(10) == 1
        assert running.stop() == 1


def test_a_failed_initdb_leaves_nothing_behind(home, monkeypatch):
    prepare_home(home)
    monkeypatch.setattr(cluster_module, "_locale_arguments", lambda major: ("--locale=xx_NOWHERE",))
    with pytest.raises(SetupProblem, match="could not be created"):
        prepare_cluster(home)
    # the server's programs are copied here where its own user cannot read those of the environment
    left = {entry.name for entry in home.postgres.iterdir() if not entry.name.startswith("postgresql-")}
    assert left == set()


def test_an_interrupted_initdb_is_begun_again(home):
    prepare_home(home)
    (home.postgres / "new-killed" / "data").mkdir(parents=True)
    (home.postgres / "data").mkdir()
    prepare_cluster(home, durability=Durability.NOTHING)
    assert (home.postgres / "data" / "PG_VERSION").exists()
    assert not (home.postgres / "new-killed").exists()


def test_a_data_folder_with_something_else_in_it_is_not_touched(home):
    prepare_home(home)
    (home.postgres / "data").mkdir(parents=True)
    (home.postgres / "data" / "letter").write_text("mine")
    with pytest.raises(SetupProblem, match="PG_VERSION is missing"):
        prepare_cluster(home)
    assert (home.postgres / "data" / "letter").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_for_root_a_home_behind_a_closed_folder_is_refused_with_the_remedy(home):
    home.root.parent.chmod(0o700)
    prepare_home(home)
    with pytest.raises(SetupProblem, match="may not enter") as caught:
        prepare_cluster(home)
    assert "/var/lib/vigie" in caught.value.remedy


def test_a_long_home_path_with_spaces_and_accents_works(home):
    long = Home(home.root.parent / ("données de l'unité " * 6).strip() / "home")
    prepare_home(Home(long.root.parent))
    with running_cluster(long):
        assert ask(long, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("victims", ["postmaster", "everything"])
def test_a_killed_server_comes_back_with_every_acknowledged_commit(home, victims):
    prepare_home(home)
    cluster = prepare_cluster(home, durability=Durability.POWER_LOSS)
    running = start_child(cluster.child())
    running.wait_ready()
    try:
        ask(home, "CREATE TABLE written (n int)")
        acknowledged = 0
        with psycopg.connect(**admin_parameters(Settings(home=home.root)), autocommit=True) as connection:
            for acknowledged in range(1, 51):
                connection.execute("INSERT INTO written VALUES (%s)", (acknowledged,))
            for process in server_processes(cluster.data) if victims == "everything" else (running.pid,):
                os.kill(process, signal.SIGKILL)
            running.process.wait(10)
        running = start_child(cluster.child())
        running.wait_ready()
        assert ask(home, "SELECT count(*), max(n) FROM written") == [(acknowledged, acknowledged)]
    finally:
        running.stop()


ORPHANING = """
import os, sys
from pathlib import Path
from vigie.backends.postgres import prepare_cluster
from vigie.backends.processes import start_child
from vigie.config.home import Home
cluster = prepare_cluster(Home(Path(sys.argv[1])))
running = start_child(cluster.child())
running.wait_ready()
print(running.pid, flush=True)
sys.stdin.read()
"""


def test_a_zombie_postmaster_with_a_living_number_does_not_block_the_next_start(home):
    """Where process 1 does not reap, a killed postmaster stays a zombie whose number `kill 0` accepts."""
    with running_cluster(home) as (cluster, running):
        os.kill(running.pid, signal.SIGKILL)
        while server_processes(cluster.data):
            time.sleep(0.02)
        # not reaped: Popen.poll was not called, so the number in postmaster.pid still exists
        os.kill(running.pid, 0)
        again = start_child(cluster.child())
        again.wait_ready()
        assert ask(home, "SELECT 1") == [(1,)]
        again.stop()


def test_the_server_dies_with_its_supervisor_and_starts_again_under_the_next(home):
    prepare_home(home)
    supervisor = subprocess.Popen(
        [sys.executable, "-c", ORPHANING, str(home.root)],
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert int(supervisor.stdout.readline())
    supervisor.kill()
    supervisor.wait()
    with running_cluster(home) as (
        cluster,
        _,
    ):  # does not wait for the old one's end: that is the server's own task
        assert ask(home, "SELECT 1") == [(1,)]
    assert server_processes(cluster.data) == ()
