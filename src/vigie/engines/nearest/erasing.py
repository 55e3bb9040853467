"""Overwriting what an erasure leaves in files that are no longer listed, before their names go.

An erased row leaves the store in three steps. At once and durably: its dead bit. Then the part that held it is
written anew without it, tables included, and the new generation counts. Then, here, the row, its id and its posting
in every table of the old files are overwritten and synced, the old logs are filled with zeros, and the old files are
unlinked.

Why the part is written anew, and not only overwritten: a posting overwritten where it lies still tells that some row
with that chunk's value was erased, and eleven such places give the code back. A part written anew from the rows that
remain is, byte for byte, the one that would have been written had the erased row never come: there is nothing in it
to join.
"""

import mmap
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.files import open_array
from vigie.engines.nearest.index import Ids
from vigie.engines.nearest.kernels import bucket_bounds, chunk_of
from vigie.engines.nearest.manifest import LogListing, Manifest
from vigie.engines.nearest.part import NO_ROW, Listing, Part, type_of

_NO_ID = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_OVERWRITTEN = ("codes", "ids", "groups", "postings")


def overwrite(
    folder: Path, manifest: Manifest, parts: Sequence[Listing], logs: Iterable[LogListing], ids: Ids
) -> None:
    """No byte of these ids' rows and postings is left in the files of these parts and logs, on the disk too.

    The manifest no longer lists them; a file that it does list (of the same content, so without these rows) is left.
    """
    for listing in parts:
        rows = Part(folder, listing).rows_of(ids)
        if len(rows):
            _overwrite_rows(folder, listing, rows, manifest.files)
    for log in logs:
        _fill_with_zeros(folder / log.file)


def _overwrite_rows(folder: Path, listing: Listing, rows: npt.NDArray[np.int64], listed: set[str]) -> None:
    part = Part(folder, listing)
    places = [place for row in rows.tolist() for place in _places(part, row)]
    arrays = {}
    for kind in _OVERWRITTEN:
        path = folder / listing.arrays[kind].file
        if path.name not in listed:
            size = len(part.array(kind))
            arrays[kind] = open_array(path, type_of(kind), size, mmap.PROT_READ | mmap.PROT_WRITE)
    if "postings" in arrays:
        arrays["postings"][places] = NO_ROW
    if "codes" in arrays:
        arrays["codes"].reshape(-1, 4)[rows] = 0
    if "ids" in arrays:
        arrays["ids"][rows] = _NO_ID
    if "groups" in arrays:
        arrays["groups"][rows] = 0
    for kind in arrays:
        _sync(folder / listing.arrays[kind].file)


def _places(part: Part, row: int) -> list[int]:
    """Return where the row's postings lie, one in each chunk's table."""
    layout = part.listing.layout
    tables = (part.array("offsets"), part.array("bases"), part.array("heavy"))
    places = []
    for chunk in range(layout.chunks):
        value = chunk_of(part.array("codes"), row * 4, chunk * layout.width, layout.width)
        low, high = bucket_bounds(chunk, value, layout.width, *tables)
        first = chunk * part.rows
        within = np.flatnonzero(part.array("postings")[first + low : first + high] == row)
        places.append(first + low + int(within[0]))
    return places


def _fill_with_zeros(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        size = os.fstat(descriptor).st_size
        os.pwrite(descriptor, bytes(size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
