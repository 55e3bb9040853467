"""A database written out and read back by PostgreSQL's own programs, through a pipe: nothing plain touches a disk."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

from psycopg import conninfo

from vigie.backends.postgres.binaries import OLDEST_MAJOR, Binaries, candidate_folders, inspect_binaries
from vigie.config.problems import SetupProblem

_TAIL: Final = 2_000


def dump_binaries(server_version: int) -> Binaries:
    """The programs to dump or restore a server of this version (`server_version_num`) with.

    Of its own major version if they are here, else the next newer: an older pg_dump refuses a newer server.
    Raises SetupProblem when none fits.
    """
    major = server_version // 10_000
    found = [inspect_binaries(folder) for folder in candidate_folders()]
    fitting = sorted(
        (one for one in found if one is not None and one.major >= max(major, OLDEST_MAJOR)),
        key=lambda one: one.major,
    )
    fitting = [one for one in fitting if (one.folder / "pg_dump").is_file()]
    if not fitting:
        raise SetupProblem(
            f"The server is PostgreSQL {major}, and no pg_dump of that version or a newer one was found.",
            safe="Nothing was written.",
            remedy=f"Install the client programs of PostgreSQL {major}.",
        )
    return fitting[0]


@contextmanager
def dumped(
    binaries: Binaries, parameters: Mapping[str, str], *, snapshot: str, without_rows: Sequence[str]
) -> Iterator[BinaryIO]:
    """The database as a custom-format archive to read from, in the state of an exported snapshot.

    Rows of the tables `without_rows` are left out. Raises SetupProblem at the end of the block when pg_dump failed:
    what was read is then to be thrown away.
    """
    command = [
        *(binaries.program("pg_dump"), "--format=custom", f"--snapshot={snapshot}", "--no-password"),
        *(f"--exclude-table-data=public.{table}" for table in without_rows),
        *_database(parameters),
    ]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, env=_environment(parameters), stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdout is not None
        try:
            yield cast("BinaryIO", process.stdout)
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()
            code = process.wait()
        if code:
            raise _failed("could not be written out", errors)


@contextmanager
def restored(
    binaries: Binaries, parameters: Mapping[str, str], *, arguments: Sequence[str] = ()
) -> Iterator[BinaryIO]:
    """An archive written to the stream stands in the database, in one transaction, once the block has ended.

    Raises SetupProblem when pg_restore failed: the database is then as it was.
    """
    command = [
        *(binaries.program("pg_restore"), "--exit-on-error", "--single-transaction", "--no-password"),
        *(*arguments, *_database(parameters)),
    ]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            env=_environment(parameters),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        assert process.stdin is not None
        broken = False
        try:
            yield cast("BinaryIO", process.stdin)
            process.stdin.close()
        except BrokenPipeError:
            broken = True  # pg_restore ended early, and says why
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
        if code or broken:
            raise _failed("could not be read back", errors)


def _database(parameters: Mapping[str, str]) -> tuple[str, ...]:
    way = {name: value for name, value in parameters.items() if name != "password"}
    return ("--dbname", conninfo.make_conninfo(**way))


def _environment(parameters: Mapping[str, str]) -> dict[str, str]:
    """A clean environment; the password stands there because a command line can be read by every user."""
    return {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin", "PGPASSWORD": parameters.get("password", "")}


def _failed(what: str, errors: BinaryIO) -> SetupProblem:
    errors.seek(0)
    said = errors.read().decode("utf-8", "replace").strip()[-_TAIL:]
    return SetupProblem(
        f"The database {what}: {said or 'the program ended without a word'}",
        safe="The database was not changed.",
        remedy="Check the free space and that the server goes on running, then try again.",
    )
