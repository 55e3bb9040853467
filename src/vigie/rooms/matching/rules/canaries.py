"""What a canary is made of: a picture drawn by chance, which nobody has because nobody ever could. Pure."""

import dataclasses
from typing import Final

import numpy as np
import numpy.typing as npt

from vigie.engines.hashing.digests import Digests, digest_bytes
from vigie.engines.hashing.pdq import Pdq, downsample_rgb, from_raster
from vigie.engines.imaging import Raster, veil_png
from vigie.engines.imaging.png import grey_png

_SPOTS: Final = (13, 17)
"""Random greys, rows and columns, that soft shapes are drawn from: 221 bytes of chance."""
_SIZES: Final = ((768, 1024), (600, 800), (1024, 768), (480, 640))
_VEIL_WIDTH: Final = 96


@dataclasses.dataclass(frozen=True, slots=True)
class Invented:
    """A drawn picture with all that a file handed in would have."""

    file: bytes
    """A PNG."""
    width: int
    height: int
    digests: Digests
    pdq: Pdq
    veil: bytes
    veil_width: int
    veil_height: int


def invented(chance: np.random.Generator) -> Invented:
    """A picture of soft grey shapes, drawn from this source of chance, with its digests and its PDQ code."""
    height, width = _SIZES[int(chance.integers(len(_SIZES)))]
    pixels = _soft(chance.integers(24, 232, _SPOTS).astype(np.float64), height, width)
    file = grey_png(pixels)
    step = max(1, -(-max(height, width) // _VEIL_WIDTH))
    small = np.ascontiguousarray(pixels[::step, ::step])
    return Invented(
        file=file,
        width=width,
        height=height,
        digests=digest_bytes(file),
        pdq=from_raster(downsample_rgb(np.repeat(pixels[:, :, None], 3, axis=2))),
        veil=veil_png(Raster.from_array(small)),
        veil_width=small.shape[1],
        veil_height=small.shape[0],
    )


def _soft(spots: npt.NDArray[np.float64], height: int, width: int) -> npt.NDArray[np.uint8]:
    """The spots blended into each other over so many rows and columns."""
    down = np.stack([np.interp(*_steps(height, len(spots)), column) for column in spots.T], axis=1)
    across = np.stack([np.interp(*_steps(width, spots.shape[1]), row) for row in down])
    return across.round().astype(np.uint8)


def _steps(length: int, spots: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.linspace(0, spots - 1, length), np.arange(spots, dtype=np.float64)
