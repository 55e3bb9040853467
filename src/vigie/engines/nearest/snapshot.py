"""Index files that are either whole or refused: named by their content, listed in a manifest that checks itself.

A folder holds `manifest.json` and one file for each array. A file's name carries the SHA-256 of its bytes, so a new
snapshot never writes over a file that an older manifest still names; the manifest is swapped in last, by a rename.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_MANIFEST = "manifest.json"
_FORMAT = "vigie-nearest-1"
_SUFFIX = ".array"
_UNFINISHED = ".unfinished"
_CHUNK = 1 << 20  # bytes

Arrays = Mapping[str, npt.NDArray[Any]]


class SnapshotRefused(Exception):  # noqa: N818 - it is a refusal with a reason, as the rest of Vigie names them
    """A snapshot is missing, cut off or changed; nothing of it was used."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Listed:
    file: str
    sha256: str
    dtype: str
    shape: tuple[int, ...]


def write_snapshot(folder: Path, kind: str, arrays: Arrays) -> None:
    """Write the arrays durably as the folder's snapshot and unlink the files of the one it replaces.

    `kind` names the engine. Files belong to the owner alone (0600). A crash at any moment leaves the old snapshot or
    the new one. Raises OSError when the disk refuses; the old snapshot then stands.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    listed = {name: _write_array(folder, name, array) for name, array in arrays.items()}
    body = {
        "format": _FORMAT,
        "kind": kind,
        "arrays": {
            name: {"file": one.file, "sha256": one.sha256, "dtype": one.dtype, "shape": list(one.shape)}
            for name, one in listed.items()
        },
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    _write_durably(folder / _MANIFEST, text + b"\n" + hashlib.sha256(text).hexdigest().encode() + b"\n")
    kept = {one.file for one in listed.values()}
    for stale in folder.iterdir():
        if stale.suffix in {_SUFFIX, _UNFINISHED} and stale.name not in kept:
            stale.unlink()
    _sync_folder(folder)


def read_snapshot(folder: Path, kind: str) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the folder's snapshot, every byte checked.

    Raises SnapshotRefused when there is none, when another engine wrote it, or when anything in it is not as written.
    """
    return {name: _read_array(folder, one) for name, one in _read_manifest(folder, kind).items()}


def snapshot_faults(folder: Path, kind: str) -> tuple[str, ...]:
    """Return in words what is wrong with the folder's snapshot, each file checked; nothing when it is whole."""
    try:
        listed = _read_manifest(folder, kind)
    except SnapshotRefused as refused:
        return (str(refused),)
    faults: list[str] = []
    for one in listed.values():
        try:
            _read_array(folder, one)
        except SnapshotRefused as refused:
            faults.append(str(refused))
    return tuple(faults)


def _write_array(folder: Path, name: str, array: npt.NDArray[Any]) -> _Listed:
    plain = np.ascontiguousarray(array)
    data = plain.tobytes()
    sha256 = hashlib.sha256(data).hexdigest()
    file = f"{name}-{sha256[:32]}{_SUFFIX}"
    _write_durably(folder / file, data)
    return _Listed(file, sha256, plain.dtype.str, plain.shape)


def _write_durably(path: Path, data: bytes) -> None:
    unfinished = path.with_name(path.name + _UNFINISHED)
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_manifest(folder: Path, kind: str) -> dict[str, _Listed]:
    path = folder / _MANIFEST
    try:
        text, checksum, rest = path.read_bytes().split(b"\n")
    except FileNotFoundError as missing:
        raise SnapshotRefused(path, "there is no snapshot here") from missing
    except ValueError as broken:
        raise SnapshotRefused(path, "the manifest is cut off or changed") from broken
    if rest or hashlib.sha256(text).hexdigest().encode() != checksum:
        raise SnapshotRefused(path, "the manifest is cut off or changed")
    body = json.loads(text)
    if (body["format"], body["kind"]) != (_FORMAT, kind):
        raise SnapshotRefused(path, f"holds {body['format']} {body['kind']}, not {_FORMAT} {kind}")
    return {
        name: _Listed(one["file"], one["sha256"], one["dtype"], tuple(one["shape"]))
        for name, one in body["arrays"].items()
    }


def _read_array(folder: Path, listed: _Listed) -> npt.NDArray[Any]:
    path = folder / listed.file
    array = np.empty(listed.shape, dtype=np.dtype(listed.dtype))
    into = array.reshape(-1).view(np.uint8).data
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for start in range(0, len(into), _CHUNK):
                piece = into[start : start + _CHUNK]
                if file.readinto(piece) != len(piece):
                    raise SnapshotRefused(path, "the file is cut off")
                digest.update(piece)
            longer = bool(file.read(1))
    except FileNotFoundError as missing:
        raise SnapshotRefused(path, "the file is missing") from missing
    if longer or digest.hexdigest() != listed.sha256:
        raise SnapshotRefused(path, "the file is not as it was written: its checksum differs")
    return array
