"""From what is asked to what is looked up: digests, and for each picture the codes of the ways it may have been turned."""

import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from vigie.backends.known.messages import CODE_BYTES, ENOUGH_DETAIL, ORIENTATIONS, VARIANTS, Claimed
from vigie.engines.nearest.index import Codes, Groups
from vigie.matcher.truth import OwnRow

_SIDE: Final = 16  # frequencies along each side of a PDQ code


class Turned(NamedTuple):
    """One picture or frame as it is looked up: its first codes (N x 32 bytes) in the order of `pdq.Variant`."""

    codes: Codes
    frame_ms: int = -1


class Question(NamedTuple):
    """What is looked up for one item: its digests, and the codes of each of its pictures or frames."""

    digests: Claimed
    pictures: Sequence[Turned] = ()
    content: uuid.UUID | None = None
    """The content asked about: its own other frames are no answer."""
    groups: Groups | None = None
    """Whose codes are searched; None for all."""


def of_content(rows: Sequence[OwnRow], piece: tuple[int, int] | None, groups: Groups | None) -> Question:
    """The question about a content on record: its verified digest, and each of its pictures turned sixteen ways.

    `piece` is the part of a film that is asked about, in milliseconds. A fingerprint written without its orientations is
    looked up as it stands and inverted.
    """
    first = rows[0].record
    looked_up = tuple(
        Turned(_with_complements(row.dihedral or code * ORIENTATIONS), row.record.frame_ms)
        for row in rows
        if (code := row.record.searchable) is not None and _within(row.record.frame_ms, piece)
    )
    return Question(Claimed(sha256=first.sha256), looked_up, first.content, groups)


def of_claim(claimed: Claimed) -> Question:
    """The question about hashes somebody handed in, the picture's code in as many variants as they ask for."""
    if claimed.pdq is None or (claimed.quality is not None and claimed.quality < ENOUGH_DETAIL):
        return Question(claimed)
    if claimed.variants == "one":
        return Question(claimed, (Turned(_rows(claimed.pdq)),))
    return Question(claimed, (Turned(_with_complements(claimed.dihedral or orientations_of(claimed.pdq))),))


def orientations_of(code: bytes) -> bytes:
    """The codes of the eight orientations as far as one code tells them: 256 bytes in the order of `pdq.Variant`.

    Turning a picture turns the signs of some frequencies, and a code says which of them lie above their median. The
    median is taken for zero here, which it nearly is: over 60 drawn pictures the mirrored codes lie 9 of 256 bits from
    the true ones on average and 28 at most; the transposed one is exact. Source: the orientation table of
    `pdqhashing.cpp`, which `pdq.from_raster` follows with the frequencies themselves.
    """
    bits = np.unpackbits(np.frombuffer(code, dtype=np.uint8))[::-1].reshape(_SIDE, _SIDE).astype(bool)
    odd = np.arange(_SIDE) % 2 == 0  # the constant is left out: the first frequency of a code is an odd one
    rows, columns = odd[:, None], odd[None, :]
    swapped = bits.T
    turned = (
        bits,
        swapped ^ rows,
        bits ^ rows ^ columns,
        swapped ^ columns,
        bits ^ rows,
        bits ^ columns,
        swapped,
        swapped ^ rows ^ columns,
    )
    return np.packbits(np.stack(turned).reshape(ORIENTATIONS, -1)[:, ::-1], axis=1).tobytes()


def _with_complements(orientations: bytes) -> Codes:
    """The sixteen codes: eight orientations, and their complements, which stand for an inverted picture."""
    codes = _rows(orientations)
    sixteen = np.concatenate([codes, ~codes])
    assert len(sixteen) == len(VARIANTS)
    return sixteen


def _rows(codes: bytes) -> Codes:
    return np.frombuffer(codes, dtype=np.uint8).reshape(-1, CODE_BYTES)


def _within(frame_ms: int, piece: tuple[int, int] | None) -> bool:
    return piece is None or piece[0] <= frame_ms < piece[1]
