"""Reading any part of a sealed object without opening the rest."""

import io
from typing import BinaryIO

from .segments import HEADER_BYTES, PLAIN_BYTES, SEGMENT_BYTES, TAG_BYTES, Segments


class SealedReader:
    """The plaintext of a sealed object, by offset and length.

    The last segment is checked when the reader is made, so a wrong key, wrong associated data or a cut object is
    refused before anything is read (`SealBroken`). Keeps one opened segment. `size` is in plaintext bytes.
    The file stays the caller's to close; it must be seekable and not change meanwhile.
    """

    def __init__(self, sealed: BinaryIO, key: bytes, associated: bytes) -> None:
        self._sealed = sealed
        length = sealed.seek(0, io.SEEK_END)
        sealed.seek(0)
        self._segments = Segments.of(sealed.read(HEADER_BYTES), key, associated)
        self._last = (length - 1) // SEGMENT_BYTES
        self.size = length - HEADER_BYTES - TAG_BYTES * (self._last + 1)
        self._opened = self._last, self._open(self._last)

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end, every one from a segment whose tag was checked.

        `ValueError` for a negative offset or length, `SealBroken` when a segment it needs was changed.
        """
        if offset < 0 or length < 0:
            raise ValueError("offset and length are counted from 0")
        end = min(offset + length, self.size)
        parts = []
        while offset < end:
            number, within = divmod(offset + HEADER_BYTES, PLAIN_BYTES)
            skip = within if number else offset
            part = self._segment(number)[skip : skip + end - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def _segment(self, number: int) -> bytes:
        if self._opened[0] != number:
            self._opened = number, self._open(number)
        return self._opened[1]

    def _open(self, number: int) -> bytes:
        start = number * SEGMENT_BYTES or HEADER_BYTES
        self._sealed.seek(start)
        sealed = self._sealed.read((number + 1) * SEGMENT_BYTES - start)
        return self._segments.open(number, sealed, last=number == self._last)
