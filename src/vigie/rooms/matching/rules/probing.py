"""Telling who walks from code to code: PDQ codes asked about without a digest, beside one asked about before. Pure.

A file in one's hands has digests; a code alone, a few bits from the last one, is how one feels for a hidden picture's.
No code is kept for this: of each, eight keyed stretches, of which codes up to seven bits apart share at least one.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from typing import Final

STRETCHES: Final = 8
"""Of 32 bits each: of eight stretches seven changed bits leave one untouched."""
KEPT: Final = 64
"""So many codes back a person's steps are followed within a day."""
_CODE_BYTES: Final = 32
_MARK: Final = 4
_STEP: Final = STRETCHES * _MARK


def followed(codes: Iterable[bytes], trail: bytes, key: bytes) -> tuple[int, bytes]:
    """How many of these codes lie beside one before them, and the trail to go on from: at most 2,048 bytes.

    The same code again is no step. Stretches are kept as four bytes of an HMAC-SHA256 under the installation's key.
    """
    steps = [trail[at : at + _STEP] for at in range(0, len(trail), _STEP)]
    seen = set(steps)
    marks = {mark for step in steps for mark in _marks_of(step)}
    beside = 0
    for code in codes:
        step = b"".join(_stretches(code, key))
        if step not in seen:
            beside += any(mark in marks for mark in _marks_of(step))
            seen.add(step)
            steps.append(step)
            marks.update(_marks_of(step))
    return beside, b"".join(steps[-KEPT:])


def _stretches(code: bytes, key: bytes) -> Iterator[bytes]:
    width = _CODE_BYTES // STRETCHES
    for number in range(STRETCHES):
        stretch = bytes([number]) + code[number * width : (number + 1) * width]
        yield hmac.new(key, b"trail" + stretch, hashlib.sha256).digest()[:_MARK]


def _marks_of(step: bytes) -> Iterator[tuple[int, bytes]]:
    for number in range(STRETCHES):
        yield number, step[number * _MARK : (number + 1) * _MARK]
