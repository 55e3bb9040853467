"""Taking a backup: the database in one moment, then everything that moment needs and is not kept yet."""

import io
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import psycopg
from psycopg import Connection
from pyrage.x25519 import Recipient

from vigie.backends.backup import age
from vigie.backends.backup.contents import NOT_KEPT, Belonging, Kind, belongings, log_facts, still_needed
from vigie.backends.backup.manifest import BackupDamaged, FileFacts, Manifest
from vigie.backends.backup.medium import (
    DATABASE,
    MANIFEST,
    OBJECTS,
    SECRETS,
    Line,
    Medium,
    private,
    told_when_full,
)
from vigie.backends.backup.verifying import check_files, digest_of
from vigie.backends.blobs import BlobExists, BlobStoreFull
from vigie.backends.blobs.durable import replace_file
from vigie.backends.postgres.connections import Role, connection_parameters
from vigie.backends.postgres.dumps import dump_binaries, dumped
from vigie.config.home import Home, home_of
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings
from vigie.engines.proofs import SigningKey

Step = Callable[[str, int], None]
"""Told of each object that is done, and of how many bytes were copied for it (0: it was kept already)."""
_AT_ONCE: Final = 500
_CHUNK: Final = 1 << 20
_LARGEST_SETTING: Final = 1 << 20
_NOT_SETTINGS: Final = frozenset({"lock", "restore-unfinished"})


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that is whole, and what was copied for it."""

    manifest: Manifest
    copied: int
    copied_bytes: int
    verified: int
    """Objects read back from the medium after they were written."""


def take(
    settings: Settings,
    medium: Medium,
    *,
    recipients: Sequence[str],
    key: SigningKey,
    program: str,
    now: datetime,
    step: Step = lambda _name, _size: None,
) -> Taken:
    """The installation as it is now is kept on the medium, read back and found equal; its database must be running.

    Connects as the role `backup`, which reads past row-level security and writes nothing. Raises SetupProblem when
    something fails: no backup is then left that could be taken for whole, and the objects copied so far serve the next.
    """
    sealed_to = age.recipients_of(recipients)
    home = home_of(settings)
    with medium.locked(), told_when_full(medium.folder), closing(_connected(settings)) as connection:
        folder = medium.begun(now)
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            files = {DATABASE: _database(settings, connection, folder / DATABASE, sealed_to)}
            log, server = log_facts(connection), str(connection.info.parameter_status("server_version"))
            copying = _Copying(medium, home, step)
            for some in _batches(belongings(connection)):
                copying.bring(some)
        copying.settle(lambda wanted: still_needed(connection, wanted))
        files[SECRETS] = _secrets(home, folder / SECRETS, sealed_to)
        files[OBJECTS] = _list(copying.lines, folder / OBJECTS)
        manifest = Manifest(
            name=folder.name.removeprefix("."),
            taken_at=now,
            program=program,
            server=server,
            database=settings.database_name,
            recipients=tuple(recipients),
            files=files,
            log=log,
            **copying.facts(),
        )
        replace_file(folder / MANIFEST, manifest.text(key))
        check_files(folder, manifest)
        verified = copying.read_back()
        medium.finished(folder)
    return Taken(manifest, len(copying.new), sum(line.bytes for line in copying.new), verified)


def _connected(settings: Settings) -> Connection[Any]:
    parameters = connection_parameters(Role.BACKUP, settings)
    return psycopg.connect(**parameters, autocommit=True, connect_timeout=10)  # type: ignore[arg-type] # one type per keyword


def _batches(found: Iterable[Belonging]) -> Iterator[list[Belonging]]:
    rest = iter(found)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


class _Copying:
    """Brings objects from the store to the medium; knows which are there already."""

    def __init__(self, medium: Medium, home: Home, step: Step) -> None:
        self._home = home
        self._store = medium.objects
        self._kept = {line.name: line for name in medium.names() for line in _readable(medium, name)}
        self._step = step
        self.lines: list[Line] = []
        self.new: list[Line] = []
        self.missing: list[Belonging] = []
        self.withdrawn = 0

    def bring(self, wanted: Iterable[Belonging]) -> None:
        """These objects are on the medium, or noted as missing."""
        for one in wanted:
            line = self._kept.get(one.name)
            if line is None or not self._store.exists(one.name):
                line = self._copied(one)
            if line is not None:
                self.lines.append(line)
            self._step(one.name, 0 if line is None or line.name in self._kept else line.bytes)

    def settle(self, needed: Callable[[list[Belonging]], set[Belonging]]) -> None:
        """What was erased or replaced while it was copied is left out: its bytes may be another's."""
        doubtful = [*self.missing, *(line.belonging for line in self.new)]
        still: set[Belonging] = set()
        for some in _batches(doubtful):
            still |= needed(some)
        gone = {line.name for line in self.new if line.kind is Kind.ORIGINAL and line.belonging not in still}
        for name in gone:
            self._store.delete(name)
        self.lines = [line for line in self.lines if line.name not in gone]
        self.new = [line for line in self.new if line.name not in gone]
        absent = [one for one in self.missing if one in still]
        self.withdrawn = len(gone) + len(self.missing) - len(absent)
        self.missing = absent

    def facts(self) -> dict[str, Any]:
        """What the manifest says of the objects."""
        return {
            "objects": len(self.lines),
            "object_bytes": sum(line.bytes for line in self.lines),
            "missing": tuple(sorted(one.name for one in self.missing)),
            "withdrawn": self.withdrawn,
        }

    def read_back(self) -> int:
        """Every object of this run reads back from the medium as it was written; returns how many. SetupProblem."""
        for line in self.new:
            with self._store.open(line.name) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                found = digest_of(file)
            if found != FileFacts(line.bytes, line.sha256):
                self._store.delete(line.name)
                raise SetupProblem(
                    f"The object {line.name} does not read back as it was written: the medium is failing.",
                    safe="The installation was not touched, and no new backup was made.",
                    remedy="Use another medium.",
                )
        return len(self.new)

    def _copied(self, one: Belonging) -> Line | None:
        try:
            with one.place(self._home).open("rb") as source:
                facts = self._stored(one.name, source)
        except FileNotFoundError:
            self.missing.append(one)
            return None
        line = Line(one.name, one.kind, facts.bytes, facts.sha256)
        self.new.append(line)
        return line

    def _stored(self, name: str, source: BinaryIO) -> FileFacts:
        reading = _Digested(source)
        try:
            self._store.put(name, reading)
        except BlobExists:  # a run that was cut brought it; whether it is the same is a matter of reading
            with self._store.open(name) as file:
                found = digest_of(file)
            source.seek(0)
            if digest_of(source) == found:
                return found
            self._store.delete(name)
            source.seek(0)
            reading = _Digested(source)
            self._store.put(name, reading)
        except BlobStoreFull as error:
            cause = error.__cause__
            raise cause if isinstance(cause, OSError) else error from error
        return reading.facts()


