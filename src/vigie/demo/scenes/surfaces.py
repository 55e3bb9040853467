"""Surfaces rich in texture: a seeded generator and a size in pixels in, an RGB picture out; no file is read."""

from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Size = tuple[int, int]
Grid = NDArray[np.float32]
Wallpaper = Literal["stripes", "dots", "diamonds", "leaves", "waves", "trellis"]


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """The colour that lies `share` of the way from the first to the second."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b


def dimmed(colour: Colour, factor: float) -> Colour:
    """The colour made darker (factor below 1) or lighter (above 1)."""
    r, g, b = (max(0, min(255, round(c * factor))) for c in colour)
    return r, g, b


def noise(rng: Generator, size: Size, cells: Size) -> Grid:
    """Smooth noise between -1 and 1, `cells` blobs across and down, shape height x width."""
    small = rng.random((max(2, cells[1]), max(2, cells[0])), dtype=np.float32) * 2 - 1
    fine = cells[0] * cells[1] > 4000
    filtering = Image.Resampling.BILINEAR if fine else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(small).resize(size, filtering), dtype=np.float32)


def tinted(colour: Colour, brightness: Grid) -> Image.Image:
    """A picture of one colour whose brightness follows the grid (1.0 = the colour itself)."""
    pixels = np.asarray(colour, dtype=np.float32) * brightness[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def shaded(
    picture: Image.Image, corners: tuple[float, float, float, float], edge: float = 0.0
) -> Image.Image:
    """The picture under uneven light: brightness at top left, top right, bottom left, bottom right; darker rims."""
    size = 48
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    tl, tr, bl, br = corners
    top = tl + (tr - tl) * ramp
    bottom = bl + (br - bl) * ramp
    light = top[None, :] + (bottom - top)[None, :] * ramp[:, None]
    rim = np.minimum(ramp, 1 - ramp)
    near = np.minimum(rim[None, :], rim[:, None])
    light *= 1 - edge * np.exp(-near * 9)
    mask = Image.fromarray(np.clip(light * 255, 0, 255).astype(np.uint8), "L")
    wide = mask.resize(picture.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(picture, Image.merge("RGB", (wide, wide, wide)))


def plaster(rng: Generator, size: Size, colour: Colour) -> Image.Image:
    """A painted wall with faint clouds and brush marks."""
    w, h = size
    light = 1 + 0.045 * noise(rng, size, (6, 5)) + 0.03 * noise(rng, size, (w // 14, h // 30))
    return tinted(colour, light)


def boards(rng: Generator, size: Size, colour: Colour, board: int, *, contrast: float = 0.14) -> Image.Image:
    """Boards lying left to right, `board` pixels wide, with grain and staggered joints."""
    w, h = size
    rows = h // board + 1
    light = 1 + 0.07 * noise(rng, size, (w // 90, h // 3)) + 0.04 * noise(rng, size, (w // 30, h // 2))
    for row in range(rows):
        y0, y1 = row * board, min(h, (row + 1) * board)
        joint = int(rng.integers(w // 6, w))
        x = 0
        while x < w:
            light[y0:y1, x : x + joint] *= 1 + contrast * float(rng.uniform(-1, 1))
            if x:
                light[y0:y1, x : x + 2] *= 0.6
            x += joint
            joint = int(rng.integers(w // 3, w))
        light[y0 : y0 + 2] *= 0.58
    return tinted(colour, light)


def tiles(
    rng: Generator,
    size: Size,
    colours: tuple[Colour, Colour],
    tile: int,
    *,
    layout: Literal["plain", "checked", "motif"],
) -> Image.Image:
    """Glazed tiles of `tile` pixels in one colour, chequered, or each with a painted motif, between pale joints."""
    w, h = size
    columns, rows = w // tile + 1, h // tile + 1
    shade = 1 + 0.13 * (rng.random((rows, columns), dtype=np.float32) * 2 - 1)
    second = (
        np.indices((rows, columns)).sum(axis=0) % 2 if layout == "checked" else np.zeros((rows, columns), int)
    )
    palette = np.asarray(colours, dtype=np.float32)
    cells = palette[second] * shade[..., None]
    wide = np.repeat(np.repeat(cells, tile, axis=0), tile, axis=1)[:h, :w]
    stamp = _tile_stamp(rng, tile, colours, layout)
    pixels = np.clip(wide * np.tile(stamp, (rows, columns, 1))[:h, :w], 0, 255).astype(np.uint8)
    joint = max(2, tile // 20)
    pale = np.asarray(mixed(colours[0], (226, 220, 206), 0.75), dtype=np.uint8)
    pixels[np.arange(h) % tile < joint] = pale
    pixels[:, np.arange(w) % tile < joint] = pale
    return Image.fromarray(pixels, "RGB")


def _tile_stamp(rng: Generator, tile: int, colours: tuple[Colour, Colour], layout: str) -> Grid:
    """What each tile is multiplied by: joint, bevel, gloss and motif; shape tile x tile x 3."""
    stamp = Image.new("RGB", (tile, tile), (216, 216, 216))
    draw = ImageDraw.Draw(stamp)
    if layout == "motif":
        inner = tuple(
            min(255, round(216 * b / max(a, 40))) for a, b in zip(colours[0], colours[1], strict=True)
        )
        m, kind = tile / 2, int(rng.integers(0, 4))
        r = tile * 0.34
        diamond = [(m, m - r), (m + r, m), (m, m + r), (m - r, m)]
        if kind == 0:
            draw.polygon(diamond, fill=inner)
            draw.ellipse((m - r / 3, m - r / 3, m + r / 3, m + r / 3), fill=(216, 216, 216))
        elif kind == 1:
            draw.ellipse((m - r, m - r, m + r, m + r), outline=inner, width=max(2, tile // 10))
        elif kind == 2:
            for cx, cy in ((0, 0), (tile, 0), (0, tile), (tile, tile)):
                draw.ellipse((cx - r, cy - r, cx + r, cy + r), outline=inner, width=max(2, tile // 9))
        else:
            draw.line((0, 0, tile, tile), fill=inner, width=max(2, tile // 8))
            draw.line((tile, 0, 0, tile), fill=inner, width=max(2, tile // 8))
    joint = max(2, tile // 20)
    draw.line((joint, joint, tile - joint, joint), fill=(246, 246, 246), width=joint)
    draw.line((tile - joint, joint, tile - joint, tile), fill=(176, 176, 176), width=joint)
    return np.asarray(stamp, dtype=np.float32) / np.float32(216)


def wallpaper(
    rng: Generator, size: Size, colours: tuple[Colour, Colour], kind: Wallpaper, cell: int
) -> Image.Image:
    """A printed wallpaper that repeats every `cell` pixels."""
    scale = 2
    n = cell * scale
    one = Image.new("RGB", (n, n), colours[0])
    draw = ImageDraw.Draw(one)
    ink, pale = colours[1], mixed(colours[0], colours[1], 0.4)
    m = n / 2
    if kind == "stripes":
        draw.rectangle((0, 0, n * 0.42, n), fill=ink)
        draw.rectangle((n * 0.55, 0, n * 0.6, n), fill=pale)
        draw.rectangle((n * 0.82, 0, n * 0.87, n), fill=pale)
    elif kind == "dots":
        for x, y, r in (
            (0, 0, 0.2),
            (n, 0, 0.2),
            (0, n, 0.2),
            (n, n, 0.2),
            (m, m, 0.2),
            (m, 0, 0.07),
            (m, n, 0.07),
        ):
            draw.ellipse((x - r * n, y - r * n, x + r * n, y + r * n), fill=ink if r > 0.1 else pale)
    elif kind == "diamonds":
        draw.polygon([(m, 0), (n, m), (m, n), (0, m)], fill=ink)
        draw.polygon([(m, n * 0.2), (n * 0.8, m), (m, n * 0.8), (n * 0.2, m)], fill=pale)
        draw.polygon([(m, n * 0.36), (n * 0.64, m), (m, n * 0.64), (n * 0.36, m)], fill=colours[0])
    elif kind == "leaves":
        _leaves(draw, n, ink, pale)
    elif kind == "waves":
        for k in range(3):
            y = n * (k + 0.5) / 3
            points = [(x, y + n * 0.09 * np.sin(2 * np.pi * x / n)) for x in range(0, n + 1, max(1, n // 24))]
            draw.line(points, fill=(ink, pale, ink)[k], width=max(2, n // 14), joint="curve")
    else:
        draw.line((0, 0, n, n), fill=ink, width=n // 12)
        draw.line((n, 0, 0, n), fill=ink, width=n // 12)
        draw.ellipse(
            (m - n * 0.14, m - n * 0.14, m + n * 0.14, m + n * 0.14), fill=pale, outline=ink, width=n // 24
        )
    stamp = np.asarray(one.resize((cell, cell), Image.Resampling.LANCZOS), dtype=np.float32)
    w, h = size
    wide = np.tile(stamp, (h // cell + 1, w // cell + 1, 1))[:h, :w]
    light = 1 + 0.035 * noise(rng, size, (7, 5)) + 0.02 * noise(rng, size, (w // 5, h // 5))
    return Image.fromarray(np.clip(wide * light[..., None], 0, 255).astype(np.uint8), "RGB")


def _leaves(draw: ImageDraw.ImageDraw, n: int, ink: Colour, pale: Colour) -> None:
    draw.line((n * 0.5, 0, n * 0.5, n), fill=pale, width=n // 26)
    for k, (y, side) in enumerate(((0.2, -1), (0.45, 1), (0.7, -1), (0.95, 1))):
        cx, cy = n * 0.5, n * y
        tip = (cx + side * n * 0.38, cy - n * 0.2)
        draw.polygon(
            [
                (cx, cy),
                (cx + side * n * 0.12, cy - n * 0.2),
                tip,
                (cx + side * n * 0.26, cy - n * 0.02),
            ],
            fill=ink if k % 2 else pale,
        )


def bricks(
    rng: Generator, size: Size, colour: Colour, brick: Size, *, joint: Colour = (196, 188, 176)
) -> Image.Image:
    """A brick wall in stretcher bond."""
    w, h = size
    bw, bh = brick
    picture = Image.new("RGB", size, joint)
    draw = ImageDraw.Draw(picture)
    for row in range(h // bh + 1):
        x = -(bw // 2) * (row % 2)
        while x < w:
            tone = dimmed(
                mixed(colour, (90, 70, 66), float(rng.uniform(0, 0.28))), float(rng.uniform(0.82, 1.14))
            )
            draw.rectangle((x, row * bh, x + bw - 3, row * bh + bh - 3), fill=tone)
            x += bw
    grain = 1 + 0.09 * noise(rng, size, (w // 4, h // 4)) + 0.05 * noise(rng, size, (8, 6))
    pixels = np.asarray(picture, dtype=np.float32) * grain[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def carpet(rng: Generator, size: Size, palette: tuple[Colour, ...], *, knots: int = 44) -> Image.Image:
    """A woven rug: a mirrored knot pattern inside two borders and a fringe."""
    w, h = size
    high = max(8, knots * h // w)
    half = rng.random((high // 2 + 1, knots // 2 + 1))
    rings = np.abs(np.indices(half.shape)[0] - high / 2) + np.abs(np.indices(half.shape)[1] - knots / 2)
    field = (rings // 4 + (half > 0.82)).astype(int)
    quarter = field % len(palette)
    full = np.concatenate([quarter, quarter[:, ::-1]], axis=1)
    full = np.concatenate([full, full[::-1]], axis=0)
    full[:2], full[-2:], full[:, :2], full[:, -2:] = 0, 0, 0, 0
    full[3:5, 3:-3], full[-5:-3, 3:-3], full[3:-3, 3:5], full[3:-3, -5:-3] = 1, 1, 1, 1
    full[4, 4:-4:2] = full[-5, 4:-4:2] = 2 % len(palette)
    knotted = np.asarray(palette, dtype=np.float32)[full]
    wide = Image.fromarray(knotted.astype(np.uint8), "RGB").resize(size, Image.Resampling.NEAREST)
    weave = 1 + 0.1 * noise(rng, size, (w // 3, h // 3)) + 0.05 * noise(rng, size, (6, 6))
    pixels = np.asarray(wide, dtype=np.float32) * weave[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def gingham(rng: Generator, size: Size, colours: tuple[Colour, Colour], cell: int) -> Image.Image:
    """A checked tablecloth with fine threads and soft folds."""
    w, h = size
    a = (np.arange(w) // cell) % 2
    b = (np.arange(h) // cell) % 2
    share = ((a[None, :] + b[:, None]) / 2).astype(np.float32)
    first, second = (np.asarray(c, dtype=np.float32) for c in colours)
    pixels = first + (second - first) * share[..., None]
    thread = 1 + 0.05 * noise(rng, size, (w // 2, h // 2)) + 0.07 * noise(rng, size, (5, 4))
    return Image.fromarray(np.clip(pixels * thread[..., None], 0, 255).astype(np.uint8), "RGB")


def speckled(rng: Generator, size: Size, colour: Colour, *, strength: float = 0.16) -> Image.Image:
    """Asphalt, concrete, gravel or short carpet: fine grains over soft stains."""
    w, h = size
    light = 1 + strength * noise(rng, size, (w // 3, h // 3)) + strength * 0.6 * noise(rng, size, (9, 9))
    return tinted(colour, light)


def cobbles(rng: Generator, size: Size, colour: Colour, stone: int) -> Image.Image:
    """Rounded paving stones in staggered rows."""
    w, h = size
    picture = Image.new("RGB", size, dimmed(colour, 0.5))
    draw = ImageDraw.Draw(picture)
    for row in range(h // stone + 1):
        x = -int(rng.integers(0, stone))
        while x < w:
            wide = int(stone * rng.uniform(0.85, 1.3))
            box = (x, row * stone, x + wide - 3, row * stone + stone - 3)
            draw.rounded_rectangle(box, stone // 3, fill=dimmed(colour, float(rng.uniform(0.75, 1.15))))
            x += wide
    grain = 1 + 0.08 * noise(rng, size, (w // 4, h // 4))
    pixels = np.asarray(picture.filter(ImageFilter.BoxBlur(1)), dtype=np.float32) * grain[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def water(rng: Generator, size: Size, colour: Colour) -> Image.Image:
    """Water with long ripples."""
    w, h = size
    light = 1 + 0.16 * noise(rng, size, (w // 46, h // 7)) + 0.12 * noise(rng, size, (w // 14, h // 3))
    return tinted(colour, light)


def sky(rng: Generator, size: Size, top: Colour, bottom: Colour) -> Image.Image:
    """A sky that pales towards the horizon, with soft clouds."""
    w, h = size
    ramp = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    pixels = np.asarray(top, np.float32) * (1 - ramp) + np.asarray(bottom, np.float32) * ramp
    pixels = np.broadcast_to(pixels, (h, w, 3)).copy()
    cloud = noise(rng, size, (7, 5)) + 0.5 * noise(rng, size, (17, 13)) + 0.25 * noise(rng, size, (40, 28))
    share = np.clip((cloud - 0.15) * 0.9, 0, 0.85)[..., None]
    pixels = pixels * (1 - share) + np.asarray((250, 249, 246), np.float32) * share
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")
