"""The log of changes since the parts were written: records that check themselves, synced before a change counts.

A record is a header of 32 bytes and a body. Header: the magic, the kind, the number of rows, the length of the body,
the BLAKE2b-96 of the body, and the CRC-32 of all these. At reopen the log may end inside a record (a write that a
crash cut short; nobody was told it had happened): that end is cut off. Anything else that does not check is damage
and is refused, for what follows it could not be trusted to be complete.
"""

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from vigie.engines.nearest.files import PRIVATE, SnapshotRefused
from vigie.engines.nearest.index import CODE_BYTES, Codes, GroupNumbers, Ids

_MAGIC = b"VLG1"
_HEADER = struct.Struct("<4sIII12sI")
_ROW_BYTES = CODE_BYTES + 8 + 2
RECORD_ROWS = 65_536  # at most this many rows go into one record: 2.75 MB


class Change(IntEnum):
    """What a record says happened."""

    ADD = 1
    DELETE = 2
    ERASE = 3
    NOTE = 4


@dataclass(frozen=True, slots=True)
class Record:
    """One change: rows added, ids deleted or erased, or a note."""

    change: Change
    ids: Ids
    codes: Codes
    groups: GroupNumbers
    note: str = ""


_NO_CODES: Codes = np.zeros((0, CODE_BYTES), dtype=np.uint8)
_NO_GROUPS: GroupNumbers = np.zeros(0, dtype=np.uint16)
_NO_IDS: Ids = np.zeros(0, dtype=np.uint64)


def added(codes: Codes, ids: Ids, groups: GroupNumbers) -> Record:
    """Return the record of rows added."""
    return Record(Change.ADD, ids, codes, groups)


def ended(change: Change, ids: Ids) -> Record:
    """Return the record of ids deleted or erased."""
    return Record(change, ids, _NO_CODES, _NO_GROUPS)


def noted(text: str) -> Record:
    """Return the record of a note."""
    return Record(Change.NOTE, _NO_IDS, _NO_CODES, _NO_GROUPS, text)


def encoded(record: Record) -> bytes:
    """Return the record's bytes."""
    if record.change == Change.NOTE:
        body = record.note.encode()
    else:
        body = record.ids.tobytes() + record.codes.tobytes() + record.groups.tobytes()
    head = _HEADER.pack(_MAGIC, record.change, len(record.ids), len(body), _digest(body), 0)[:-4]
    return head + struct.pack("<I", zlib.crc32(head)) + body


class CutShort(Exception):  # noqa: N818 - an end that may lie inside a record is no error by itself
    """The bytes end inside a record, or with zeros where a record should begin or end."""


def decoded(data: memoryview, at: int) -> tuple[Record, int]:
    """Return the record that begins at the offset, and where the next one does.

    Raises CutShort when the bytes end inside it; ValueError when it is damaged.
    """
    head = bytes(data[at : at + _HEADER.size])
    if len(head) < _HEADER.size or not any(data[at:]):
        raise CutShort
    magic, change, rows, length, digest, crc = _HEADER.unpack(head)
    if magic != _MAGIC or zlib.crc32(head[:-4]) != crc:
        raise ValueError("a record's header is damaged")
    end = at + _HEADER.size + length
    if end > len(data):
        raise CutShort
    body = bytes(data[at + _HEADER.size : end])
    if _digest(body) != digest:
        if not any(body[-8:]) and end == len(data):
            raise CutShort  # a file system may lengthen a file before it has written what was appended
        raise ValueError("a record does not match its checksum")
    return _record(Change(change), rows, body), end


def _record(change: Change, rows: int, body: bytes) -> Record:
    if change == Change.NOTE:
        return noted(body.decode())
    ids = np.frombuffer(body, dtype=np.uint64, count=rows)
    if change != Change.ADD:
        return ended(change, ids)
    codes = np.frombuffer(body, dtype=np.uint8, count=CODE_BYTES * rows, offset=8 * rows)
    groups = np.frombuffer(body, dtype=np.uint16, count=rows, offset=(8 + CODE_BYTES) * rows)
    return added(codes.reshape(rows, CODE_BYTES), ids, groups)


def records_of(path: Path, promised: int) -> tuple[list[Record], int]:
    """Return all records of the log and where the last one ends. Raises SnapshotRefused as `LogReader`."""
    reader = LogReader(path)
    try:
        return list(reader.fresh(promised)), reader.read_to
    finally:
        reader.close()


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=12).digest()


class LogReader:
    """Reads a log from where it last stopped; a record half written is left for the next time."""

    def __init__(self, path: Path) -> None:
        """Open the log. Raises SnapshotRefused when it is missing."""
        self.path = path
        self.read_to = 0
        try:
            self._descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError as missing:
            raise SnapshotRefused(path, "the file is missing") from missing

    def fresh(self, promised: int = 0) -> Iterator[Record]:
        """Yield the records past the last one read.

        `promised` bytes have been acknowledged: a log that ends or breaks before them raises SnapshotRefused.
        """
        length = os.fstat(self._descriptor).st_size
        if length < promised:
            raise SnapshotRefused(self.path, f"the log is cut off: {length} of {promised} bytes")
        if length <= self.read_to:
            return
        begin = self.read_to
        data = memoryview(os.pread(self._descriptor, length - begin, begin))
        at = 0
        while at < len(data):
            try:
                record, at = decoded(data, at)
            except CutShort:
                if begin + at < promised:
                    raise SnapshotRefused(self.path, f"the log breaks at byte {begin + at}") from None
                return
            except ValueError as damaged:
                raise SnapshotRefused(self.path, f"{damaged}, at byte {begin + at}") from damaged
            self.read_to = begin + at
            yield record

    def close(self) -> None:
        """The file is no longer held open."""
        os.close(self._descriptor)


class LogWriter:
    """Appends to a log; what stands after the given length is cut off first."""

    def __init__(self, path: Path, length: int) -> None:
        self.path = path
        self.length = length
        self._descriptor = os.open(path, os.O_RDWR)
        if os.fstat(self._descriptor).st_size != length:
            os.ftruncate(self._descriptor, length)
            os.fsync(self._descriptor)

    def append(self, data: bytes) -> None:
        """The bytes are in the log, durably; raises OSError when the disk refuses, and the log is as it was."""
        view, at = memoryview(data), self.length
        try:
            while view:
                written = os.pwrite(self._descriptor, view, at)
                view, at = view[written:], at + written
            os.fdatasync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self.length)
            raise
        self.length = at

    def close(self) -> None:
        """The file is no longer held open."""
        os.close(self._descriptor)


def make_log(path: Path, data: bytes = b"") -> None:
    """A log with these records lies there, durable but for its name: the manifest that names it syncs the folder."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