class _Digested:
    """The chunks of a file, counted and digested as they are read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._through = age.Through(source)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._through.read(_CHUNK):
            yield chunk

    def facts(self) -> FileFacts:
        return FileFacts(self._through.bytes, self._through.sha256)


def _readable(medium: Medium, name: str) -> list[Line]:
    """The objects of an earlier backup; none when its list is damaged: they are then read anew."""
    try:
        return list(medium.lines(name))
    except BackupDamaged:
        return []


def _database(
    settings: Settings, connection: Connection[Any], out: Path, recipients: Sequence[Recipient]
) -> FileFacts:
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None
    parameters = connection_parameters(Role.BACKUP, settings)
    binaries = dump_binaries(connection.info.server_version)
    with (
        os.fdopen(private(out), "wb") as file,
        dumped(binaries, parameters, snapshot=row[0], without_rows=NOT_KEPT) as archive,
    ):
        facts = FileFacts(*age.seal(archive, file, recipients))
        os.fsync(file.fileno())
    return facts


def _secrets(home: Home, out: Path, recipients: Sequence[Recipient]) -> FileFacts:
    """Generated passwords, sealed wrapping keys and settings: kilobytes, so that memory holds them."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted(_small_files(home)):
            info = tarfile.TarInfo(str(path.relative_to(home.root)))
            data = path.read_bytes()
            info.size, info.mode = len(data), 0o600
            tar.addfile(info, io.BytesIO(data))
    with os.fdopen(private(out), "wb") as file:
        facts = FileFacts(*age.seal_bytes(archive.getvalue(), cast("BinaryIO", file), recipients))
        os.fsync(file.fileno())
    return facts


def _small_files(home: Home) -> Iterator[Path]:
    for folder in (home.secrets, home.keys):
        yield from (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    for path in home.root.iterdir():
        small = path.is_file() and path.stat().st_size <= _LARGEST_SETTING and path.suffix != ".log"
        if small and path.name not in _NOT_SETTINGS:
            yield path


def _list(lines: Iterable[Line], out: Path) -> FileFacts:
    with os.fdopen(private(out), "wb") as file:
        through = age.Through(cast("BinaryIO", file))
        for line in sorted(lines, key=lambda line: line.name):
            through.write(line.text().encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    return FileFacts(through.bytes, through.sha256)
