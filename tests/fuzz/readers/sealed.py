"""Sealed objects as they lie on a disk somebody else may write to."""

import io
from collections.abc import Hashable, Sequence

from fuzz.guidance import size, sources
from fuzz.reader import Reader, holds
from vigie.engines.sealing import SealBroken, SealedReader, reader, seal_bytes, segments, stream, unseal_bytes

_KEY = bytes(range(32))
_PURPOSE = b"fuzzed"
_PLAIN = (b"", b"x", b"drawn " * 100)


def readers() -> tuple[Reader, ...]:
    """Header, tags and lengths of the segment cipher, whole and by parts."""
    return (
        Reader("sealed objects", _seeds, _read, declared=(SealBroken,), traced=sources(reader, segments, stream), tokens=(b"\x28",), weight=0.5),
    )  # fmt: skip


def _seeds() -> Sequence[bytes]:
    return [seal_bytes(plain, _KEY, _PURPOSE) for plain in _PLAIN]


def _read(data: bytes) -> Hashable:
    """What opens is what was sealed: by parts and whole alike."""
    whole = unseal_bytes(data, _KEY, _PURPOSE)
    parts = SealedReader(io.BytesIO(data), _KEY, _PURPOSE)
    holds(parts.read(0, parts.size + 10) == whole, "parts that are not the whole")
    holds(whole in _PLAIN, "a text that was not sealed")
    return "opened", size(len(whole))
