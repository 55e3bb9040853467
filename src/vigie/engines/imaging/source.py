"""The bytes of one file on their way to a worker."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from vigie.engines.imaging.kinds import HEAD_BYTES, Kind, kind_of
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode

Readable = bytes | bytearray | memoryview | BinaryIO
_CHUNK = 1 << 20  # bytes


class Source:
    """One file, checked before any worker sees it: not empty, not too long, of a format that is opened.

    `kind` is told from the first bytes and `length` is in bytes. A file object is read from its beginning and must be
    seekable; it is not closed. Raises MediaRefused `empty`, `too_large`, `unknown_format` or `unreadable`.
    """

    def __init__(self, readable: Readable, limits: Limits) -> None:
        self._file: BinaryIO = (
            io.BytesIO(readable) if isinstance(readable, bytes | bytearray | memoryview) else readable
        )
        self.length, head = self._measure()
        if self.length == 0:
            raise MediaRefused(RefusalCode.EMPTY, "the file has no bytes")
        if self.length > limits.file_bytes:
            raise MediaRefused(
                RefusalCode.TOO_LARGE, f"{self.length} bytes; at most {limits.file_bytes} are opened"
            )
        kind = kind_of(head)
        if kind is None:
            raise MediaRefused(
                RefusalCode.UNKNOWN_FORMAT, "its first bytes are those of no format that is opened"
            )
        self.kind: Kind = kind

    def chunks(self) -> Iterator[memoryview]:
        """Yield exactly `length` bytes from the beginning; raises MediaRefused `unreadable` when they cannot be read."""
        left = self.length
        try:
            self._file.seek(0)
            while left:
                chunk = self._file.read(min(left, _CHUNK))
                if not chunk:
                    raise MediaRefused(RefusalCode.UNREADABLE, "the file became shorter while it was read")
                left -= len(chunk)
                yield memoryview(chunk)
        except OSError as error:
            raise MediaRefused(RefusalCode.UNREADABLE, f"reading stopped: {error.strerror}") from error

    def _measure(self) -> tuple[int, bytes]:
        try:
            length = self._file.seek(0, io.SEEK_END)
            self._file.seek(0)
            return length, self._file.read(HEAD_BYTES)
        except OSError as error:
            raise MediaRefused(RefusalCode.UNREADABLE, f"it cannot be read: {error.strerror}") from error
