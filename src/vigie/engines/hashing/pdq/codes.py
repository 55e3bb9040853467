"""From a raster of 64x64 to the code: the lowest frequencies, a bit for each, and the eight ways a picture lies."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

CODE_BYTES = 32
CODE_BITS = 256
RASTER_SIDE = 64  # pixels
MATCH_DISTANCE = 31  # bits of 256; "Matching", pdq/README.md of facebook/ThreatExchange
MATCH_QUALITY = (
    50  # of 100, needed on both sides; same page. Below it a flat picture's bits are mostly rounding noise
)

_FREQUENCIES = 16

Raster = npt.NDArray[np.float32]


class Variant(StrEnum):
    """The sixteen ways a copy of a picture is met: turned, mirrored or inverted. `Pdq.dihedral` has this order.

    A quarter turn is counter-clockwise (`numpy.rot90`); `flip_x` turns top to bottom, `flip_y` left to right; `plus1`
    swaps rows and columns, `minus1` does so along the other diagonal. Names and order are the reference's.
    """

    ORIGINAL = "original"
    ROTATE90 = "rotate90"
    ROTATE180 = "rotate180"
    ROTATE270 = "rotate270"
    FLIP_X = "flip_x"
    FLIP_Y = "flip_y"
    FLIP_PLUS1 = "flip_plus1"
    FLIP_MINUS1 = "flip_minus1"
    ORIGINAL_COMPLEMENT = "original_complement"
    ROTATE90_COMPLEMENT = "rotate90_complement"
    ROTATE180_COMPLEMENT = "rotate180_complement"
    ROTATE270_COMPLEMENT = "rotate270_complement"
    FLIP_X_COMPLEMENT = "flip_x_complement"
    FLIP_Y_COMPLEMENT = "flip_y_complement"
    FLIP_PLUS1_COMPLEMENT = "flip_plus1_complement"
    FLIP_MINUS1_COMPLEMENT = "flip_minus1_complement"


_TURNED_BACK = {
    Variant.ROTATE90: Variant.ROTATE270,
    Variant.ROTATE270: Variant.ROTATE90,
    Variant.ROTATE90_COMPLEMENT: Variant.ROTATE270_COMPLEMENT,
    Variant.ROTATE270_COMPLEMENT: Variant.ROTATE90_COMPLEMENT,
}


@dataclass(frozen=True, slots=True)
class Pdq:
    """The hash of one picture.

    `code` is 32 bytes, most significant bit first, as the customary 64 hexadecimal digits. `quality` runs from 0 to
    100. `dihedral` holds the codes of the eight orientations in the order of `Variant`; its first is `code`.
    """

    code: bytes
    quality: int
    dihedral: tuple[bytes, ...]

    @property
    def may_match(self) -> bool:
        """True when the picture has enough detail for a match to mean anything (`MATCH_QUALITY`)."""
        return self.quality >= MATCH_QUALITY


def from_raster(raster: Raster) -> Pdq:
    """Return the hash of a 64x64 raster, with its quality and the codes of its eight orientations.

    Raises ValueError for any other shape or for samples that are not numbers.
    Source: `pdqhashing.cpp` of the reference; the orientations follow from the signs of the cosines (its table).
    """
    if raster.shape != (RASTER_SIDE, RASTER_SIDE):
        raise ValueError(f"a PDQ raster is 64x64, not {'x'.join(map(str, raster.shape))}")
    samples = np.asarray(raster, dtype=np.float32)
    if not np.isfinite(samples).all():
        raise ValueError("a PDQ raster holds finite numbers only")
    dihedral = _orientations(transform(samples))
    return Pdq(code=dihedral[0], quality=quality_of(samples), dihedral=dihedral)


def complement(code: bytes) -> bytes:
    """Return the code of the picture with its brightness inverted: every bit is the other one."""
    return bytes(byte ^ 0xFF for byte in code)


def variants(pdq: Pdq) -> Iterator[tuple[Variant, bytes]]:
    """Yield the sixteen codes to look up for a picture: it turned in eight ways, then the complements of these.

    When the code of a variant is a known one, the picture is the known one turned by `undone(variant)`.
    """
    codes = (*pdq.dihedral, *map(complement, pdq.dihedral))
    yield from zip(Variant, codes, strict=True)


def undone(variant: Variant) -> Variant:
    """Return the variant that leads back: a quarter turn the other way, every other one itself."""
    return _TURNED_BACK.get(variant, variant)


def distance(first: bytes, second: bytes) -> int:
    """Return in how many bits two codes of 32 bytes differ, 0..256. Raises ValueError for another length."""
    if len(first) != CODE_BYTES or len(second) != CODE_BYTES:
        raise ValueError(f"a PDQ code has {CODE_BYTES} bytes, not {len(first)} and {len(second)}")
    return (int.from_bytes(first) ^ int.from_bytes(second)).bit_count()


@lru_cache(maxsize=1)  # a constant of 4 KB, computed on first use
def _cosines() -> Raster:
    frequency = np.arange(1, _FREQUENCIES + 1, dtype=np.float64)[:, None]
    place = np.arange(RASTER_SIDE, dtype=np.float64)[None, :]
    waves = np.cos(np.pi / (2 * RASTER_SIDE) * frequency * (2 * place + 1))
    return (np.float64(np.float32(np.sqrt(2 / RASTER_SIDE))) * waves).astype(np.float32)


def transform(raster: Raster) -> Raster:
    """Return the 16x16 lowest frequencies, the constant ones left out, with the reference's order of rounding."""
    by_place = _cosines().T
    down = _sum_in_order(by_place[:, :, None], raster[:, None, :])
    return _sum_in_order(down.T[:, :, None], by_place[:, None, :])


