"""Objects of streets and quays, drawn flat: signs in invented letters, trees, lamps, benches, cranes, boats."""

from math import cos, pi, sin

from numpy.random import Generator
from PIL import Image

from vigie.demo.scenes.sketch import Sketch
from vigie.demo.scenes.surfaces import Colour, dimmed, mixed
from vigie.demo.scenes.things import CREAM, DARK


def glyph_sign(rng: Generator, ground: Colour, ink: Colour, glyphs: int = 5) -> Image.Image:
    """A sign in a script that does not exist: strokes, dots and hooks on a coloured board; 480 x 150 pixels."""
    pad = Sketch(480, 150, ground, opacity=255)
    pad.box(0.012, 0.05, 0.988, 0.95, mixed(ground, ink, 0.75))
    pad.box(0.022, 0.09, 0.978, 0.91, ground)
    pitch = 0.88 / glyphs
    for k in range(glyphs):
        x = 0.06 + pitch * k
        w = pitch * 0.66
        spots = [(x + w * i / 2, 0.24 + 0.26 * j) for i in range(3) for j in range(3)]
        chosen = rng.choice(9, size=4, replace=False)
        pad.stroke([spots[int(i)] for i in chosen], ink, 0.016)
        if rng.random() < 0.6:
            dot = spots[int(rng.integers(0, 9))]
            pad.disc(dot[0], dot[1], 0.014, ink)
        if rng.random() < 0.5:
            pad.ring(x + w / 2, 0.5, w * 0.36, ink, 0.01)
    return pad.done()


def tree(rng: Generator, leaf: Colour) -> Image.Image:
    """A street tree with a round crown; 520 x 760 pixels."""
    pad = Sketch(520, 760, dimmed(leaf, 0.8))
    pad.area([(0.46, 0.5), (0.54, 0.5), (0.56, 1.0), (0.44, 1.0)], (92, 74, 58))
    for k in range(110):
        a, r = float(rng.uniform(0, 2 * pi)), float(rng.uniform(0, 1)) ** 0.6
        x, y = 0.5 + 0.38 * r * cos(a), 0.32 + 0.25 * r * sin(a)
        light = 1.25 - 0.75 * (y - 0.1) + float(rng.uniform(-0.15, 0.15)) - (0.2 if k < 40 else 0)
        pad.disc(x, y, float(rng.uniform(0.04, 0.085)), dimmed(leaf, light))
    return pad.done()


def street_lamp(metal: Colour) -> Image.Image:
    """A street lamp with a lantern; 160 x 900 pixels."""
    pad = Sketch(160, 900, metal)
    pad.box(0.46, 0.13, 0.54, 0.99, metal)
    pad.box(0.4, 0.8, 0.6, 0.99, metal)
    pad.box(0.34, 0.96, 0.66, 1.0, dimmed(metal, 0.8))
    pad.area([(0.3, 0.14), (0.7, 0.14), (0.84, 0.03), (0.16, 0.03)], (238, 226, 186))
    pad.area([(0.1, 0.032), (0.9, 0.032), (0.5, 0.0)], metal)
    pad.stroke([(0.5, 0.03), (0.5, 0.14)], metal, 0.05)
    pad.box(0.28, 0.138, 0.72, 0.15, metal)
    return pad.done()


def bench(wood: Colour) -> Image.Image:
    """A park bench from the front; 560 x 260 pixels."""
    pad = Sketch(560, 260, wood)
    for k in range(3):
        pad.box(0.02, 0.06 + 0.14 * k, 0.98, 0.16 + 0.14 * k, dimmed(wood, 1.1 - 0.1 * k))
    pad.box(0.0, 0.52, 1.0, 0.62, dimmed(wood, 1.2))
    pad.box(0.0, 0.62, 1.0, 0.66, dimmed(wood, 0.6))
    for x in (0.08, 0.88):
        pad.box(x, 0.04, x + 0.035, 1.0, DARK)
    return pad.done()


def bollard(paint: Colour) -> Image.Image:
    """A striped bollard; 90 x 300 pixels."""
    pad = Sketch(90, 300, paint)
    pad.rounded(0.15, 0.02, 0.85, 1.0, paint, radius=0.3)
    for k in range(2):
        pad.box(0.15, 0.16 + 0.22 * k, 0.85, 0.26 + 0.22 * k, CREAM)
    pad.curved(0.5)
    return pad.done()


def crane(metal: Colour) -> Image.Image:
    """A quay crane against the sky; 700 x 900 pixels."""
    pad = Sketch(700, 900, metal)
    for x in (0.22, 0.5):
        pad.box(x, 0.3, x + 0.035, 1.0, metal)
    for k in range(6):
        y = 0.36 + 0.105 * k
        pad.stroke([(0.235, y), (0.515, y + 0.105)], metal, 0.014)
        pad.stroke([(0.515, y), (0.235, y + 0.105)], metal, 0.014)
    pad.box(0.02, 0.26, 0.98, 0.3, metal)
    for k in range(12):
        x = 0.02 + 0.08 * k
        pad.stroke([(x, 0.3), (x + 0.04, 0.34), (x + 0.08, 0.3)], dimmed(metal, 0.8), 0.008)
    pad.box(0.02, 0.335, 0.98, 0.345, metal)
    pad.stroke([(0.38, 0.03), (0.06, 0.27)], metal, 0.01)
    pad.stroke([(0.38, 0.03), (0.94, 0.27)], metal, 0.01)
    pad.box(0.36, 0.02, 0.4, 0.28, metal)
    pad.box(0.5, 0.34, 0.62, 0.42, dimmed(metal, 1.3))
    pad.stroke([(0.86, 0.34), (0.86, 0.62)], DARK, 0.006)
    pad.box(0.8, 0.62, 0.92, 0.68, dimmed(metal, 0.7))
    return pad.done()


def boat(hull: Colour, cabin: Colour) -> Image.Image:
    """A small fishing boat from the side; 760 x 420 pixels."""
    pad = Sketch(760, 420, hull)
    pad.box(0.49, 0.02, 0.505, 0.62, DARK)
    pad.stroke([(0.5, 0.04), (0.06, 0.6)], DARK, 0.004)
    pad.stroke([(0.5, 0.04), (0.95, 0.6)], DARK, 0.004)
    pad.box(0.54, 0.34, 0.82, 0.64, cabin)
    for k in range(3):
        pad.box(0.57 + 0.085 * k, 0.4, 0.63 + 0.085 * k, 0.52, (96, 124, 138))
    pad.box(0.52, 0.31, 0.84, 0.35, dimmed(hull, 0.8))
    pad.area([(0.02, 0.56), (0.98, 0.6), (0.9, 0.96), (0.12, 0.96)], hull)
    pad.area([(0.02, 0.56), (0.98, 0.6), (0.97, 0.66), (0.03, 0.63)], CREAM)
    pad.area([(0.1, 0.88), (0.92, 0.88), (0.9, 0.96), (0.12, 0.96)], dimmed(hull, 0.55))
    pad.lit_from_above(0.15)
    return pad.done()
