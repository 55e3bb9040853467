"""Flat fronts that hang on walls or face a street: windows, doors, cupboards, radiators, shelves of books, house fronts."""

from numpy.random import Generator
from PIL import Image

from vigie.demo.scenes import surfaces
from vigie.demo.scenes.sketch import Sketch
from vigie.demo.scenes.street_things import glyph_sign
from vigie.demo.scenes.surfaces import Colour, dimmed, mixed
from vigie.demo.scenes.things import BRASS, CREAM, DARK

GLASS: Colour = (104, 128, 142)


def window_view(rng: Generator, columns: int, rows: int, frame: Colour) -> Image.Image:
    """A window with its frame and what lies outside: sky and hills or roofs; 480 x 520 pixels."""
    pad = Sketch(480, 520, frame, opacity=255)
    outside = surfaces.sky(rng, (480, 520), (126, 170, 204), (216, 224, 220))
    pad.lay(outside, 0.06, 0.05, 0.94, 0.95)
    if rng.random() < 0.5:
        for layer in range(3):
            base = 0.62 + 0.11 * layer
            points = [(0.06, 0.95), (0.06, base)]
            points += [(0.06 + 0.11 * k, base - float(rng.uniform(0, 0.13))) for k in range(1, 8)]
            pad.area([*points, (0.94, base), (0.94, 0.95)], dimmed((128, 152, 118), 1.15 - 0.25 * layer))
    else:
        x = 0.06
        while x < 0.94:
            wide, top = float(rng.uniform(0.13, 0.26)), float(rng.uniform(0.45, 0.68))
            right = min(0.94, x + wide)
            tone = mixed((176, 128, 100), (150, 150, 156), float(rng.random()))
            pad.box(x, top, right, 0.95, tone)
            pad.area([(x, top), ((x + right) / 2, top - 0.1), (right, top)], dimmed(tone, 0.65))
            for k in range(3):
                pad.box(x + 0.03, top + 0.06 + 0.11 * k, min(right, x + 0.07), top + 0.12 + 0.11 * k, GLASS)
            x = right
    bars = dimmed(frame, 0.94)
    for k in range(1, columns):
        pad.box(0.06 + 0.88 * k / columns - 0.016, 0.05, 0.06 + 0.88 * k / columns + 0.016, 0.95, bars)
    for k in range(1, rows):
        pad.box(0.06, 0.05 + 0.9 * k / rows - 0.015, 0.94, 0.05 + 0.9 * k / rows + 0.015, bars)
    pad.box(0.055, 0.045, 0.945, 0.06, dimmed(frame, 0.6))
    pad.box(0.055, 0.045, 0.07, 0.95, dimmed(frame, 0.68))
    pad.box(0, 0.955, 1, 1, dimmed(frame, 1.08))
    return pad.done()


def curtain(rng: Generator, cloth: Colour) -> Image.Image:
    """Half a curtain with folds and a woven band; 200 x 640 pixels."""
    pad = Sketch(200, 640, cloth, opacity=255)
    x = 0.0
    while x < 1:
        wide = float(rng.uniform(0.06, 0.14))
        pad.box(x, 0, x + wide * 0.5, 1, dimmed(cloth, float(rng.uniform(0.68, 0.85))))
        pad.box(x + wide * 0.5, 0, x + wide * 0.65, 1, dimmed(cloth, 1.16))
        x += wide
    pad.box(0, 0.86, 1, 0.9, mixed(cloth, CREAM, 0.55))
    pad.box(0, 0, 1, 0.025, DARK)
    return pad.done()


