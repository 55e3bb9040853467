"""From a picture to its raster of 64x64: luma, the two-pass box filter, one sample in each cell."""

from collections.abc import Iterator
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
from vigie.engines.hashing.pdq.codes import MATCH_QUALITY, RASTER_SIDE, Raster, median, quality_of, transform

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
    if not eighths or min(luma.shape) < RASTER_SIDE:
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
    quality = quality_of(raster)
    if quality < _FLAT:
        return False
    if quality < _WEAK:
        return True
    frequencies = transform(raster)
    return int(np.count_nonzero(np.abs(frequencies - median(frequencies)) < _SCALED_ERROR)) > _FEW_BITS


def _part(length: int, eighths: int) -> int:
    return -(-length * eighths // 8)


def _require_rgb(rgb: npt.NDArray[np.uint8]) -> None:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"an RGB picture is height x width x 3 bytes, not {rgb.shape} of {rgb.dtype}")


def _row_blocks(height: int, samples_in_row: int) -> Iterator[tuple[int, int]]:
    step = max(1, _BLOCK_SAMPLES // max(1, samples_in_row))
    edges = [*range(0, height, step), height]
    yield from pairwise(edges)


def _turns_on_rounding(raster: Raster) -> bool:
    """Return whether rounding of the filter could decide a bit of the code, or the quality.

    So it does in about 2 % of photographs (one bit or two) and in most drawn or symmetric pictures (dozens of bits,
    frequencies that ought to be zero). Pictures too flat to match are left alone: every black frame is such a one.
    """
    most = quality_of(raster, _ROUNDING)
    if most < MATCH_QUALITY:
        return False
    frequencies = transform(raster)
    near = np.abs(frequencies - median(frequencies)) < _ROUNDING
    return int(np.count_nonzero(near)) > 1 or most != quality_of(raster, -_ROUNDING)
