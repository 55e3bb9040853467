"""The two-pass box filter of PDQ, sampled at 64x64 places, in two forms: one fast, one exact to the reference's last bit.

Both follow `jaroszFilterFloat`, `box1DFloat`, `computeJaroszFilterWindowSize` and `decimateFloat` of
facebook/ThreatExchange `pdq/cpp/downscaling` (W. Jarosz, "Fast Image Convolutions", SIGGRAPH 2001): two passes along
rows and columns with a box half a cell wide, a box cut off by the border averaging what is left of it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

_CELLS = 64
_PASSES = 2
_NO_WEIGHT = 1e-9  # rounding of the sums; the least weight of a pixel at 65,535 on a side is 4e-6

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TentWeights:
    """For each of 64 cells, the first pixel read and the weights of the pixels from there on (each adds up to 1).

    `matrix` holds the same weights as length x 64 float32, zero where a pixel is not read.
    """

    starts: tuple[int, ...]
    weights: tuple[Plane, ...]
    matrix: Plane


# A memory of a pure function: frames of one film and pictures of one camera share their two lengths, and building
# the weights takes longer than using them (0.8 ms against 0.1 ms at 512 pixels). At most 32 x 5 MB at 20,000 pixels.
@lru_cache(maxsize=32)
def tent_weights(length: int) -> TentWeights:
    """Return the weights with which the two passes read a side of `length` pixels (1 or more), one tent for each cell."""
    if length < 1:
        raise ValueError(f"a picture's side has at least one pixel, not {length}")
    pixels = np.arange(length)
    ahead = _ahead(length)
    left = np.maximum(0, pixels - (_window(length) - ahead))
    right = np.minimum(length, pixels + ahead)
    matrix = np.zeros((length, _CELLS), dtype=np.float32)
    starts: list[int] = []
    weights: list[Plane] = []
    for cell, centre in enumerate(_sampled_places(length)):
        inner = pixels[left[centre] : right[centre]]
        start, stop = int(left[inner[0]]), int(right[inner[-1]])
        share = 1.0 / (right[inner] - left[inner]) / len(inner)
        reads = pixels[start:stop, None]
        tent = (((left[inner] <= reads) & (reads < right[inner])) * share).sum(axis=1).astype(np.float32)
        matrix[start:stop, cell] = tent
        starts.append(start)
        weights.append(tent)
    matrix.setflags(write=False)
    return TentWeights(tuple(starts), tuple(weights), matrix)


@lru_cache(maxsize=32)  # as above; at most 32 x 1 MB, since a scaled picture is short
def scaled_tent_weights(length: int, samples: int, eighths: int) -> TentWeights:
    """Return how the two passes over a side of `length` pixels read it when only `samples` of it were decoded.

    A sample stands for the mean of `8 / eighths` pixels, as libjpeg's scaled cosine transforms give it, and so bears
    the weights of the pixels it stands for. Filtering the small picture as one of its own size instead would move and
    widen every tent, because places and widths are rounded to whole pixels: over 104 drawn pictures 5.8 bits of the
    code changed on average and 18 at most, against 1.7 and 12 this way, no more than a grey decode of every pixel.
    """
    whole = tent_weights(length).matrix.astype(np.float64)
    below = np.vstack([np.zeros((1, _CELLS)), np.cumsum(whole, axis=0)])
    edges = np.minimum(np.arange(samples + 1) * (8 / eighths), length)
    pixels = np.arange(length + 1)
    reached = np.stack([np.interp(edges, pixels, below[:, cell]) for cell in range(_CELLS)], axis=1)
    matrix = np.diff(reached, axis=0).astype(np.float32)
    matrix[matrix < _NO_WEIGHT] = 0
    matrix.setflags(write=False)
    read = [np.flatnonzero(matrix[:, cell]) for cell in range(_CELLS)]
    starts = tuple(int(places[0]) for places in read)
    weights = tuple(matrix[places[0] : places[-1] + 1, cell] for cell, places in enumerate(read))
    return TentWeights(starts, weights, matrix)


def filter_columns(plane: npt.NDArray[Any], tent: TentWeights) -> Plane:
    """Return the plane filtered and sampled down its columns: height x samples in, 64 x samples out.

    Bytes become float32 one cell at a time, so that no float copy of the whole plane is made.
    """
    out = np.empty((_CELLS, plane.shape[1]), dtype=np.float32)
    for row, (start, weights) in enumerate(zip(tent.starts, tent.weights, strict=True)):
        np.matmul(weights, plane[start : start + len(weights)].astype(np.float32, copy=False), out=out[row])
    return out


def filter_rows(rows: Plane, tent: TentWeights) -> Plane:
    """Return the plane filtered and sampled along its rows: 64 x width in, 64 x 64 out."""
    return np.asarray(np.matmul(rows, tent.matrix), dtype=np.float32)


def running_box_raster(luma: Plane) -> Plane:
    """Return the 64x64 raster of a luma plane (height x width) with every rounding step of the reference.

    Takes about ten times as long as the weights (8 ms against 0.6 at 512x512, 180 against 25 at 12 megapixels).
    """
    height, width = luma.shape
    rows, columns = _sampled_places(height), _sampled_places(width)
    once = _box_down(_box_down(luma.T).T)
    # columns do not touch each other in the last pass: the sampled ones suffice
    twice = _box_down(_box_down(once.T).T[:, columns])
    return np.ascontiguousarray(twice[rows])


def _window(length: int) -> int:
    """Return the width of the box in pixels: half a cell, rounded up."""
    return -(-length // (_PASSES * _CELLS))


def _ahead(length: int) -> int:
    """Return how many pixels the box covers from its centre on, itself included; an even box leans ahead: 7 -> 4, 8 -> 5."""
    return (_window(length) + 2) // 2


def _sampled_places(length: int) -> npt.NDArray[np.int64]:
    """Return the 64 pixels sampled along a side: the centre of each cell, rounded down."""
    return ((np.arange(_CELLS) + 0.5) * length / _CELLS).astype(np.int64)


def _box_down(plane: Plane) -> Plane:
    """Return the plane averaged down its columns by one running float32 sum for each."""
    plane = np.ascontiguousarray(plane)
    length = len(plane)
    window, ahead = _window(length), _ahead(length)
    out = np.empty_like(plane)
    total = np.zeros(plane.shape[1], dtype=np.float32)
    for row in plane[: ahead - 1]:
        total += row
    for centre in range(length):
        entering, leaving = centre + ahead - 1, centre + ahead - 1 - window
        if entering < length:
            total += plane[entering]
        if leaving >= 0:
            total -= plane[leaving]
        count = min(entering, length - 1) - max(leaving, -1)
        np.divide(total, np.float32(count), out=out[centre])
    return out
