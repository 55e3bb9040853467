"""The folder backups are kept in: objects once for all of them, a small folder for each.

vigie-backups           says that the folder is one
objects/ab/cd/…         sealed originals and parts as they lay in the store; written once, never changed
snapshots/2026-11-…Z/   manifest.json, database.age, secrets.age, objects.jsonl
snapshots/.…            one that is being taken, or was cut: never taken for whole
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from vigie.backends.backup.contents import Belonging, Kind
from vigie.backends.backup.manifest import BackupDamaged, Manifest
from vigie.backends.blobs import FolderBlobs
from vigie.backends.blobs.durable import make_folders, replace_file, sync_folder
from vigie.config.problems import SetupProblem

MANIFEST: Final = "manifest.json"
OBJECTS: Final = "objects.jsonl"
DATABASE: Final = "database.age"
SECRETS: Final = "secrets.age"
_MARK: Final = "vigie-backups"
_MARK_TEXT: Final = b"Backups of a Vigie installation. Their keys are kept elsewhere.\n"
_PARTIAL: Final = "."
_STAMP: Final = "%Y-%m-%dT%H-%M-%SZ"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class MediumRefused(SetupProblem):
    """The folder named cannot hold backups, or holds none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One object a backup needs: what it is, its bytes and their SHA-256 (hexadecimal), as they lie on the medium."""

    name: str
    kind: Kind
    bytes: int
    sha256: str

    @property
    def belonging(self) -> Belonging:
        """What it is to the installation."""
        return Belonging(self.name, self.kind)

    def text(self) -> str:
        """The line as it is written."""
        return json.dumps(asdict(self), sort_keys=True) + "\n"


class Medium:
    """A folder of backups, on any mounted file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._snapshots = folder / "snapshots"

    @classmethod
    def prepared(cls, folder: Path) -> "Medium":
        """Return the folder, made when missing; `MediumRefused` when it holds something else."""
        medium = cls(folder)
        if folder.exists() and not (folder / _MARK).exists() and any(folder.iterdir()):
            raise MediumRefused(
                f"{folder} holds files that are no backups.",
                safe="They were not touched.",
                remedy="Name an empty folder, or one that holds backups of this program.",
            )
        make_folders(folder.absolute() / "snapshots")
        if not (folder / _MARK).exists():
            replace_file(folder / _MARK, _MARK_TEXT)
        return medium

    @classmethod
    def found(cls, folder: Path) -> "Medium":
        """Return the folder of backups; `MediumRefused` when it is none."""
        if not (folder / _MARK).is_file():
            raise MediumRefused(
                f"{folder} holds no backups.",
                safe="Nothing was changed.",
                remedy="Name the folder that `vigie backup` wrote to; it holds a file `vigie-backups`.",
            )
        return cls(folder)

    @property
    def objects(self) -> FolderBlobs:
        """The objects of all backups."""
        return FolderBlobs(self.folder / "objects")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time writes here. `MediumRefused` while another does."""
        with (self.folder / _MARK).open("rb") as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MediumRefused(
                    f"Another backup is being written to {self.folder}.",
                    safe="It goes on; nothing was begun.",
                    remedy="Wait until it has ended.",
                ) from None
            yield

    def names(self) -> list[str]:
        """The whole backups, oldest first."""
        if not self._snapshots.is_dir():
            return []
        return sorted(path.name for path in self._snapshots.iterdir() if not path.name.startswith(_PARTIAL))

    def newest(self) -> str:
        """The name of the newest whole backup. `MediumRefused` when there is none."""
        names = self.names()
        if not names:
            raise MediumRefused(
                f"{self.folder} holds no whole backup.",
                safe="Nothing was changed.",
                remedy="Take one with `vigie backup`; what a cut one left is used by it.",
            )
        return names[-1]

    def place(self, name: str, file: str) -> Path:
        """A file of a whole backup."""
        return self._snapshots / name / file

    def manifest(self, name: str) -> Manifest:
        """The manifest of a backup; `BackupDamaged` when it is missing or was changed."""
        try:
            found = Manifest.parse(self.place(name, MANIFEST).read_bytes())
        except OSError as error:
            raise BackupDamaged(f"the manifest of {name} cannot be read: {error}") from error
        if found.name != name:
            raise BackupDamaged(f"the backup {found.name} lies in the folder of {name}")
        return found

    def lines(self, name: str) -> Iterator[Line]:
        """Yield the objects of a backup; `BackupDamaged` when the list cannot be read."""
        try:
            with self.place(name, OBJECTS).open(encoding="ascii") as file:
                for text in file:
                    yield _read(text)
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise BackupDamaged(f"the list of objects of {name} cannot be read: {error}") from error

    def begun(self, now: datetime) -> Path:
        """The folder of a backup that is being taken; what cut ones left of theirs is gone (their objects stay)."""
        for left in self._snapshots.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left)
        name = now.astimezone(UTC).strftime(_STAMP)
        while name in self.names():  # two within a second
            now += timedelta(seconds=1)
            name = now.astimezone(UTC).strftime(_STAMP)
        folder = self._snapshots / f"{_PARTIAL}{name}"
        folder.mkdir(mode=0o700)
        return folder

    def finished(self, folder: Path) -> str:
        """The backup counts as whole from now on; returns its name."""
        whole = folder.with_name(folder.name.removeprefix(_PARTIAL))
        sync_folder(folder)
        folder.rename(whole)
        sync_folder(self._snapshots)
        return whole.name

    def prune(self, before: datetime) -> tuple[list[str], int]:
        """Backups taken before that time are gone, the newest apart, with the objects no other needs.

        Returns their names and the number of objects.
        """
        names = self.names()
        old = [name for name in names[:-1] if self.manifest(name).taken_at < before]
        kept = {line.name for name in names if name not in old for line in self.lines(name)}
        for name in old:
            shutil.rmtree(self._snapshots / name)
        sync_folder(self._snapshots)
        store, removed = self.objects, 0
        for name in list(store.names()):
            if name not in kept:
                store.delete(name)
                removed += 1
        return old, removed


def _read(text: str) -> Line:
    """The object of one line; ValueError for one that no backup of this program has."""
    facts = json.loads(text)
    line = Line(facts["name"], Kind(facts["kind"]), facts["bytes"], facts["sha256"])
    if not (line.belonging.is_named and type(line.bytes) is int and isinstance(line.sha256, str)):
        raise ValueError("it names an object that no backup of this program holds")
    return line


@contextmanager
def told_when_full(folder: Path) -> Iterator[None]:
    """Turn an error of the medium's disk into words; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise MediumRefused(
            f"There is no room left in {folder}.",
            safe="The installation was not touched, and earlier backups are whole. No new one was made.",
            remedy="Make room (`vigie backup prune`) or name another folder, then run it again: objects copied so far are used.",
        ) from error


def private(path: Path) -> int:
    """A descriptor of a new file of the backup, mode 0600."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
