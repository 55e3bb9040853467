"""Bodies that stand in a scene: tables, cupboards, armchairs, crates, toy blocks, and the soft shadows under them."""

from functools import lru_cache

import numpy as np
from numpy.random import Generator
from PIL import Image

from vigie.demo.scenes import surfaces
from vigie.demo.scenes.sketch import Sketch
from vigie.demo.scenes.space import Rectangle, Skin, Stage, Texture, Vector, block, upright
from vigie.demo.scenes.surfaces import Colour, dimmed, mixed
from vigie.demo.scenes.things import CREAM


@lru_cache(maxsize=1)
def _soft() -> Texture:
    """A black patch that fades towards its rim."""
    ramp = np.linspace(-1, 1, 64)
    away = np.sqrt(ramp[None, :] ** 2 + ramp[:, None] ** 2)
    alpha = np.clip((1 - away) * 1.6, 0, 1) * 150
    empty = np.zeros((64, 64, 3), np.uint8)
    return Texture(Image.fromarray(np.dstack([empty, alpha.astype(np.uint8)]), "RGBA"))


@lru_cache(maxsize=1)
def _square() -> Texture:
    """A black rectangle with soft rims."""
    ramp = 1 - np.abs(np.linspace(-1, 1, 64))
    alpha = np.clip(np.minimum(ramp[None, :], ramp[:, None]) * 5, 0, 1) * 110
    empty = np.zeros((64, 64, 3), np.uint8)
    return Texture(Image.fromarray(np.dstack([empty, alpha.astype(np.uint8)]), "RGBA"))


def ground_shadow(x: float, y: float, z: float, width: float, depth: float) -> Rectangle:
    """A soft shadow on a level surface, its middle at x, y, z."""
    corner = (x - width / 2, y + 0.002, z + depth / 2)
    return Rectangle(_soft(), corner, (width, 0.0, 0.0), (0.0, 0.0, -depth), 1)


def wall_shadow(corner: Vector, across: Vector, down: Vector) -> Rectangle:
    """A soft-edged shadow on a wall."""
    return Rectangle(_square(), corner, across, down, 1)


def plain_skin(rng: Generator, colour: Colour) -> Skin:
    """Painted wood: a lighter top and a darker side."""
    front, side, top = (
        Texture(surfaces.boards(rng, (160, 120), dimmed(colour, light), 60, contrast=0.05))
        for light in (0.9, 0.68, 1.14)
    )
    return Skin(front, side, top)


def dressed(front: Image.Image, colour: Colour, rng: Generator) -> Skin:
    """A drawn front on a body of one colour."""
    plain = plain_skin(rng, colour)
    return Skin(Texture(front), plain.side, plain.top)


def stand(
    stage: Stage, corner: Vector, size: Vector, skin: Skin, *, turn: float = 0.0, level: int = 3
) -> None:
    """A box with its shadow stands on the stage."""
    x, y, z = corner
    w, h, d = size
    if y < 0.01:
        stage.add(ground_shadow(x + w / 2, y, z + d / 2, w * 1.5, d * 1.7))
    stage.add(*block((x, y, z), (w, h, d), skin, stage=level, turn=turn))


def table(stage: Stage, rng: Generator, at: tuple[float, float], size: Vector, wood: Colour) -> None:
    """A table with four legs stands at x, z (its front left corner); size = width, height, depth."""
    (x, z), (w, h, d) = at, size
    skin, leg = plain_skin(rng, wood), plain_skin(rng, dimmed(wood, 0.8))
    stage.add(ground_shadow(x + w / 2, 0, z + d / 2, w * 1.5, d * 1.8))
    for dx, dz in ((0.03, d - 0.09), (w - 0.09, d - 0.09), (0.03, 0.03), (w - 0.09, 0.03)):
        stage.add(*block((x + dx, 0, z + dz), (0.06, h - 0.04, 0.06), leg))
    stage.add(*block((x, h - 0.05, z), (w, 0.05, d), skin, stage=4))


