"""Index files that are either whole or refused: named by their content, listed in a manifest that checks itself.

A folder holds `manifest.json` and one file for each array. A file's name carries the SHA-256 of its bytes, so a new
snapshot never writes over a file that an older manifest still names; the manifest is swapped in last, by a rename.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.files import (
    UNFINISHED,
    SnapshotRefused,
    checked_text,
    read_checked_text,
    sync_folder,
    write_durably,
)

__all__ = ["SnapshotRefused", "read_snapshot", "snapshot_faults", "write_snapshot"]

_MANIFEST = "manifest.json"
_FORMAT = "vigie-nearest-1"
_SUFFIX = ".array"
_CHUNK = 1 << 20  # bytes

Arrays = Mapping[str, npt.NDArray[Any]]


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
    write_durably(folder / _MANIFEST, checked_text(text))
    kept = {one.file for one in listed.values()}
    for stale in folder.iterdir():
        if stale.suffix in {_SUFFIX, UNFINISHED} and stale.name not in kept:
            stale.unlink()
    sync_folder(folder)


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
    write_durably(folder / file, data)
    return _Listed(file, sha256, plain.dtype.str, plain.shape)


def _read_manifest(folder: Path, kind: str) -> dict[str, _Listed]:
    path = folder / _MANIFEST
    body = json.loads(read_checked_text(path))
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