def door(paint: Colour, panels: int) -> Image.Image:
    """A panelled door in its frame, with a handle; 400 x 860 pixels."""
    pad = Sketch(400, 860, dimmed(paint, 1.25), opacity=255)
    pad.box(0.07, 0.035, 0.93, 1, paint)
    pad.box(0.07, 0.035, 0.085, 1, dimmed(paint, 0.55))
    pad.box(0.07, 0.035, 0.93, 0.042, dimmed(paint, 0.55))
    for column in range(2):
        for row in range(panels):
            left, top = 0.16 + 0.37 * column, 0.09 + 0.88 * row / panels
            right, bottom = left + 0.31, top + 0.88 / panels - 0.06
            pad.box(left, top, right, bottom, dimmed(paint, 0.7))
            pad.box(left + 0.02, top + 0.009, right, bottom, dimmed(paint, 1.16))
            pad.box(left + 0.03, top + 0.014, right - 0.02, bottom - 0.008, dimmed(paint, 0.93))
    pad.box(0.83, 0.5, 0.88, 0.58, BRASS)
    pad.box(0.72, 0.525, 0.87, 0.54, dimmed(BRASS, 1.25))
    pad.lit_from_above(0.15)
    return pad.done()


def radiator(ribs: int) -> Image.Image:
    """A ribbed radiator; 480 x 300 pixels."""
    pad = Sketch(480, 300, (150, 148, 142))
    pitch = 1 / ribs
    pad.box(0.02, 0.1, 0.98, 0.16, (176, 174, 166))
    pad.box(0.02, 0.84, 0.98, 0.9, (168, 166, 158))
    for k in range(ribs):
        left = pitch * (k + 0.1)
        pad.rounded(left, 0.02, left + pitch * 0.8, 0.98, (196, 193, 184), radius=pitch * 0.36)
        pad.rounded(left + pitch * 0.14, 0.06, left + pitch * 0.4, 0.94, (232, 230, 222), radius=pitch * 0.12)
        pad.box(left + pitch * 0.62, 0.08, left + pitch * 0.74, 0.92, (158, 156, 150))
    return pad.done()


def cupboard(rng: Generator, wood: Colour, doors: int, drawers: int) -> Image.Image:
    """The front of a cupboard with doors above drawers; 480 x 560 pixels."""
    pad = Sketch(480, 560, dimmed(wood, 0.5), opacity=255)
    grain = surfaces.boards(rng, (480, 560), wood, 93, contrast=0.06)
    pad.lay(grain, 0.015, 0.012, 0.985, 0.988)
    split = 1 - 0.16 * drawers
    for k in range(doors):
        left, right = 0.03 + 0.94 * k / doors, 0.03 + 0.94 * (k + 1) / doors
        if split > 0.3:
            _panel(pad, (left + 0.01, 0.03, right - 0.01, split - 0.02), wood)
            pad.disc(right - 0.05 if k % 2 == 0 else left + 0.05, split / 2, 0.018, BRASS)
    for k in range(drawers):
        top = split + (1 - split) * k / drawers
        _panel(pad, (0.04, top + 0.012, 0.96, top + (1 - split) / drawers - 0.012), wood)
        for x in (0.3, 0.7):
            pad.disc(x, top + (1 - split) / drawers / 2, 0.018, BRASS)
    pad.lit_from_above(0.2)
    return pad.done()


def _panel(pad: Sketch, edges: tuple[float, float, float, float], wood: Colour) -> None:
    left, top, right, bottom = edges
    for inset, tone in ((0.0, 0.55), (0.008, 1.15), (0.02, 0.72), (0.026, 0.98)):
        pad.box(left + inset, top + inset, right - inset, bottom - inset, dimmed(wood, tone))


