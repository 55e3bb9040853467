"""The newest digests and the latest deletions: a log that is appended to, synced, and read on by other processes.

A page of header says how many records were acknowledged and how many deletions are carried out; it is written after
the records and synced with them. Records past that number were never acknowledged and count for nothing; one of the
others missing or changed is damage. A record is a power of two of bytes, so that none lies across two sectors and one
can be overwritten in place.
"""

import enum
import os
import struct
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self, TypeVar

from vigie.engines.digest_tables.refusals import DigestsRefused

_HEADER_BYTES: Final = 512
_MAGIC: Final = b"VGDTAIL1"
_HEADER: Final = struct.Struct("<8sIQQ")
_SUM: Final = struct.Struct("<I")
_BESIDE: Final = 16  # bytes of a record beside its digest: kind, number, sum
_TRIES: Final = 20  # a millisecond apart: what is read while it is written is torn for less than that

Told = TypeVar("Told")


class Kind(enum.IntEnum):
    """What a record says. No two differ in one bit only."""

    ADDED = 0xA5
    """This digest stands for the row of this number."""
    GONE = 0x5A
    """The row of this number answers no more; an older record of it in this log was overwritten."""
    HOLE = 0x3C
    """The entry at this place of the run named in the digest's bytes is emptied."""
    OVERWRITTEN = 0xC3
    """Held a digest that was deleted."""


_KINDS: Final = {int(kind): kind for kind in Kind}


class Record(NamedTuple):
    """One line of the log."""

    kind: Kind
    number: int
    digest: bytes


class Tail:
    """The log of one generation. Its file belongs to its owner alone (0600)."""

    def __init__(self, path: Path, width: int, descriptor: int) -> None:
        self.path = path
        self._width = width
        self._size = 1 << (_BESIDE + width - 1).bit_length()
        self._record = struct.Struct(f"<B3xQ{width}s{self._size - _BESIDE - width}xI")
        self._descriptor = descriptor
        self.count = 0
        """Records read or written so far."""
        self.applied = 0
        """Records before this one are carried out in the files they are about."""

    @classmethod
    def create(cls, path: Path, width: int) -> Self:
        """An empty log, durable."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        tail = cls(path, width, descriptor)
        try:
            tail._write_header(0, 0)
            os.fsync(descriptor)
        except BaseException:
            tail.close()
            path.unlink(missing_ok=True)
            raise
        return tail

    @classmethod
    def open(cls, path: Path, width: int, flags: int = os.O_RDONLY) -> Self:
        """The log of this file, nothing of it read yet. Raises DigestsRefused when its header is not as written."""
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError as missing:
            raise DigestsRefused(path, "the file is missing") from missing
        tail = cls(path, width, descriptor)
        try:
            tail.acknowledged()
        except BaseException:
            tail.close()
            raise
        return tail

    def close(self) -> None:
        """The file is closed."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def acknowledged(self) -> tuple[int, int]:
        """How many records stand, and before which all is carried out. Raises DigestsRefused."""
        return _patiently(self._read_header)

    def _read_header(self) -> tuple[int, int]:
        head = os.pread(self._descriptor, _HEADER_BYTES, 0)
        if len(head) < _HEADER_BYTES:
            raise DigestsRefused(self.path, "the file is cut off")
        magic, width, count, applied = _HEADER.unpack_from(head)
        (kept,) = _SUM.unpack_from(head, _HEADER.size)
        padding = head[_HEADER.size + _SUM.size :]
        if (
            zlib.crc32(head[: _HEADER.size]) != kept
            or magic != _MAGIC
            or width != self._width
            or any(padding)
        ):
            raise DigestsRefused(self.path, "the header is not as it was written")
        return count, applied

    def read_on(self) -> list[Record]:
        """The records acknowledged since the last call. Raises DigestsRefused when one is missing or changed."""
        records = _patiently(self._read_rest)
        self.count += len(records)
        return records

    def _read_rest(self) -> list[Record]:
        count, self.applied = self.acknowledged()
        wanted = (count - self.count) * self._size
        data = os.pread(self._descriptor, wanted, self._at(self.count)) if wanted else b""
        if len(data) != wanted:
            raise DigestsRefused(self.path, "the file is cut off")
        whole = memoryview(data)
        records: list[Record] = []
        for at, (kind, number, digest, kept) in zip(
            range(0, wanted, self._size), self._record.iter_unpack(data), strict=True
        ):
            if zlib.crc32(whole[at : at + self._size - _SUM.size]) != kept:
                raise DigestsRefused(self.path, "a record is not as it was written: its checksum differs")
            records.append(Record(_KINDS[kind], number, digest))
        return records

    def append(self, records: Sequence[Record]) -> None:
        """The records stand in the log, durable; those that ask for it are still to be carried out.

        Raises OSError when the disk refuses; the log is then as it was.
        """
        data = b"".join(map(self._packed, records))
        _write(self._descriptor, data, self._at(self.count))
        self._write_header(self.count + len(records), self.applied)
        try:
            os.fdatasync(self._descriptor)
        except BaseException:
            self._write_header(self.count, self.applied)
            raise
        self.count += len(records)

    def overwrite(self, places: Sequence[int]) -> None:
        """The records at these places hold nothing any more, durable."""
        empty = self._packed(Record(Kind.OVERWRITTEN, 0, bytes(self._width)))
        for place in places:
            _write(self._descriptor, empty, self._at(place))
        if places:
            os.fdatasync(self._descriptor)

    def carried_out(self) -> None:
        """All records so far are carried out: after a crash none of them is done again."""
        self.applied = self.count
        self._write_header(self.count, self.applied)

    def _at(self, place: int) -> int:
        return _HEADER_BYTES + place * self._size

    def _write_header(self, count: int, applied: int) -> None:
        head = _HEADER.pack(_MAGIC, self._width, count, applied)
        _write(self._descriptor, (head + _SUM.pack(zlib.crc32(head))).ljust(_HEADER_BYTES, b"\0"), 0)

    def _packed(self, record: Record) -> bytes:
        body = self._record.pack(record.kind, record.number, record.digest, 0)[: -_SUM.size]
        return body + _SUM.pack(zlib.crc32(body))


def _write(descriptor: int, data: bytes, at: int) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], at + written)


def _patiently(read: Callable[[], Told]) -> Told:
    for _ in range(_TRIES):
        try:
            return read()
        except DigestsRefused:
            time.sleep(0.001)
    return read()
