"""What a store's folder holds at this moment: one small file that checks itself, swapped in by a rename."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vigie.engines.nearest.files import (
    PRIVATE,
    UNFINISHED,
    Listed,
    SnapshotRefused,
    checked_text,
    read_checked_text,
    write_durably,
)
from vigie.engines.nearest.layout import BASE, SEGMENT, Layout
from vigie.engines.nearest.part import Listing

MANIFEST = "manifest.json"
STATE = "state"
WRITING, CHANGING, MERGING = "writer.lock", "change.lock", "merge.lock"
_FORMAT = "vigie-codes-2"
_OURS = {
    ".array",
    ".dead",
    ".records",
    UNFINISHED,
}  # nothing else is ever removed, whatever lies in the folder


@dataclass(frozen=True, slots=True)
class Limits:
    """From how many rows on what is kept how: the tail is scanned, segments and the base are searched by tables.

    65,536 rows are scanned in 0.14 ms; 16 x 16 is the faster layout up to about 2 M rows, 11 x 23 from there to past
    100 M (measured; docs/explanation/decisions/0008).
    """

    tail_rows: int = 65_536
    segment_rows: int = 2_000_000
    segment: Layout = SEGMENT
    base: Layout = BASE

    def layout_for(self, rows: int) -> Layout:
        """Return how a part of so many rows is laid out."""
        return self.segment if rows <= self.segment_rows else self.base


@dataclass(frozen=True, slots=True)
class LogListing:
    """A log as the manifest lists it: its file, and how many bytes of it had been acknowledged by then."""

    file: str
    promised: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts, oldest first; the logs of all changes since, oldest first; the note kept before those logs."""

    generation: int
    limits: Limits
    parts: tuple[Listing, ...] = ()
    logs: tuple[LogListing, ...] = ()
    noted: str = ""

    def after(self, *, parts: tuple[Listing, ...], logs: tuple[LogListing, ...], noted: str) -> "Manifest":
        """Return the manifest of the next generation."""
        return replace(self, generation=self.generation + 1, parts=parts, logs=logs, noted=noted)

    @property
    def files(self) -> set[str]:
        """Every file the folder should hold."""
        return {*(log.file for log in self.logs), *(file for part in self.parts for file in part.files)}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The folder's store is what the manifest lists, durably; at any moment it was the old one or is this one."""
    body = {
        "format": _FORMAT,
        "generation": manifest.generation,
        "limits": asdict(manifest.limits),
        "parts": [asdict(part) for part in manifest.parts],
        "logs": [asdict(log) for log in manifest.logs],
        "noted": manifest.noted,
    }
    write_durably(
        folder / MANIFEST, checked_text(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())
    )


def read_manifest(folder: Path) -> Manifest:
    """Return the folder's manifest. Raises SnapshotRefused when it is missing, cut off, changed or another format's."""
    body: dict[str, Any] = json.loads(read_checked_text(folder / MANIFEST))
    if body["format"] != _FORMAT:
        raise SnapshotRefused(folder / MANIFEST, f"holds {body['format']}, not {_FORMAT}")
    limits = dict(body["limits"])
    limits |= {kind: Layout(**limits[kind]) for kind in ("segment", "base")}
    return Manifest(
        body["generation"],
        Limits(**limits),
        tuple(_listing(part) for part in body["parts"]),
        tuple(LogListing(**log) for log in body["logs"]),
        body["noted"],
    )


def _listing(body: dict[str, Any]) -> Listing:
    arrays = {kind: Listed(**listed) for kind, listed in body["arrays"].items()}
    return Listing(body["name"], Layout(**body["layout"]), body["rows"], arrays, Listed(**body["dead"]))


def clear_unlisted(folder: Path, manifest: Manifest) -> None:
    """Files of earlier generations and of attempts cut short are gone. To be called by whoever holds the merge lock."""
    kept = manifest.files | {MANIFEST + UNFINISHED}
    for path in folder.iterdir():
        if path.suffix in _OURS and path.name not in kept:
            path.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """The lock is held: one holder in all processes and threads of this machine; it falls with the process."""
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_lock(folder: Path, name: str) -> int | None:
    """Return a descriptor that holds the lock until it is closed; None when someone else holds it."""
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
