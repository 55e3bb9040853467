"""Pictures drawn by arithmetic: the same bytes on every machine, nothing to decode."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Rgb = npt.NDArray[np.uint8]

TURNED: dict[str, Callable[[Rgb], Rgb]] = {
    "original": lambda picture: picture,
    "rotate90": lambda picture: np.rot90(picture, 1),
    "rotate180": lambda picture: np.rot90(picture, 2),
    "rotate270": lambda picture: np.rot90(picture, 3),
    "flip_x": lambda picture: picture[::-1],
    "flip_y": lambda picture: picture[:, ::-1],
    "flip_plus1": lambda picture: picture.transpose(1, 0, 2),
    "flip_minus1": lambda picture: picture[::-1, ::-1].transpose(1, 0, 2),
}


def landscape(width: int, height: int, *, seed: int = 1) -> Rgb:
    """Hills, a sun and waves: smooth shapes of many sizes, no symmetry, quality 100."""
    spin = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    scene = np.zeros((height, width))
    for _ in range(24):
        across, down, phase = spin.uniform(1, 14), spin.uniform(1, 14), spin.uniform(0, 2 * np.pi)
        scene += np.sin(2 * np.pi * (across * x + down * y) + phase) * spin.uniform(4, 20)
    scene += 90 * (np.hypot(x - 0.3, y - 0.25) < 0.14)
    scene -= 60 * (y > 0.6 + 0.2 * np.sin(5 * x))
    tints = np.array([1.0, 0.9, 0.75]) * (128 + scene)[:, :, None] + np.array([0, 8, 20])
    return np.clip(tints, 0, 255).astype(np.uint8)


def poster(width: int, height: int) -> Rgb:
    """Three flat rectangles, mirror-symmetric: most frequencies are zero but for rounding."""
    picture = np.full((height, width, 3), (20, 60, 110), dtype=np.uint8)
    picture[height // 6 : height - height // 6, width // 8 : width - width // 8] = (240, 200, 40)
    picture[height // 3 : height - height // 3, width // 4 : width - width // 4] = (10, 10, 10)
    picture[height // 2 - 3 : height // 2 + 3, width // 3 : width - width // 3] = (250, 250, 250)
    return picture
