"""A library made from the whole truth in one pass, and which folder holds the one that answers."""

import contextlib
import gc
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from vigie.engines.nearest.index import Codes, GroupNumbers, Ids
from vigie.engines.nearest.store import CodeStore
from vigie.matcher.library import Library, codes_of
from vigie.matcher.records import Record

_TOGETHER: Final = 50_000  # records held at a time: 50 MB
_BLOCK: Final = 1_000_000  # codes handed to the index at a time
_CURRENT: Final = "current"
_ROW: Final = np.dtype([("code", "u1", 32), ("id", "<u8"), ("group", "<u2")])


def current(folder: Path) -> Path | None:
    """The folder of the library that answers, or nothing before the first was made."""
    try:
        return folder / (folder / _CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


def fresh(folder: Path) -> Path:
    """A folder for the next library, which does not exist yet; what an unfinished one left is gone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = current(folder)
    for place in folder.iterdir():
        if place.is_dir() and place != now:
            shutil.rmtree(place)
    return folder / f"{int(now.name) + 1 if now is not None else 1:08d}"


def discard(folder: Path) -> None:
    """The next matcher that starts over this folder makes its library anew from the truth."""
    (folder / _CURRENT).unlink(missing_ok=True)


def adopt(folder: Path, place: Path) -> None:
    """The library of this folder answers from now on, also after a restart; the files of others are gone."""
    unfinished = folder / f"{_CURRENT}.new"
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{place.name}\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / _CURRENT)
    for other in folder.iterdir():
        if other.is_dir() and other != place:
            shutil.rmtree(other)


def build(place: Path, truth: Iterable[Iterable[Record]], cursor: str) -> Library:
    """A library of everything, its codes laid out at once: in a folder of its own, which does not exist yet.

    Raises OSError when the disk refuses, and whatever reading the truth raises; the folder is then gone.
    """
    try:
        return _build(place, truth, cursor)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _build(place: Path, truth: Iterable[Iterable[Record]], cursor: str) -> Library:
    spool = place / "codes.spool"
    rows = itertools.chain.from_iterable(truth)
    library = Library.create(place)
    with contextlib.closing(library), open(spool, "xb", opener=_private) as file, _not_looking_for_cycles():
        while some := list(itertools.islice(rows, _TOGETHER)):
            spooled = library.put_all_but_codes(some)
            _spool(file, *spooled)
    shutil.rmtree(place / "codes")
    count = spool.stat().st_size // _ROW.itemsize
    with contextlib.closing(CodeStore.build(place / "codes", count, _blocks(spool, count))) as codes:
        codes.note(cursor)
    spool.unlink()
    return Library.open(place)


@contextlib.contextmanager
def _not_looking_for_cycles() -> Iterator[None]:
    """The collector rests: of millions of rows none refers to another, and half of the time went into looking at them.

    400,000 rows were read and laid at 21,000 a second with it and at 42,000 without.
    """
    was_looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_looking:
            gc.enable()


def _spool(file: BinaryIO, records: list[Record], numbers: Ids, groups: GroupNumbers) -> None:
    rows = np.empty(len(records), dtype=_ROW)
    rows["code"], rows["id"], rows["group"] = codes_of(records), numbers, groups
    file.write(rows.tobytes())


def _blocks(spool: Path, count: int) -> Iterator[tuple[Codes, Ids, GroupNumbers]]:
    for start in range(0, count, _BLOCK):
        rows = np.fromfile(spool, _ROW, min(_BLOCK, count - start), offset=start * _ROW.itemsize)
        yield (
            np.ascontiguousarray(rows["code"]),
            np.ascontiguousarray(rows["id"]),
            np.ascontiguousarray(rows["group"]),
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
