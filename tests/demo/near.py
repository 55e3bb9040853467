"""Plain arithmetic over PDQ codes, to judge the drawn set without the program's own search."""

from pathlib import Path

import numpy as np
from PIL import Image

from vigie.engines.hashing import pdq

VARIANTS = [str(variant) for variant in pdq.Variant]


def hashed(picture: Image.Image) -> pdq.Pdq:
    return pdq.from_raster(pdq.downsample(pdq.luma_from_rgb(np.asarray(picture.convert("RGB")))))


def hash_of_file(path: Path) -> pdq.Pdq:
    with Image.open(path) as picture:
        return hashed(picture)


def distances(looked_up: pdq.Pdq, held: list[pdq.Pdq]) -> np.ndarray:
    """Bits between each of the sixteen variants of one picture and each held code, shape 16 x len(held)."""
    codes = np.array([np.frombuffer(item.code, np.uint8) for item in held])
    upright = [
        np.bitwise_count(codes ^ np.frombuffer(turned, np.uint8)).sum(axis=1, dtype=int)
        for turned in looked_up.dihedral
    ]
    return np.array(upright + [256 - row for row in upright])
