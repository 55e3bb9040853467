"""What comes out of the confined workers: pixels, numbers and short texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

GREY = 1
RGB = 3

PdqRaster = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Raster:
    """Raw pixels: `height` x `width` x `channels` (1 grey, 3 RGB) bytes, rows from the top, no padding."""

    width: int
    height: int
    channels: int
    pixels: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.channels not in (GREY, RGB) or min(self.width, self.height) < 1:
            raise ValueError(f"no raster is {self.width}x{self.height} with {self.channels} channels")
        if len(self.pixels) != self.width * self.height * self.channels:
            raise ValueError(
                f"{len(self.pixels)} bytes do not fill {self.width}x{self.height}x{self.channels} pixels"
            )

    def array(self) -> Pixels:
        """Return the pixels as height x width (grey) or height x width x 3 (RGB) bytes, read-only."""
        shape = (self.height, self.width) if self.channels == GREY else (self.height, self.width, RGB)
        return np.frombuffer(self.pixels, dtype=np.uint8).reshape(shape)

    @classmethod
    def from_array(cls, pixels: Pixels) -> "Raster":
        """Return the raster of height x width or height x width x 3 bytes."""
        height, width = pixels.shape[:2]
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        return cls(width, height, channels, np.ascontiguousarray(pixels).tobytes())


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What one picture holds.

    `width` and `height` are pixels as stored, before `orientation` (EXIF 1..8, 1 when none is stated) is applied.
    `pdq_raster` is 64x64 float32 of the stored picture; `veil` is grey, upright, at most 96 pixels and softened.
    `frames` counts the pictures in the file. `facts` are texts the file states about itself: never trusted, escaped
    wherever they are shown.
    """

    format: str
    width: int
    height: int
    orientation: int
    frames: int
    pdq_raster: PdqRaster = field(repr=False)
    veil: Raster
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrame:
    """One frame of a film: `time_ms` from its start and the 64x64 float32 raster of its luma plane."""

    time_ms: int
    pdq_raster: PdqRaster = field(repr=False)
