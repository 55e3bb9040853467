"""Whether a backup is whole: every file and object read again, and opened where the identity is at hand."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from vigie.backends.backup import age
from vigie.backends.backup.manifest import BackupDamaged, FileFacts, Manifest
from vigie.backends.backup.medium import DATABASE, OBJECTS, SECRETS, Medium
from vigie.backends.blobs import BlobStoreError

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """What was found on the medium."""

    manifest: Manifest
    objects: int
    """Objects that read back as they were written."""
    damaged: tuple[str, ...]
    """What is missing or was changed, by name."""
    opened: bool
    """Whether database and secrets were opened with the identity."""

    @property
    def whole(self) -> bool:
        """Whether a restore would bring everything back."""
        return not self.damaged and not self.manifest.missing


def digest_of(file: BinaryIO) -> FileFacts:
    """Bytes and SHA-256 of what the file still holds."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return FileFacts(size, digest.hexdigest())


def check_files(folder: Path, manifest: Manifest) -> None:
    """Return only if the files beside the manifest are those it names; `BackupDamaged` names the first that is not."""
    for name in (DATABASE, SECRETS, OBJECTS):
        try:
            with (folder / name).open("rb") as file:
                found = digest_of(file)
        except OSError as error:
            raise BackupDamaged(f"{name} of {manifest.name} cannot be read: {error}") from error
        if found != manifest.files.get(name):
            raise BackupDamaged(f"{name} of {manifest.name} was changed or cut")


def verify(
    medium: Medium,
    name: str,
    *,
    identity: age.Identity | None = None,
    step: Callable[[str, int], None] = lambda _name, _size: None,
) -> Found:
    """What a backup is worth today: all its files and objects were read again. Never raises for a damaged one's objects.

    With the identity, database and secrets are opened to the end as well. Raises `BackupDamaged` when the backup's
    own files are no longer those its manifest names.
    """
    manifest = medium.manifest(name)
    check_files(medium.place(name, OBJECTS).parent, manifest)
    store, damaged, whole = medium.objects, [], 0
    for line in medium.lines(name):
        try:
            with store.open(line.name) as file:
                sound = digest_of(file) == FileFacts(line.bytes, line.sha256)
        except (BlobStoreError, OSError):
            sound = False
        whole += sound
        if not sound:
            damaged.append(line.name)
        step(line.name, line.bytes)
    if identity is not None:
        damaged += [file for file in (DATABASE, SECRETS) if not _opens(medium.place(name, file), identity)]
    return Found(manifest, whole, tuple(damaged), identity is not None)


def _opens(path: Path, identity: age.Identity) -> bool:
    with path.open("rb") as sealed, Path("/dev/null").open("wb") as nowhere:
        try:
            age.unseal(sealed, nowhere, identity)
        except age.SealRefused:
            return False
    return True
