"""Drawn pictures for measuring: soft shapes with grain, which decides how many bytes a JPEG has."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

_CELL = 32  # pixels between two drawn colours
_SPREAD = ((300, 200), (512, 512), (640, 480), (720, 1280), (1024, 768), (1600, 1200), (2400, 1800))


def drawn(size: tuple[int, int], *, grain: int, seed: int, cell: int = _CELL) -> Image.Image:
    """A picture of this width and height; `grain` is its noise in steps of brightness, both ways."""
    chance = np.random.default_rng(seed)
    rows, columns = max(2, size[1] // cell), max(2, size[0] // cell)
    coarse = chance.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    noise = chance.integers(-grain, grain + 1, (size[1], size[0], 1), dtype=np.int16)
    pixels = np.asarray(smooth, dtype=np.int16) + noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def written(picture: Image.Image, name: str, **options: Any) -> bytes:
    """The file of a picture, in the format of this name."""
    out = io.BytesIO()
    picture.save(out, name, **options)
    return out.getvalue()


def jpegs(count: int, *, seed: int) -> Iterator[bytes]:
    """Different JPEGs: sizes, detail, grain, quality, colour sampling, progressive or not, colour or grey."""
    chance = np.random.default_rng(seed)
    for number in range(count):
        size = _SPREAD[number % len(_SPREAD)]
        cell = int(chance.integers(16, 160))
        picture = drawn(size, grain=int(chance.integers(0, 16)), seed=seed + number, cell=cell)
        yield written(
            picture.convert("L") if number % 9 == 8 else picture,
            "JPEG",
            quality=int(chance.integers(50, 96)),
            subsampling=int(chance.integers(0, 3)),
            progressive=bool(number % 4 == 3),
        )
