"""Sealing and unsealing whole objects, as files or as bytes, in memory of two segments."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from .segments import (
    FIRST_PLAIN_BYTES,
    HEADER_BYTES,
    PLAIN_BYTES,
    SEGMENT_BYTES,
    Segments,
)


def sealed_chunks(plain: BinaryIO, key: bytes, associated: bytes) -> Iterator[bytes]:
    """Yield the sealed form of all that `plain` still holds, segment by segment, under a data key of 32 bytes.

    Each call draws its own salt: one key may seal several objects. `ValueError` for a key of another length;
    4 PiB is the most the format holds.
    """
    segments = Segments.fresh(key, associated)
    yield segments.header
    number, current = 0, _read(plain, FIRST_PLAIN_BYTES)
    while following := _read(plain, PLAIN_BYTES):
        yield segments.seal(number, current, last=False)
        number, current = number + 1, following
    yield segments.seal(number, current, last=True)


def seal(plain: BinaryIO, out: BinaryIO, key: bytes, associated: bytes) -> None:
    """Write to `out` all that `plain` still holds, sealed as `sealed_chunks` does."""
    out.writelines(sealed_chunks(plain, key, associated))


def unseal(sealed: BinaryIO, out: BinaryIO, key: bytes, associated: bytes) -> None:
    """Write the plaintext of a sealed object to `out`, every segment only after its tag was checked.

    `SealBroken` when anything was changed, moved or cut, or key or associated data are others. A cut is known
    only at the end: what `out` received before the error is authentic but incomplete, and is to be thrown away.
    """
    segments = Segments.of(_read(sealed, HEADER_BYTES), key, associated)
    number, current = 0, _read(sealed, SEGMENT_BYTES - HEADER_BYTES)
    while following := _read(sealed, SEGMENT_BYTES):
        out.write(segments.open(number, current, last=False))
        number, current = number + 1, following
    out.write(segments.open(number, current, last=True))


def seal_bytes(plain: bytes, key: bytes, associated: bytes) -> bytes:
    """Return `plain` sealed, as `seal` does."""
    out = io.BytesIO()
    seal(io.BytesIO(plain), out, key, associated)
    return out.getvalue()


def unseal_bytes(sealed: bytes, key: bytes, associated: bytes) -> bytes:
    """Return the plaintext of a sealed object, whole or not at all; `SealBroken` as for `unseal`."""
    out = io.BytesIO()
    unseal(io.BytesIO(sealed), out, key, associated)
    return out.getvalue()


def _read(source: BinaryIO, count: int) -> bytes:
    """Read `count` bytes or to the end: a pipe may give less at a time."""
    data = source.read(count)
    while len(data) < count and (more := source.read(count - len(data))):
        data += more
    return data