def books(rng: Generator, wood: Colour, shelves: int, inks: tuple[Colour, ...]) -> Image.Image:
    """A bookcase full of book spines, boxes and small pots; 520 pixels wide, 190 per shelf."""
    height = 190 * shelves
    pad = Sketch(520, height, dimmed(wood, 0.42), opacity=255)
    for row in range(shelves):
        base, step = (row + 0.94) / shelves, 1 / shelves
        x = 0.045
        while x < 0.93:
            wide, tall = float(rng.uniform(0.022, 0.06)), float(rng.uniform(0.5, 0.82)) * step
            roll = rng.random()
            if roll < 0.09:
                x += float(rng.uniform(0.04, 0.12))
                continue
            ink = dimmed(inks[int(rng.integers(0, len(inks)))], float(rng.uniform(0.7, 1.2)))
            right = min(0.95, x + wide)
            if roll > 0.93:
                right = min(0.95, x + 0.11)
                tall = 0.4 * step
            pad.box(x, base - tall, right, base, ink)
            pad.box(x, base - tall, x + 0.006, base, dimmed(ink, 1.35))
            pad.box(x, base - tall * 0.85, right, base - tall * 0.78, mixed(ink, CREAM, 0.6))
            pad.box(x, base - tall * 0.2, right, base - tall * 0.17, mixed(ink, CREAM, 0.4))
            x = right + 0.003
        pad.box(0, base, 1, (row + 1) / shelves, wood)
        pad.box(0, base, 1, base + 0.012 * step, dimmed(wood, 1.3))
        pad.box(0.03, row * step, 0.97, row * step + 0.05 * step, dimmed(wood, 0.3))
    pad.box(0, 0, 0.035, 1, wood)
    pad.box(0.965, 0, 1, 1, dimmed(wood, 0.8))
    pad.box(0, 0, 1, 0.07 / shelves, dimmed(wood, 1.1))
    return pad.done()


def container(paint: Colour, rng: Generator) -> Image.Image:
    """The corrugated side of a freight container with an invented mark; 720 x 300 pixels."""
    pad = Sketch(720, 300, paint, opacity=255)
    for k in range(36):
        pad.box(k / 36, 0.05, (k + 0.45) / 36, 0.95, dimmed(paint, 0.76))
        pad.box((k + 0.45) / 36, 0.05, (k + 0.58) / 36, 0.95, dimmed(paint, 1.2))
    pad.box(0, 0, 1, 0.06, dimmed(paint, 0.62))
    pad.box(0, 0.94, 1, 1, dimmed(paint, 0.55))
    pad.lay(glyph_sign(rng, paint, CREAM, 4), 0.56, 0.2, 0.92, 0.52)
    return pad.done()


def house(
    rng: Generator, wall: Image.Image, storeys: tuple[int, int], trim: Colour, shop: Colour
) -> Image.Image:
    """A house front: rows of windows with sills and shutters above a shop or a door; 200 pixels per storey.

    `storeys` counts floors and windows on each.
    """
    floors, windows = storeys
    width, height = 130 * windows + 40, 200 * floors + 40
    pad = Sketch(width, height, trim, opacity=255, scale=1)
    pad.lay(wall, 0, 0, 1, 1)
    storey, pitch = 200 / height, 130 / width
    shutters, balcony = rng.random() < 0.55, rng.random() < 0.4
    for row in range(floors - 1):
        top = 40 / height + storey * row
        for column in range(windows):
            spot = (20 / width + pitch * column, top, pitch, storey)
            _window(pad, rng, spot, trim, shop if shutters else None)
        if balcony and row % 2 == 0:
            _balcony(pad, top + storey * 0.62, storey)
        pad.box(0, top + storey * 0.93, 1, top + storey * 0.955, dimmed(trim, 0.9))
    pad.box(0, 0, 1, 26 / height, trim)
    pad.box(0, 26 / height, 1, 32 / height, dimmed(trim, 0.55))
    _ground_floor(pad, rng, 1 - storey, shop, trim)
    return pad.done()


