"""The port every search engine for 256-bit codes stands behind, and what crosses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

CODE_BYTES = 32
CODE_BITS = 256

GROUPS = 65_536  # how many groups there are; 0 is the one of rows given none

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.uint64]
GroupNumbers = npt.NDArray[np.uint16]
Groups = npt.NDArray[np.bool_]
ALL_GROUPS: Groups = np.ones(GROUPS, dtype=np.bool_)
ALL_GROUPS.flags.writeable = False


class Hit(NamedTuple):
    """One stored code within the radius: its id and its Hamming distance in bits."""

    id: int
    distance: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of an index found: rows that answer, rows deleted but not yet given back, and faults in words."""

    live: int
    deleted: int
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """True when nothing wrong was found."""
        return not self.faults


class Reach(NamedTuple):
    """How far a search goes: to all codes within `radius` bits, and to those within `glimpsed` it comes across."""

    radius: int
    glimpsed: int


class NearestIndex(Protocol):
    """Exact search of all codes within a Hamming radius.

    An id names one code. Every change answers at once and lasts once `snapshot` has returned. An index is used from
    one thread at a time.

    Every row belongs to a group (0 to 65,535). What a group means is the caller's business; a search may be told
    which groups may answer (`Groups`: 65,536 truth values, True where hits may come from; None: all).
    """

    def __len__(self) -> int:
        """Return how many codes answer."""
        ...

    def add(self, codes: Codes, ids: Ids, groups: GroupNumbers | None = None) -> None:
        """Store N codes (N x 32 bytes) under N ids, in N groups (None: 0); an id stored before names the new code.

        Raises ValueError for other shapes and for an id given twice in one call; then nothing is stored.
        """
        ...

    def delete(self, ids: Ids) -> int:
        """Forget these ids, overwrite their codes in memory and return how many were there; unknown ids are ignored."""
        ...

    def range(self, code: bytes, radius: int, groups: Groups | None = None) -> list[Hit]:
        """Return every stored code of these groups within `radius` bits (0..256) of `code`, nearest first, then by id."""
        ...

    def range_many(self, codes: Codes, radius: int, groups: Groups | None = None) -> Sequence[list[Hit]]:
        """Return for each of M codes (M x 32 bytes) what `range` returns for it."""
        ...

    def snapshot(self, folder: Path) -> None:
        """Write what answers now into the folder, whole or not at all, replacing an older snapshot there.

        Deleted codes are in no file of the folder afterwards. Raises OSError when the disk refuses.
        """
        ...

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the index as it was when the folder's snapshot was written.

        Raises SnapshotRefused naming the file and the reason when any byte of it is missing or changed.
        """
        ...

    def verify(self) -> Report:
        """Return what a check of the index in memory, and of the snapshot it came from or last wrote, has found."""
        ...


def unwritable(array: Array) -> Array:
    """Return a view that cannot be written through; compiled code is compiled once, for this kind only."""
    view = array.view()
    view.flags.writeable = False
    return view


def require_codes(codes: Codes) -> Codes:
    """Return the codes as a C-ordered N x 32 array of bytes. Raises ValueError for anything else."""
    if codes.ndim != 2 or codes.shape[1] != CODE_BYTES or codes.dtype != np.uint8:
        raise ValueError(f"codes are N x {CODE_BYTES} bytes, not {codes.shape} of {codes.dtype}")
    return np.ascontiguousarray(codes)


def require_radius(radius: int) -> int:
    """Return the radius. Raises ValueError unless it is 0 to 256 bits."""
    if not 0 <= radius <= CODE_BITS:
        raise ValueError(f"a radius is 0 to {CODE_BITS} bits, not {radius}")
    return radius


def require_code(code: bytes) -> Codes:
    """Return the code as 1 x 32 bytes. Raises ValueError unless it has 32 bytes."""
    if len(code) != CODE_BYTES:
        raise ValueError(f"a code has {CODE_BYTES} bytes, not {len(code)}")
    return np.frombuffer(code, dtype=np.uint8)[None, :]


def require_groups(groups: Groups | None) -> Groups:
    """Return which groups may answer, all when none are named. Raises ValueError for other shapes."""
    if groups is None:
        return ALL_GROUPS
    if groups.shape != (GROUPS,) or groups.dtype != np.bool_:
        raise ValueError(f"groups are {GROUPS} truth values, not {groups.shape} of {groups.dtype}")
    return unwritable(np.ascontiguousarray(groups))


def require_group_numbers(groups: GroupNumbers | None, rows: int) -> GroupNumbers:
    """Return the group of each new row, 0 when none are given. Raises ValueError for other shapes."""
    if groups is None:
        return np.zeros(rows, dtype=np.uint16)
    if groups.shape != (rows,) or groups.dtype != np.uint16:
        raise ValueError(f"{rows} codes need as many 16-bit groups, not {groups.shape} of {groups.dtype}")
    return np.ascontiguousarray(groups)


def require_ids(ids: Ids) -> Ids:
    """Return the ids. Raises ValueError unless they are a row of 64-bit numbers."""
    if ids.ndim != 1 or ids.dtype != np.uint64:
        raise ValueError(f"ids are a row of 64-bit numbers, not {ids.shape} of {ids.dtype}")
    return np.ascontiguousarray(ids)


def require_new_rows(codes: Codes, ids: Ids) -> Codes:
    """Return codes that may be added under these ids. Raises ValueError for shapes that differ or an id given twice."""
    rows = require_codes(codes)
    if ids.ndim != 1 or ids.dtype != np.uint64 or len(ids) != len(rows):
        raise ValueError(f"{len(rows)} codes need as many 64-bit ids, not {ids.shape} of {ids.dtype}")
    in_order = ids if (ids[1:] > ids[:-1]).all() else np.sort(ids)
    if (in_order[1:] == in_order[:-1]).any():
        raise ValueError("an id stands twice among the rows to add")
    return rows
