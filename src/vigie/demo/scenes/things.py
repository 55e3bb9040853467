"""Objects drawn flat, to be stood up or hung in a scene: lamps, plants, clocks, posters, sockets. Never a person."""

from math import cos, pi, sin
from typing import Literal

from numpy.random import Generator
from PIL import Image

from vigie.demo.scenes.sketch import Sketch
from vigie.demo.scenes.surfaces import Colour, dimmed, mixed

Socket = Literal["round", "slotted", "double"]
DARK: Colour = (52, 48, 54)
BRASS: Colour = (176, 140, 84)
CREAM: Colour = (232, 224, 206)


def floor_lamp(shade: Colour, metal: Colour = DARK) -> Image.Image:
    """A standing lamp with a tapered shade; 240 x 840 pixels."""
    pad = Sketch(240, 840, shade)
    pad.box(0.485, 0.24, 0.515, 0.965, metal)
    pad.disc(0.5, 0.972, 0.3, metal, squash=0.26)
    pad.disc(0.5, 0.966, 0.3, dimmed(metal, 1.3), squash=0.22)
    pad.area([(0.24, 0.02), (0.76, 0.02), (0.98, 0.27), (0.02, 0.27)], shade)
    pad.curved(0.3)
    pad.disc(0.5, 0.02, 0.26, dimmed(shade, 1.18), squash=0.16)
    pad.box(0.02, 0.262, 0.98, 0.272, dimmed(shade, 0.7))
    return pad.done()


def table_lamp(shade: Colour, body: Colour) -> Image.Image:
    """A lamp with a round ceramic foot; 300 x 420 pixels."""
    pad = Sketch(300, 420, body)
    pad.box(0.46, 0.42, 0.54, 0.64, BRASS)
    pad.disc(0.5, 0.78, 0.25, body, squash=0.95)
    pad.box(0.3, 0.92, 0.7, 0.98, dimmed(body, 0.75))
    for k in range(3):
        pad.stroke([(0.27, 0.7 + k * 0.08), (0.73, 0.7 + k * 0.08)], mixed(body, CREAM, 0.55), 0.018)
    pad.area([(0.28, 0.03), (0.72, 0.03), (0.97, 0.46), (0.03, 0.46)], shade)
    pad.curved(0.4)
    pad.disc(0.5, 0.035, 0.22, dimmed(shade, 1.2), squash=0.18)
    return pad.done()


def plant(rng: Generator, pot: Colour, leaf: Colour) -> Image.Image:
    """A pot plant with long leaves, each one where the generator puts it; 420 x 620 pixels."""
    pad = Sketch(420, 620, leaf)
    for k in range(15):
        angle = pi * (0.08 + 0.84 * k / 14) + float(rng.uniform(-0.12, 0.12))
        reach = float(rng.uniform(0.34, 0.5))
        tip = (0.5 - reach * cos(angle), 0.62 - reach * 1.15 * sin(angle))
        bend = (0.5 - reach * 0.55 * cos(angle), 0.62 - reach * 0.8 * sin(angle) - 0.06)
        wide = 0.035
        tone = dimmed(leaf, float(rng.uniform(0.65, 1.25)))
        pad.area([(0.5, 0.68), (bend[0] - wide, bend[1]), tip, (bend[0] + wide, bend[1] + 0.02)], tone)
        pad.stroke([(0.5, 0.68), bend, tip], dimmed(tone, 0.75), 0.006)
    pad.area([(0.28, 0.66), (0.72, 0.66), (0.64, 0.99), (0.36, 0.99)], pot)
    pad.box(0.25, 0.64, 0.75, 0.71, dimmed(pot, 1.12))
    pad.box(0.3, 0.78, 0.7, 0.82, mixed(pot, CREAM, 0.5))
    pad.curved(0.28)
    return pad.done()


def mug(body: Colour, band: Colour) -> Image.Image:
    """A striped mug with a handle; 300 x 280 pixels."""
    pad = Sketch(300, 280, body)
    pad.ring(0.76, 0.52, 0.18, dimmed(body, 0.9), 0.06)
    pad.rounded(0.1, 0.08, 0.76, 0.97, body, radius=0.07)
    pad.box(0.1, 0.36, 0.76, 0.5, band)
    pad.box(0.1, 0.6, 0.76, 0.66, band)
    pad.curved(0.5)
    pad.disc(0.43, 0.1, 0.33, dimmed(body, 1.1), squash=0.16)
    pad.disc(0.43, 0.11, 0.28, (96, 66, 48), squash=0.14)
    return pad.done()