def _sum_in_order(first: Raster, second: Raster) -> Raster:
    """Return the float32 products added up along the first axis from first to last.

    A sum over the outer axis of a C-ordered array adds plane after plane; in any other order numpy would add in pairs.
    """
    products = np.multiply(first, second, order="C")
    return np.asarray(np.add.reduce(products, axis=0), dtype=np.float32)


def _orientations(frequencies: Raster) -> tuple[bytes, ...]:
    """Return the codes of the eight orientations, in the order of `Variant`.

    Mirroring a picture turns the sign of its odd frequencies, which stand in the even places as the constant is left
    out; a quarter turn is a transposition and a mirror. A transposition moves bits and no median, so four are enough.
    """
    sign = np.where(np.arange(_FREQUENCIES) % 2 == 0, np.float32(-1), np.float32(1))
    mirror_rows, mirror_columns = sign[:, None], sign[None, :]
    upright = _bits(frequencies)
    both = _bits(frequencies * mirror_rows * mirror_columns)
    rows = _bits(frequencies * mirror_rows)
    columns = _bits(frequencies * mirror_columns)
    lain = (upright, columns.T, both, rows.T, rows, columns, upright.T, both.T)
    return tuple(np.packbits(bits.ravel()[::-1]).tobytes() for bits in lain)


def median(frequencies: Raster) -> np.float32:
    """Return the lower of the two middle frequencies, as Torben's method does, which the reference uses."""
    lower_middle = CODE_BITS // 2 - 1
    return np.float32(np.partition(frequencies, lower_middle, axis=None)[lower_middle])


def _bits(frequencies: Raster) -> npt.NDArray[np.bool_]:
    return np.asarray(frequencies > median(frequencies))


def quality_of(raster: Raster, slack: float = 0.0) -> int:
    """Return how much gradient the raster holds, 0..100; the constants are the reference's, tuned by hand there.

    Steps count in whole hundredths of full scale, rounded down after `slack` has been added.
    """
    steps = (np.abs(np.diff(raster, axis=axis) * np.float32(100) / np.float32(255)) for axis in (0, 1))
    gradient = sum(int(np.trunc(step + np.float32(slack)).sum(dtype=np.float64)) for step in steps)
    return min(100, gradient // 90)
