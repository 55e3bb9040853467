"""Inputs that broke a reader once: kept beside the tests, and read again in every run of the suite."""

from collections.abc import Iterator
from pathlib import Path

from fuzz.loop import Fault

KEPT = Path(__file__).resolve().parents[1] / "regressions"
LARGEST = 64 * 1024


def keep(fault: Fault, folder: Path = KEPT) -> Path | None:
    """Where the input is kept now; None for one that is too long to be kept."""
    if len(fault.data) > LARGEST:
        return None
    place = folder / folder_of(fault.reader) / f"{fault.name}.bin"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(fault.data)
    return place


def kept(reader: str, folder: Path = KEPT) -> Iterator[tuple[str, bytes]]:
    """The inputs kept for a reader, with their names."""
    for place in sorted((folder / folder_of(reader)).glob("*.bin")):
        yield place.stem, place.read_bytes()


def folder_of(reader: str) -> str:
    """The name of a reader's folder."""
    return reader.replace(" ", "-")