def clock(rim: Colour, dial: Colour, hour: float) -> Image.Image:
    """A round wall clock showing `hour`; 320 x 320 pixels."""
    pad = Sketch(320, 320, rim)
    pad.disc(0.5, 0.5, 0.48, rim)
    pad.disc(0.5, 0.5, 0.41, dial)
    for k in range(12):
        a = pi * k / 6
        inner = 0.29 if k % 3 == 0 else 0.34
        pad.stroke(
            [(0.5 + inner * sin(a), 0.5 - inner * cos(a)), (0.5 + 0.38 * sin(a), 0.5 - 0.38 * cos(a))],
            DARK,
            0.022,
        )
    for length, turn, wide in ((0.21, hour / 12, 0.035), (0.32, hour % 1, 0.022)):
        a = 2 * pi * turn
        pad.stroke([(0.5, 0.5), (0.5 + length * sin(a), 0.5 - length * cos(a))], DARK, wide)
    pad.disc(0.5, 0.5, 0.03, (170, 60, 50))
    pad.lit_from_above(0.2)
    return pad.done()


def vase(body: Colour, band: Colour, rng: Generator) -> Image.Image:
    """A belly vase with dry stems; 260 x 460 pixels."""
    pad = Sketch(260, 460, body)
    for _ in range(9):
        x = float(rng.uniform(0.1, 0.9))
        top = float(rng.uniform(0.02, 0.2))
        pad.stroke([(0.5, 0.5), (0.5 + (x - 0.5) * 0.5, 0.3), (x, top)], (120, 112, 70), 0.014)
        pad.disc(x, top, 0.045, mixed(band, (214, 180, 90), 0.5), squash=1.5)
    pad.disc(0.5, 0.72, 0.34, body, squash=1.25)
    pad.box(0.38, 0.44, 0.62, 0.6, body)
    pad.box(0.34, 0.42, 0.66, 0.46, dimmed(body, 1.15))
    for k in range(5):
        pad.area(
            [(0.2 + 0.12 * k, 0.7), (0.26 + 0.12 * k, 0.64), (0.32 + 0.12 * k, 0.7), (0.26 + 0.12 * k, 0.76)],
            band,
        )
    pad.curved(0.5)
    return pad.done()


def ball(first: Colour, second: Colour) -> Image.Image:
    """A striped play ball; 260 x 260 pixels."""
    pad = Sketch(260, 260, first)
    pad.disc(0.5, 0.5, 0.48, first)
    for r, colour in ((0.4, second), (0.27, CREAM), (0.15, first)):
        pad.disc(0.42, 0.44, r, colour, squash=0.94)
    pad.curved(0.5)
    pad.lit_from_above(0.35)
    return pad.done()


def toy_car(body: Colour, trim: Colour) -> Image.Image:
    """A wooden toy car from the side; 360 x 200 pixels."""
    pad = Sketch(360, 200, body)
    pad.rounded(0.04, 0.42, 0.96, 0.82, body, radius=0.05)
    pad.area([(0.24, 0.44), (0.34, 0.1), (0.68, 0.1), (0.8, 0.44)], trim)
    pad.area([(0.31, 0.42), (0.38, 0.18), (0.49, 0.18), (0.49, 0.42)], (196, 214, 222))
    pad.area([(0.53, 0.42), (0.53, 0.18), (0.64, 0.18), (0.72, 0.42)], (196, 214, 222))
    pad.lit_from_above(0.25)
    for x in (0.24, 0.76):
        pad.disc(x, 0.8, 0.105, DARK)
        pad.disc(x, 0.8, 0.05, CREAM)
    return pad.done()


def _discs(pad: Sketch, rng: Generator, _paper: Colour, inks: tuple[Colour, ...]) -> None:
    for row in range(4):
        for column in range(3):
            pad.disc(0.23 + column * 0.27, 0.2 + row * 0.2, 0.09, inks[int(rng.integers(0, len(inks)))])