def armchair(
    stage: Stage, rng: Generator, at: tuple[float, float], cloth: tuple[Colour, Colour], turn: float
) -> None:
    """An upholstered armchair stands with its middle at x, z."""
    x, z = at
    kind: surfaces.Wallpaper = ("stripes", "diamonds", "dots", "trellis")[int(rng.integers(0, 4))]

    def covered(light: float) -> Texture:
        pair = (dimmed(cloth[0], light), dimmed(cloth[1], light))
        return Texture(surfaces.wallpaper(rng, (240, 200), pair, kind, 40))

    skin = Skin(covered(0.9), covered(0.7), covered(1.1))
    stage.add(ground_shadow(x, 0, z, 1.5, 1.3))
    for dx, y, dz, w, h, d in (
        (0.0, 0.06, 0.3, 0.9, 0.88, 0.18),
        (0.0, 0.06, -0.05, 0.62, 0.36, 0.6),
        (-0.38, 0.06, -0.02, 0.15, 0.56, 0.66),
        (0.38, 0.06, -0.02, 0.15, 0.56, 0.66),
    ):
        a = np.radians(turn)
        px, pz = x + dx * np.cos(a) + dz * np.sin(a), z - dx * np.sin(a) + dz * np.cos(a)
        stage.add(*block((float(px) - w / 2, y, float(pz) - d / 2), (w, h, d), skin, turn=turn))


def crate_skin(rng: Generator, wood: Colour) -> Skin:
    """A slatted wooden crate."""
    pad = Sketch(260, 220, dimmed(wood, 0.4), opacity=255)
    for k in range(4):
        pad.box(0.02, 0.03 + 0.245 * k, 0.98, 0.22 + 0.245 * k, dimmed(wood, float(rng.uniform(0.85, 1.15))))
    for x in (0.02, 0.86):
        pad.box(x, 0.02, x + 0.12, 0.98, dimmed(wood, 1.05))
        for k in range(4):
            pad.disc(x + 0.06, 0.12 + 0.245 * k, 0.014, (70, 60, 56))
    plain = plain_skin(rng, wood)
    return Skin(Texture(pad.done()), plain.side, plain.top)


def toy_skin(rng: Generator, colour: Colour) -> Skin:
    """A toy block with a painted star, ring or bars."""
    faces = []
    for light in (0.95, 0.74, 1.12):
        tone = dimmed(colour, light)
        pad = Sketch(140, 140, tone, opacity=255)
        pale = mixed(tone, CREAM, 0.72)
        pad.box(0.05, 0.05, 0.95, 0.95, pale)
        pad.box(0.1, 0.1, 0.9, 0.9, tone)
        kind = int(rng.integers(0, 4))
        if kind == 0:
            pad.star(0.5, 0.52, 0.32, 5, pale)
        elif kind == 1:
            pad.ring(0.5, 0.5, 0.28, pale, 0.1)
        elif kind == 2:
            for k in range(3):
                pad.box(0.22, 0.24 + 0.2 * k, 0.78, 0.34 + 0.2 * k, pale)
        else:
            pad.area([(0.5, 0.2), (0.8, 0.78), (0.2, 0.78)], pale)
        faces.append(Texture(pad.done()))
    return Skin(faces[0], faces[1], faces[2])


def tower(
    stage: Stage, rng: Generator, at: Vector, edge: float, inks: tuple[Colour, ...], *, level: int = 3
) -> None:
    """A handful of toy blocks stand in a small heap around x, y, z."""
    x, y, z = at
    stage.add(ground_shadow(x + edge * 0.6, y, z + edge * 0.5, edge * 4.2, edge * 2.6))
    for index, (dx, dy) in enumerate(((-1.1, 0), (0.05, 0), (1.2, 0), (-0.5, 1), (0.65, 1), (0.05, 2))):
        skin = toy_skin(rng, inks[(index + int(rng.integers(0, 2))) % len(inks)])
        turn = float(rng.uniform(-16, 16))
        corner = (x + dx * edge, y + dy * edge, z + float(rng.uniform(-0.1, 0.1)) * edge)
        stage.add(*block(corner, (edge, edge, edge), skin, turn=turn, stage=level + dy))


def figure(
    stage: Stage, picture: Image.Image, foot: Vector, width: float, height: float, *, level: int = 3
) -> None:
    """A flat drawn object stands at `foot` with a shadow."""
    x, y, z = foot
    stage.add(ground_shadow(x + width * 0.1, y, z, width * 1.25, width * 0.6))
    stage.add(upright(Texture(picture), foot, width, height, stage=level))
