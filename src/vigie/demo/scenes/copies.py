"""What happens to a picture on its way: crops, turns, flips, text bands, marks, borders, noise."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from vigie.demo.plan.records import Copy
from vigie.demo.scenes.street_things import glyph_sign


def _plain(picture: Image.Image, _rng: Generator) -> Image.Image:
    return picture


def _mirrored(picture: Image.Image, _rng: Generator) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _rotated(picture: Image.Image, _rng: Generator) -> Image.Image:
    return picture.transpose(Image.Transpose.ROTATE_180)


def _crop(picture: Image.Image, rng: Generator) -> Image.Image:
    w, h = picture.size
    share = float(rng.uniform(0.6, 0.8))
    cw, ch = int(w * share), int(h * share)
    x, y = int(rng.integers(0, w - cw)), int(rng.integers(0, h - ch))
    return picture.crop((x, y, x + cw, y + ch))


def _band(picture: Image.Image, rng: Generator) -> Image.Image:
    shown = picture.copy()
    w, h = shown.size
    high = h // 11
    sign = glyph_sign(rng, (34, 36, 42), (236, 232, 220), 6).resize((high * 3, high))
    shown.paste((34, 36, 42), (0, h - high, w, h))
    shown.paste(sign, (w // 30, h - high))
    return shown


def _mark(picture: Image.Image, rng: Generator) -> Image.Image:
    shown = picture.copy()
    w, h = shown.size
    draw = ImageDraw.Draw(shown)
    r, cx, cy = h // 18, int(w * 0.93), int(h * 0.1)
    draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(236, 232, 220))
    draw.regular_polygon((cx, cy, int(r * 0.7)), int(rng.integers(3, 7)), fill=(176, 62, 54))
    return shown


def _border(picture: Image.Image, rng: Generator) -> Image.Image:
    w, h = picture.size
    edge = int(min(w, h) * float(rng.uniform(0.03, 0.06)))
    shown = Image.new("RGB", (w + 2 * edge, h + 2 * edge), (238, 234, 224))
    shown.paste(picture, (edge, edge))
    return shown


def _noise(picture: Image.Image, rng: Generator) -> Image.Image:
    w, h = picture.size
    grain = rng.integers(-9, 10, size=(h, w, 1), dtype=np.int16)
    pixels = np.asarray(picture, dtype=np.int16) + grain
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


COPIES: dict[Copy, Callable[[Image.Image, Generator], Image.Image]] = {
    "plain": _plain,
    "mirrored": _mirrored,
    "rotated": _rotated,
    "crop": _crop,
    "band": _band,
    "mark": _mark,
    "border": _border,
    "noise": _noise,
}
