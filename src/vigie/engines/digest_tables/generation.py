"""Which files a table consists of: a manifest that checks itself, swapped by a rename."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigie.engines.digest_tables.refusals import DigestsRefused

MANIFEST: Final = "manifest.json"
_FORMAT: Final = "vigie-digests-1"
_UNFINISHED: Final = ".unfinished"


@dataclass(frozen=True, slots=True)
class Generation:
    """One state of a table's files. `sequence` numbers every file ever written in the folder."""

    width: int
    """Bytes of a digest as it is kept."""
    stated: int
    """Bytes of a digest as it is given: opaque hashes are kept folded."""
    sequence: int
    runs: tuple[int, ...]
    """Numbers of the run files."""
    counts: tuple[int, ...]
    """How many entries each of them was written with."""
    tail: int

    def files(self) -> set[str]:
        """The names of its files."""
        return {run_name(one) for one in self.runs} | {tail_name(self.tail), MANIFEST}


def run_name(number: int) -> str:
    """The file name of a run."""
    return f"{number:08d}.run"


def tail_name(number: int) -> str:
    """The file name of a tail."""
    return f"{number:08d}.tail"


def read_generation(folder: Path) -> Generation:
    """The folder's generation. Raises DigestsRefused when there is none or its manifest is not as it was written."""
    path = folder / MANIFEST
    try:
        text, kept, rest = path.read_bytes().split(b"\n")
    except FileNotFoundError as missing:
        raise DigestsRefused(path, "there is no table here") from missing
    except ValueError as broken:
        raise DigestsRefused(path, "the manifest is cut off or changed") from broken
    if rest or hashlib.sha256(text).hexdigest().encode() != kept:
        raise DigestsRefused(path, "the manifest is cut off or changed")
    body = json.loads(text)
    if body.pop("format", None) != _FORMAT:
        raise DigestsRefused(path, f"is not of the format {_FORMAT}")
    runs, counts = tuple(body["runs"]), tuple(body["counts"])
    return Generation(body["width"], body["stated"], body["sequence"], runs, counts, body["tail"])


def write_generation(folder: Path, generation: Generation) -> None:
    """The generation is the folder's, durable: whoever opens the folder finds it, or the one before.

    Raises OSError when the disk refuses; the one before then stands.
    """
    body = {
        "format": _FORMAT,
        "width": generation.width,
        "stated": generation.stated,
        "sequence": generation.sequence,
        "runs": generation.runs,
        "counts": generation.counts,
        "tail": generation.tail,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    unfinished = folder / (MANIFEST + _UNFINISHED)
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text + b"\n" + hashlib.sha256(text).hexdigest().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)  # the files it names are in the folder before it is
        unfinished.replace(folder / MANIFEST)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(folder)


def remove_others(folder: Path, generation: Generation) -> None:
    """Only the generation's files are in the folder; processes that have others open may go on reading them."""
    kept = generation.files()
    for stale in folder.iterdir():
        if stale.name not in kept and stale.suffix in {".run", ".tail", _UNFINISHED}:
            stale.unlink()
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """The folder's names are durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
