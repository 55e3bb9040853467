"""PDQ, the perceptual picture hash published by Facebook in 2019, vectorised in numpy.

The hash is that of the public reference (github.com/facebook/ThreatExchange, ``pdq/``, and its write-up "The TMK+PDQF
Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm"): luma, two passes of a box filter along rows and
columns, one sample in each cell of a 64x64 grid, the 16x16 lowest non-constant frequencies of a cosine transform, and
one bit for each frequency that lies above their median.

The reference keeps running sums over every pixel. Both box passes and the sampling are linear and separable, so the
same raster is `rows @ luma @ columns`, where each of the 64 rows holds a short tent of weights: every pixel is read
once, and the filter costs less than the luma. The two differ by the rounding of the reference's sums, up to 0.005 in a
frequency; where that could decide a bit or the quality, the sums are run as the reference runs them (pictures up to
24 megapixels).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from vigie.engines.hashing.box_filter import (
    filter_columns,
    filter_rows,
    running_box_raster,
    scaled_tent_weights,
    tent_weights,
)

CODE_BYTES = 32
CODE_BITS = 256
RASTER_SIDE = 64  # pixels
MATCH_DISTANCE = 31  # bits of 256; "Matching", pdq/README.md of facebook/ThreatExchange
MATCH_QUALITY = (
    50  # of 100, needed on both sides; same page. Below it a flat picture's bits are mostly rounding noise
)

_FREQUENCIES = 16
_LEAST_SIDE = 5  # pixels; the reference gives smaller pictures an empty hash of quality 0
_LUMA_THOUSANDTHS = np.array([299, 587, 114], dtype=np.float32)  # ITU-R BT.601, as the reference
_ROUNDING = 0.005  # largest difference seen between the two forms of the filter, in a frequency or a step
_EXACT_PIXELS = (
    24_000_000  # running the sums takes 12 bytes a pixel (288 MB) in workers whose memory is limited
)
_BLOCK_SAMPLES = 49_152  # samples made float at a time: 192 KB stays in the second-level cache
_FLAT, _WEAK = 40, 80  # quality; between them a scaled decode is not enough
_SCALED_ERROR = (
    0.02  # of a frequency: what stands nearer to the median may fall to either side on a scaled decode
)
_FEW_BITS = 8

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


def luma_from_rgb(rgb: npt.NDArray[np.uint8]) -> Raster:
    """Return the luma of a picture, height x width x 3 bytes in, height x width in 0..255 out.

    Equal to the last bit to pdqhash, which computes in float64 and rounds to float32: here the weights are whole
    thousandths, so each sum is a whole number below 2**24, exact in float32, and the one division is the one rounding.
    """
    _require_rgb(rgb)
    height, width, _ = rgb.shape
    luma = np.empty((height, width), dtype=np.float32)
    for top, bottom in _row_blocks(height, width * 3):
        np.matmul(rgb[top:bottom].astype(np.float32), _LUMA_THOUSANDTHS, out=luma[top:bottom])
        luma[top:bottom] /= np.float32(1000)
    return luma


def downsample(luma: npt.NDArray[np.float32] | npt.NDArray[np.uint8]) -> Raster:
    """Return the 64x64 raster of a luma plane: filtered by the two-pass Jarosz box filter and sampled.

    `luma` is height x width, float32 or bytes, in 0..255. A picture under 5 pixels on a side gives a raster of zeros,
    whose hash is empty and of quality 0; one of 64x64 is its own raster; both as in the reference.
    """
    if luma.ndim != 2:
        raise ValueError(f"a luma plane has two dimensions, not {luma.ndim}")
    height, width = luma.shape
    if min(height, width) < _LEAST_SIDE:
        return np.zeros((RASTER_SIDE, RASTER_SIDE), dtype=np.float32)
    if (height, width) == (RASTER_SIDE, RASTER_SIDE):
        return luma.astype(np.float32)
    raster = filter_rows(filter_columns(luma, tent_weights(height)), tent_weights(width))
    if luma.size > _EXACT_PIXELS or not _turns_on_rounding(raster):
        return raster
    return running_box_raster(luma.astype(np.float32, copy=False))


def downsample_rgb(rgb: npt.NDArray[np.uint8]) -> Raster:
    """Return what `downsample(luma_from_rgb(rgb))` returns (samples within 0.001), reading the picture once.

    The filter is linear, so the three channels are filtered as they lie and mixed into luma at 64 rows: no float copy
    of the picture is made (48 MB at 12 megapixels) and it takes half the time.
    """
    _require_rgb(rgb)
    height, width, _ = rgb.shape
    if min(height, width) < _LEAST_SIDE or (height, width) == (RASTER_SIDE, RASTER_SIDE):
        return downsample(luma_from_rgb(rgb))
    samples = filter_columns(rgb.reshape(height, width * 3), tent_weights(height))
    mixed = samples.reshape(RASTER_SIDE, width, 3) @ _LUMA_THOUSANDTHS
    raster = filter_rows(mixed / np.float32(1000), tent_weights(width))
    if height * width > _EXACT_PIXELS or not _turns_on_rounding(raster):
        return raster
    return running_box_raster(luma_from_rgb(rgb))


def downsample_scaled(luma: npt.NDArray[np.uint8], height: int, width: int) -> Raster:
    """Return nearly the raster of a picture of `height` x `width` pixels from its luma at some eighths of that size.

    `luma` is as libjpeg decodes at n/8, both sides rounded up, 8/8 included. Each of its samples is given the weights
    of the pixels it stands for; the sums are never run, `needs_every_pixel` tells when they would matter. A plane that
    is no eighths of the picture, or under 64 pixels on a side, is filtered as `downsample` does.
    """
    eighths = [n for n in range(1, 9) if luma.shape == (_part(height, n), _part(width, n))]
    if not eighths or min(luma.shape) <= RASTER_SIDE:
        return downsample(luma)
    down, along = (
        tent_weights(length) if eighths[0] == 8 else scaled_tent_weights(length, samples, eighths[0])
        for length, samples in zip((height, width), luma.shape, strict=True)
    )
    return filter_rows(filter_columns(luma, down), along)


def needs_every_pixel(raster: Raster) -> bool:
    """Return whether a raster of a scaled or grey decode is too weak a ground for the code of its picture.

    So it is where the picture has so little detail (quality 40 to 80) that small errors decide bits (up to 12 of 256
    were seen, against 8 above), and where more than `_FEW_BITS` frequencies hardly differ from their median, as in
    symmetric drawings. A picture flatter than that never matches.
    """
    quality = _quality(raster)
    if quality < _FLAT:
        return False
    if quality < _WEAK:
        return True
    frequencies = _transform(raster)
    return int(np.count_nonzero(np.abs(frequencies - _median(frequencies)) < _SCALED_ERROR)) > _FEW_BITS


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
    dihedral = tuple(_code(turned) for turned in _orientations(_transform(samples)))
    return Pdq(code=dihedral[0], quality=_quality(samples), dihedral=dihedral)


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


def _part(length: int, eighths: int) -> int:
    return -(-length * eighths // 8)


def _require_rgb(rgb: npt.NDArray[np.uint8]) -> None:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"an RGB picture is height x width x 3 bytes, not {rgb.shape} of {rgb.dtype}")


def _row_blocks(height: int, samples_in_row: int) -> Iterator[tuple[int, int]]:
    step = max(1, _BLOCK_SAMPLES // max(1, samples_in_row))
    edges = [*range(0, height, step), height]
    yield from pairwise(edges)


@lru_cache(maxsize=1)  # a constant of 4 KB, computed on first use
def _cosines() -> Raster:
    frequency = np.arange(1, _FREQUENCIES + 1, dtype=np.float64)[:, None]
    place = np.arange(RASTER_SIDE, dtype=np.float64)[None, :]
    waves = np.cos(np.pi / (2 * RASTER_SIDE) * frequency * (2 * place + 1))
    return (np.float64(np.float32(np.sqrt(2 / RASTER_SIDE))) * waves).astype(np.float32)


def _transform(raster: Raster) -> Raster:
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


def _orientations(frequencies: Raster) -> Iterator[Raster]:
    """Yield the transforms of the eight orientations, in the order of `Variant`.

    Mirroring a picture turns the sign of its odd frequencies, which stand in the even places as the constant is left
    out; a quarter turn is a transposition and a mirror.
    """
    sign = np.where(np.arange(_FREQUENCIES) % 2 == 0, np.float32(-1), np.float32(1))
    mirror_rows, mirror_columns = sign[:, None], sign[None, :]
    transposed = frequencies.T
    yield frequencies
    yield transposed * mirror_rows
    yield frequencies * mirror_rows * mirror_columns
    yield transposed * mirror_columns
    yield frequencies * mirror_rows
    yield frequencies * mirror_columns
    yield transposed
    yield transposed * mirror_rows * mirror_columns


def _median(frequencies: Raster) -> np.float32:
    # Torben's method, which the reference uses, returns the lower of the two middle values of an even count
    lower_middle = CODE_BITS // 2 - 1
    return np.float32(np.partition(frequencies, lower_middle, axis=None)[lower_middle])


def _code(frequencies: Raster) -> bytes:
    return np.packbits(frequencies.ravel()[::-1] > _median(frequencies)).tobytes()


def _quality(raster: Raster, slack: float = 0.0) -> int:
    """Return how much gradient the raster holds, 0..100; the constants are the reference's, tuned by hand there.

    Steps count in whole hundredths of full scale, rounded down after `slack` has been added.
    """
    steps = (np.abs(np.diff(raster, axis=axis) * np.float32(100) / np.float32(255)) for axis in (0, 1))
    gradient = sum(int(np.trunc(step + np.float32(slack)).sum(dtype=np.float64)) for step in steps)
    return min(100, gradient // 90)


def _turns_on_rounding(raster: Raster) -> bool:
    """Return whether rounding of the filter could decide a bit of the code, or the quality.

    So it does in about 2 % of photographs (one bit or two) and in most drawn or symmetric pictures (dozens of bits,
    frequencies that ought to be zero). Pictures too flat to match are left alone: every black frame is such a one.
    """
    most = _quality(raster, _ROUNDING)
    if most < MATCH_QUALITY:
        return False
    frequencies = _transform(raster)
    near = np.abs(frequencies - _median(frequencies)) < _ROUNDING
    return int(np.count_nonzero(near)) > 1 or most != _quality(raster, -_ROUNDING)