def _hills(pad: Sketch, rng: Generator, _paper: Colour, inks: tuple[Colour, ...]) -> None:
    for k in range(5):
        y = 0.38 + k * 0.11
        peak = (float(rng.uniform(0.25, 0.75)), y - 0.16)
        pad.area([(0.1, y), peak, (0.9, y), (0.9, 0.92), (0.1, 0.92)], inks[k % len(inks)])
    pad.disc(float(rng.uniform(0.3, 0.7)), 0.15, 0.07, inks[0])


def _target(pad: Sketch, _rng: Generator, paper: Colour, inks: tuple[Colour, ...]) -> None:
    for k in range(4):
        pad.disc(0.5, 0.5, 0.38 - k * 0.09, inks[k % len(inks)])
    pad.box(0.47, 0.1, 0.53, 0.9, paper)


def _bars(pad: Sketch, rng: Generator, _paper: Colour, inks: tuple[Colour, ...]) -> None:
    for _ in range(9):
        x, y = float(rng.uniform(0.1, 0.6)), float(rng.uniform(0.08, 0.75))
        wide, high = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.05, 0.2))
        pad.box(x, y, x + wide, y + high, inks[int(rng.integers(0, len(inks)))])


def _stars(pad: Sketch, _rng: Generator, _paper: Colour, inks: tuple[Colour, ...]) -> None:
    for k in range(6):
        pad.star(0.28 + 0.44 * (k % 2), 0.2 + 0.29 * (k // 2), 0.13, 5 + k % 3, inks[k % len(inks)])


DESIGNS = (_discs, _hills, _target, _bars, _stars)


def poster(rng: Generator, paper: Colour, inks: tuple[Colour, ...], frame: Colour = DARK) -> Image.Image:
    """A framed sheet of abstract shapes, different for every generator; 360 x 480 pixels."""
    pad = Sketch(360, 480, frame, opacity=255)
    pad.box(0.04, 0.03, 0.96, 0.97, paper)
    DESIGNS[int(rng.integers(0, len(DESIGNS)))](pad, rng, paper, inks)
    pad.lit_from_above(0.12)
    return pad.done()


def socket(kind: Socket) -> Image.Image:
    """A wall socket of one of three makes; 160 x 160 pixels (320 wide when double)."""
    wide = 2 if kind == "double" else 1
    pad = Sketch(160 * wide, 160, (214, 212, 202))
    pad.rounded(0.02, 0.03, 0.98, 0.97, (226, 224, 214), radius=0.06)
    for k in range(wide):
        x = (k + 0.5) / wide
        if kind == "slotted":
            for dx in (-0.16, 0.16):
                pad.box(x + dx - 0.035, 0.28, x + dx + 0.035, 0.54, (90, 88, 84))
            pad.box(x - 0.05, 0.62, x + 0.05, 0.74, (90, 88, 84))
        else:
            pad.disc(x, 0.5, 0.37 / wide, (196, 194, 184))
            pad.disc(x, 0.5, 0.31 / wide, (172, 170, 162))
            for dx in (-0.13, 0.13):
                pad.disc(x + dx / wide, 0.5, 0.045 / wide, (60, 58, 58))
            pad.box(x - 0.03 / wide, 0.16, x + 0.03 / wide, 0.26, BRASS)
            pad.box(x - 0.03 / wide, 0.74, x + 0.03 / wide, 0.84, BRASS)
    pad.lit_from_above(0.12)
    return pad.done()


def mirror(frame: Colour, glass: Colour) -> Image.Image:
    """A round mirror that reflects a plain wall; 320 x 320 pixels."""
    pad = Sketch(320, 320, frame)
    pad.disc(0.5, 0.5, 0.49, frame)
    pad.disc(0.5, 0.5, 0.42, glass)
    pad.area([(0.2, 0.52), (0.52, 0.14), (0.64, 0.12), (0.16, 0.68)], mixed(glass, (255, 255, 255), 0.35))
    pad.area([(0.34, 0.74), (0.78, 0.26), (0.82, 0.32), (0.42, 0.8)], mixed(glass, (255, 255, 255), 0.22))
    return pad.done()
