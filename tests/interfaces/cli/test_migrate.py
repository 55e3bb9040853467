import subprocess
import sys

import psycopg
import pytest

from support.folders import open_folder
from support.postgres import child_environment
from support.servers import running_cluster
from support.system import free_port, running_system
from vigie.backends.postgres import admin_parameters
from vigie.backends.processes import holder
from vigie.config.home import Home
from vigie.config.schema import Settings


@pytest.fixture
def home():
    with open_folder() as folder:
        yield Home(folder / "home")


def migrate(home):
    return subprocess.run(
        [sys.executable, "-m", "vigie", "migrate"],
        env=child_environment(VIGIE_HOME=str(home.root)),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def owners(home):
    parameters = {**admin_parameters(Settings(home=home.root)), "dbname": "vigie"}
    with psycopg.connect(**parameters) as connection:
        return dict(
            connection.execute("SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'")
        )


def test_a_stopped_system_is_migrated_with_a_server_of_its_own_that_is_stopped_again(home):
    done = migrate(home)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "postgres: stopped (exit code 0)" in done.stderr
    assert holder(home.lock_file) is None
    with running_cluster(home):
        found = owners(home)
    assert "django_migrations" in found
    assert set(found.values()) == {"vigie_owner"}


def test_a_running_system_is_migrated_in_place(home):
    with running_system(home, free_port()) as system:
        before = system.child_pids()
        done = migrate(home)
        assert done.returncode == 0, done.stderr
        assert system.child_pids() == before
        found = owners(home)
    assert {"django_migrations", "written"} <= set(found)
