"""An installation made from a backup, on a machine that holds nothing yet."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

from psycopg import sql

from vigie.backends.backup import age
from vigie.backends.backup.contents import Kind
from vigie.backends.backup.manifest import BackupDamaged, FileFacts, Manifest
from vigie.backends.backup.medium import DATABASE, SECRETS, Line, Medium
from vigie.backends.blobs import BlobMissing, FolderBlobs
from vigie.backends.blobs.durable import create_private, make_folders, replace_file
from vigie.backends.postgres.connections import Role, admin_parameters
from vigie.backends.postgres.dumps import dump_binaries, restored
from vigie.backends.postgres.roles import administrator
from vigie.config.home import Home
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings

_CHUNK: Final = 1 << 20
_LONGEST_NAME: Final = 200  # bytes; file systems take 255, and a file is written beside its place first
_FOLDERS: Final = frozenset({".", "secrets", "keys"})
_TRANSACTION_COLUMNS: Final = (
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = 'public' AND udt_name = 'xid8'"
)


def bring_secrets(medium: Medium, manifest: Manifest, identity: age.Identity, home: Home) -> None:
    """The home has its generated passwords, sealed wrapping keys and settings again; `BackupDamaged`.

    Whoever can write to the medium can make this archive: it is sealed to a recipient everybody may know.
    """
    try:
        plain = age.unseal_bytes(medium.place(manifest.name, SECRETS).read_bytes(), identity)
    except age.SealRefused as error:
        raise BackupDamaged(
            f"{SECRETS} of {manifest.name} does not open with this identity: {error}"
        ) from error
    try:
        with tarfile.open(
            fileobj=io.BytesIO(plain), mode="r:"
        ) as tar:  # not packed: packed zeros have no end
            found = [(member.name, _content(tar, member)) for member in tar]
    except (tarfile.TarError, ValueError, OverflowError, OSError) as error:
        raise BackupDamaged(f"{SECRETS} of {manifest.name} is no whole archive: {error}") from error
    odd = [name for name, content in found if content is None or not _is_place(PurePosixPath(name), home)]
    if odd:
        raise BackupDamaged(f"{SECRETS} holds {odd[0]!r}, which no backup of this program does")
    for name, content in found:
        replace_file(home.root / name, content or b"")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | None:
    """The bytes of an ordinary file; None for anything else, and for one that states more than it holds."""
    if member.type not in tarfile.REGULAR_TYPES or member.issparse():
        return None
    file = tar.extractfile(member)
    content = file.read() if file is not None else b""
    return content if len(content) == member.size else None


def _is_place(place: PurePosixPath, home: Home) -> bool:
    """True for a file of secrets, keys or settings, by a name that every file system takes."""
    named = place.name and not place.name.startswith(".") and "\0" not in place.name
    short = len(os.fsencode(place.name)) <= _LONGEST_NAME
    return bool(named) and short and str(place.parent) in _FOLDERS and not (home.root / place).is_dir()


def bring_database(settings: Settings, medium: Medium, manifest: Manifest, identity: age.Identity) -> None:
    """The database holds what it held, with its owners, guards and grants; it must be prepared and empty.

    Columns that hold transaction numbers are given those of this server: the old ones mean nothing here. Raises
    SetupProblem when the database holds tables already, or cannot be read back.
    """
    parameters = {**admin_parameters(settings), "dbname": settings.database_name}
    with administrator(parameters) as connection:
        held = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        if held is not None and held[0]:
            raise SetupProblem(
                f"The database {settings.database_name} holds tables already.",
                safe="They were not touched.",
                remedy="Name an empty database in VIGIE_DATABASE_NAME, or another server.",
            )
        superuser = connection.info.parameter_status("is_superuser") == "on"
        binaries = dump_binaries(connection.info.server_version)
    acting = () if superuser else ("--no-owner", f"--role={Role.OWNER.value}")
    try:
        with (
            medium.place(manifest.name, DATABASE).open("rb") as sealed,
            restored(binaries, parameters, arguments=acting) as database,
        ):
            age.unseal(sealed, cast("BinaryIO", _Piped(database)), identity)
    except age.SealRefused as error:
        raise BackupDamaged(f"{DATABASE} of {manifest.name} does not open: {error}") from error
    with administrator(parameters) as connection, connection.transaction():
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(Role.OWNER.value)))
        for table, column in connection.execute(_TRANSACTION_COLUMNS).fetchall():
            connection.execute(
                sql.SQL("UPDATE {} SET {} = pg_current_xact_id()").format(
                    sql.Identifier(table), sql.Identifier(column)
                )
            )


def bring_objects(
    medium: Medium,
    manifest: Manifest,
    home: Home,
    *,
    erased: frozenset[str] = frozenset(),
    step: Callable[[str, int], None] = lambda _name, _size: None,
) -> tuple[int, tuple[str, ...]]:
    """Every object lies in the home's store again, its digest compared on the way, except those of `erased` names.

    Returns how many, and the names of those that are missing or were changed on the medium: they are left out, and
    the others are not held up.
    """
    from_there, here, damaged, brought = medium.objects, FolderBlobs(home.blobs), [], 0
    for line in medium.lines(manifest.name):
        if line.kind is Kind.ORIGINAL and line.belonging.object_name in erased:
            continue
        try:
            with from_there.open(line.name) as file:
                sound = _brought(line, file, here, home)
        except BlobMissing:
            sound = False
        brought += sound
        if not sound:
            damaged.append(line.name)
        step(line.name, line.bytes)
    return brought, tuple(damaged)


def _brought(line: Line, file: BinaryIO, here: FolderBlobs, home: Home) -> bool:
    through = age.Through(file)
    chunks = iter(lambda: through.read(_CHUNK), b"")
    if line.kind is Kind.PART:
        place = line.belonging.place(home)
        make_folders(place.parent)
        with os.fdopen(create_private(place), "wb") as part:
            part.writelines(chunks)
            part.flush()
            os.fsync(part.fileno())
    else:
        here.put(line.belonging.object_name, chunks)
    sound = FileFacts(through.bytes, through.sha256) == FileFacts(line.bytes, line.sha256)
    if not sound:
        line.belonging.place(home).unlink()
    return sound


class _Piped(io.RawIOBase):
    """The standard input of pg_restore; what it no longer takes is its own to explain."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all age writes
        return self._stream.write(data)

    def flush(self) -> None:
        if not self._stream.closed:
            self._stream.flush()
