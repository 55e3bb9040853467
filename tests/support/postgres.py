"""One PostgreSQL server per pytest session, shared by all parallel workers, started when the first test asks for it.

A keeper process (this file run as a program) owns the server. It ends the server and removes its folder when the
session's controlling process ends in any way. `VIGIE_TEST_DATABASE_URL` names an administrator of another server to
use instead, PostgreSQL 15 or newer; a home folder for its passwords is still made.
"""

import fcntl
import functools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vigie.backends.postgres import Durability, Takeover, admin_parameters, ensure_database, prepare_cluster
from vigie.backends.processes import start_child
from vigie.config.home import Home, prepare_home, remove_socket_folder
from vigie.config.schema import Settings

SOURCE = Path(__file__).resolve().parents[2] / "src"


@dataclass(frozen=True)
class PostgresServer:
    """A running server with Vigie's roles and the empty database `vigie`."""

    home: str
    database_url: str | None

    @property
    def admin(self) -> dict[str, str]:
        """libpq parameters of the administrator, connected to the database `postgres`."""
        return admin_parameters(self.settings())

    def settings(self, **options: Any) -> Settings:
        """Settings of a process that uses this server."""
        return Settings(home=Path(self.home), database_url=self.database_url, **options)


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a process started by a test: ours, able to import the package from the checkout."""
    return {**os.environ, "PYTHONPATH": str(SOURCE), **extra}


@functools.cache
def postgres_server() -> PostgresServer:
    """The session's server; started by whichever worker asks first."""
    controller = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    folder = Path(tempfile.gettempdir()) / f"vigie-test-{controller}"
    folder.mkdir(mode=0o755, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = folder / "ready.json"
        if not ready.exists():
            _start_keeper(folder, controller)
        return PostgresServer(**json.loads(ready.read_text()))


def _start_keeper(folder: Path, controller: int) -> None:
    with (folder / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, __file__, str(folder), str(controller)],
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert keeper.stdout is not None
    if keeper.stdout.readline() != b"ready\n":
        raise RuntimeError(f"The test database did not start:\n{(folder / 'keeper.log').read_text()}")
    keeper.stdout.close()
    keeper.returncode = 0  # it outlives us on purpose: no warning about a child left running


def keep(folder: Path, controller: int) -> None:
    """Start the server, say `ready` on standard output, and remove everything when the controller is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the session, and the session's end ends us
    watch = os.pidfd_open(controller)
    home = Home(folder / "home")
    url = os.environ.get("VIGIE_TEST_DATABASE_URL") or None
    server = PostgresServer(str(home.root), url)
    running = None
    try:
        prepare_home(home)
        if url is None:
            cluster = prepare_cluster(home, connections=200, durability=Durability.NOTHING)
            running = start_child(cluster.child())
            running.wait_ready()
        ensure_database(server.settings(), Takeover.REPLACE)
        unfinished = folder / "ready.new"
        unfinished.write_text(json.dumps(asdict(server)))
        unfinished.replace(folder / "ready.json")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        select.select([watch], [], [])
    finally:
        if running is not None:
            running.stop()
        remove_socket_folder(home)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
