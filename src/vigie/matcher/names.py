"""Which fingerprint a number stands for: one mapped file of ids, and the way back in a digest table.

The indexes know numbers only. A number is given once and never again, so that a posting somebody forgot can never
lead to another fingerprint. Beside each id stands a *seal*, eight bytes of a hash of the whole row as it was applied:
a row that comes again unchanged is known as such, and a row that changed unseen is found by comparing seals.
"""

import mmap
import os
import struct
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from vigie.engines.digest_tables import DigestsRefused, DigestTable

Numbers = npt.NDArray[np.uint64]
Seals = npt.NDArray[np.uint64]

_PAGE: Final = 4_096  # bytes
_MAGIC: Final = b"VGNAMES1"
_HEAD: Final = struct.Struct("<8sQ")
_SUM: Final = struct.Struct("<I")
_ROW: Final = np.dtype([("id", "u1", 16), ("seal", "<u8")])
_STEP: Final = 65_536  # rows the file grows by: 1.5 MB
UUID_BYTES: Final = 16
UNKNOWN: Final = np.uint64(0)
"""The number of no fingerprint."""


class Kept(NamedTuple):
    """What is on file of some fingerprints: their numbers, and the seals under which they were applied; 0 for none."""

    numbers: Numbers
    seals: Seals


class Names:
    """Numbers of fingerprints in a folder of its own. One process has it open; used from one thread at a time."""

    def __init__(self, folder: Path, table: DigestTable, descriptor: int, last: int) -> None:
        self._path = folder / "names"
        self._table = table
        self._descriptor = descriptor
        self._last = last
        self._rows = self._mapped()

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Nothing is named yet."""
        folder.mkdir(mode=0o700, parents=True)
        table = DigestTable.create(folder / "ids", UUID_BYTES)
        descriptor = os.open(folder / "names", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        names = cls(folder, table, descriptor, 0)
        names._write_head()
        os.fsync(descriptor)
        return names

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The names of the folder. Raises DigestsRefused naming the file that is missing, cut off or changed."""
        path = folder / "names"
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError as missing:
            raise DigestsRefused(path, "the file is missing") from missing
        try:
            head = os.pread(descriptor, _HEAD.size + _SUM.size, 0)
            if len(head) < _HEAD.size + _SUM.size:
                raise DigestsRefused(path, "the file is cut off")
            magic, last = _HEAD.unpack_from(head)
            if magic != _MAGIC or (zlib.crc32(head[: _HEAD.size]),) != _SUM.unpack_from(head, _HEAD.size):
                raise DigestsRefused(path, "the header is not as it was written")
            if os.fstat(descriptor).st_size < _size(last):
                raise DigestsRefused(path, "the file is cut off")
            table = DigestTable.open(folder / "ids")
            return cls(folder, table, descriptor, max(last, table.highest_row()))
        except BaseException:
            os.close(descriptor)
            raise

    def __len__(self) -> int:
        return len(self._table)

    @property
    def last(self) -> int:
        """The highest number given so far."""
        return self._last

    def of(self, ids: Sequence[uuid.UUID]) -> Kept:
        """What is on file of these fingerprints."""
        numbers = np.zeros(len(ids), dtype=np.uint64)
        if ids:
            found = self._table.look_up(_packed(ids))
            numbers[found.which] = found.rows
        seals = self._rows["seal"][numbers.astype(np.int64)]
        return Kept(numbers, np.where(numbers == UNKNOWN, np.uint64(0), seals))

    def give(self, ids: Sequence[uuid.UUID]) -> Numbers:
        """These fingerprints, none of them named yet and each given once, have numbers now; `seal` makes it durable."""
        first = self._last + 1
        numbers = np.arange(first, first + len(ids), dtype=np.uint64)
        self._last += len(ids)
        if _size(self._last) > self._rows.nbytes + _PAGE - _ROW.itemsize:
            self._rows = self._mapped()
        packed = _packed(ids)
        self._rows["id"][first : first + len(ids)] = packed
        self._write_head()
        self._table.add_new(packed, numbers)
        return numbers

    def open_up(self, numbers: Numbers) -> None:
        """These rows are about to change and have no seal: half applied they look like none of their states. Durable."""
        self._rows["seal"][numbers.astype(np.int64)] = 0
        os.fdatasync(self._descriptor)

    def seal(self, ids: Sequence[uuid.UUID], numbers: Numbers, seals: Seals) -> None:
        """All that is to be done for these rows is done, as these seals say. Durable.

        The ids are written again: of a number given just before the power failed, its place in the file may be lost.
        """
        self._rows["id"][numbers.astype(np.int64)] = _packed(ids)
        self._rows["seal"][numbers.astype(np.int64)] = seals
        os.fdatasync(self._descriptor)

    def ids_of(self, numbers: Numbers) -> list[uuid.UUID]:
        """The fingerprints of these numbers."""
        packed = self._rows["id"][numbers.astype(np.int64)].tobytes()
        return [uuid.UUID(bytes=packed[at : at + UUID_BYTES]) for at in range(0, len(packed), UUID_BYTES)]

    def require(self, ids: Sequence[uuid.UUID], numbers: Numbers) -> None:
        """The file of ids and the way back agree on these, which the truth says it has not.

        Raises DigestsRefused when they do not: then damage made another id of one that it has.
        """
        named = [
            one for one, number in zip(ids, numbers.tolist(), strict=True) if self._rows["id"][number].any()
        ]
        if (self.of(named).numbers == UNKNOWN).any():
            raise DigestsRefused(self._path, "a number stands for an id that has none")

    def drop(self, numbers: Numbers) -> None:
        """These numbers stand for nothing any more; their ids are in no file."""
        self._rows["id"][numbers.astype(np.int64)] = 0
        self._rows["seal"][numbers.astype(np.int64)] = 0
        os.fdatasync(self._descriptor)
        self._table.delete(numbers)

    def erase(self, numbers: Numbers) -> None:
        """As `drop`, and where the ids stood is in no file either."""
        self.drop(numbers)
        self._table.erase(numbers)

    def named(self) -> Numbers:
        """The numbers that stand for a fingerprint, ascending."""
        whole: Any = self._rows["id"][: self._last + 1].view("<u8").reshape(-1, 2)
        return np.flatnonzero(whole.any(axis=1)).astype(np.uint64)

    def faults(self) -> tuple[str, ...]:
        """In words, what is wrong with the files."""
        return self._table.verify()

    def tidy(self) -> None:
        """The way back is one sorted file."""
        self._table.merge()

    def close(self) -> None:
        """The files are closed."""
        self._table.close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _mapped(self) -> npt.NDArray[Any]:
        size = max(os.fstat(self._descriptor).st_size, _size(self._last + _STEP))
        os.posix_fallocate(self._descriptor, 0, size)  # a full disk is refused here, not by a signal later
        mapped = mmap.mmap(self._descriptor, size)
        return np.frombuffer(mapped, _ROW, (size - _PAGE) // _ROW.itemsize, _PAGE)

    def _write_head(self) -> None:
        head = _HEAD.pack(_MAGIC, self._last)
        os.pwrite(self._descriptor, head + _SUM.pack(zlib.crc32(head)), 0)


def _size(last: int) -> int:
    """Bytes of a file with this highest number; the row of number 0 is never used."""
    return _PAGE + (last + 1) * _ROW.itemsize


def _packed(ids: Sequence[uuid.UUID]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(one.bytes for one in ids), dtype=np.uint8).reshape(-1, UUID_BYTES)
