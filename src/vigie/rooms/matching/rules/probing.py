"""Telling who walks from code to code: PDQ codes asked about without a digest, beside one asked about before. Pure.

A file in one's hands has digests; a code alone, a few bits from the last one, is how one feels for a hidden picture's.
No code is kept for this: of each, eight keyed stretches, of which codes up to seven bits apart share at least one.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

STRETCHES: Final = 8
"""Of 32 bits each: of eight stretches seven changed bits leave one untouched."""
KEPT: Final = 64
"""So many codes back a person's steps are followed within a day."""
_CODE_BYTES: Final = 32
_MARK: Final = 4
_STEP: Final = STRETCHES * _MARK
_WIDTH: Final = _CODE_BYTES // STRETCHES
_STRETCHES: Final = [
    (b"trail" + bytes([number]), slice(number * _WIDTH, (number + 1) * _WIDTH)) for number in range(STRETCHES)
]


def followed(codes: Iterable[bytes], trail: bytes, key: bytes) -> tuple[int, bytes]:
    """How many of these codes lie beside one before them, and the trail to go on from: at most 2,048 bytes.

    The same code again is no step. Stretches are kept as four bytes of a BLAKE2s keyed by the installation (RFC 7693,
    section 2.9): ten thousand codes need eighty thousand of them, 0.1 s where HMAC-SHA256 took 0.3.
    """
    steps = [trail[at : at + _STEP] for at in range(0, len(trail), _STEP)]
    seen = set(steps)
    marks = {mark for step in steps for mark in _marks_of(step)}
    under = hashlib.sha256(key).digest()
    beside = 0
    for code in codes:
        step = b"".join([_keyed(under, head + code[part]) for head, part in _STRETCHES])
        if step in seen:
            continue
        found = _marks_of(step)
        beside += not marks.isdisjoint(found)
        seen.add(step)
        steps.append(step)
        marks.update(found)
    return beside, b"".join(steps[-KEPT:])


def _keyed(key: bytes, stretch: bytes) -> bytes:
    return hashlib.blake2s(stretch, digest_size=_MARK, key=key).digest()


def _marks_of(step: bytes) -> list[tuple[int, bytes]]:
    return [(at, step[at : at + _MARK]) for at in range(0, _STEP, _MARK)]