def _window(
    pad: Sketch, rng: Generator, spot: tuple[float, float, float, float], trim: Colour, shutter: Colour | None
) -> None:
    left, top, pitch, storey = spot
    x0, x1 = left + pitch * 0.28, left + pitch * 0.72
    y0, y1 = top + storey * 0.14, top + storey * 0.72
    pad.box(x0 - pitch * 0.05, y0 - storey * 0.04, x1 + pitch * 0.05, y1 + storey * 0.03, trim)
    pad.box(x0, y0, x1, y1, mixed(GLASS, (64, 74, 90), float(rng.random())))
    pad.area([(x0, y0), (x1, y0), (x0, y0 + (y1 - y0) * 0.7)], (150, 172, 184))
    if rng.random() < 0.5:
        pad.box(x0, y0, x0 + (x1 - x0) * 0.35, y1, (214, 208, 196))
    pad.box((x0 + x1) / 2 - pitch * 0.015, y0, (x0 + x1) / 2 + pitch * 0.015, y1, trim)
    pad.box(x0, y0 + (y1 - y0) * 0.34, x1, y0 + (y1 - y0) * 0.37, trim)
    pad.box(x0, y0, x1, y0 + storey * 0.02, (48, 52, 60))
    pad.box(x0 - pitch * 0.08, y1 + storey * 0.02, x1 + pitch * 0.08, y1 + storey * 0.06, dimmed(trim, 1.05))
    pad.box(x0 - pitch * 0.08, y1 + storey * 0.06, x1 + pitch * 0.08, y1 + storey * 0.08, dimmed(trim, 0.5))
    if shutter is None:
        return
    for a, b in ((x0 - pitch * 0.22, x0 - pitch * 0.03), (x1 + pitch * 0.03, x1 + pitch * 0.22)):
        pad.box(a, y0, b, y1, shutter)
        for k in range(9):
            y = y0 + (y1 - y0) * (k + 0.3) / 9
            pad.box(a + pitch * 0.02, y, b - pitch * 0.02, y + storey * 0.02, dimmed(shutter, 0.66))


def _balcony(pad: Sketch, top: float, storey: float) -> None:
    pad.box(0.06, top + storey * 0.22, 0.94, top + storey * 0.27, (150, 146, 140))
    pad.box(0.06, top, 0.94, top + storey * 0.015, DARK)
    for k in range(40):
        pad.box(0.06 + 0.0223 * k, top, 0.064 + 0.0223 * k, top + storey * 0.23, DARK)


def _ground_floor(pad: Sketch, rng: Generator, top: float, shop: Colour, trim: Colour) -> None:
    tall = 1 - top
    pad.box(0, top, 1, 1, dimmed(shop, 0.8))
    pad.box(0.04, top + tall * 0.3, 0.62, top + tall * 0.9, mixed(GLASS, (60, 66, 80), 0.5))
    pad.area(
        [
            (0.04, top + tall * 0.3),
            (0.4, top + tall * 0.3),
            (0.12, top + tall * 0.9),
            (0.04, top + tall * 0.9),
        ],
        (138, 158, 168),
    )
    for k in range(7):
        x = 0.07 + 0.075 * k
        high = float(rng.uniform(0.1, 0.3)) * tall
        pad.box(
            x,
            top + tall * 0.86 - high,
            x + 0.05,
            top + tall * 0.86,
            dimmed(BRASS, float(rng.uniform(0.5, 1.4))),
        )
    pad.box(0.7, top + tall * 0.24, 0.92, 1, dimmed(trim, 0.55))
    pad.box(0.73, top + tall * 0.3, 0.89, top + tall * 0.6, GLASS)
    pad.lay(glyph_sign(rng, shop, CREAM, 6), 0.05, top + 0.01 * tall, 0.64, top + tall * 0.2)
    if rng.random() < 0.6:
        for k in range(10):
            colour = CREAM if k % 2 else shop
            pad.area(
                [
                    (0.03 + 0.06 * k, top + tall * 0.2),
                    (0.09 + 0.06 * k, top + tall * 0.2),
                    (0.09 + 0.062 * k, top + tall * 0.38),
                    (0.028 + 0.062 * k, top + tall * 0.38),
                ],
                colour,
            )
