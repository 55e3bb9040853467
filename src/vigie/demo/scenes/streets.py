"""Streets, squares and quays: house fronts in perspective, paving, trees, lamps, signs in an invented script, water."""

from dataclasses import dataclass
from typing import Literal

from numpy.random import Generator
from PIL import Image

from vigie.demo.scenes import fronts, street_things, surfaces
from vigie.demo.scenes.furniture import crate_skin, dressed, figure, stand
from vigie.demo.scenes.space import Rectangle, Stage, Texture, Vector, block
from vigie.demo.scenes.surfaces import Colour, dimmed, mixed

Paving = Literal["asphalt", "cobbles", "slabs"]
StreetKind = Literal["street", "square", "quay", "alley"]


@dataclass(frozen=True)
class StreetLook:
    """What lines a street; widths in metres."""

    kind: StreetKind
    walls: tuple[Colour, ...]
    shops: tuple[Colour, ...]
    paving: Paving
    stone: Colour
    leaf: Colour
    sky: tuple[Colour, Colour]
    width: float = 9.0
    brick: bool = False


def _ground(rng: Generator, look: StreetLook, size: tuple[int, int]) -> Image.Image:
    if look.paving == "cobbles":
        return surfaces.cobbles(rng, size, look.stone, 22)
    if look.paving == "slabs":
        return surfaces.tiles(rng, size, (look.stone, dimmed(look.stone, 0.84)), 60, layout="checked")
    return surfaces.speckled(rng, size, look.stone)


def _front(rng: Generator, look: StreetLook, index: int, storeys: tuple[int, int]) -> Image.Image:
    floors, windows = storeys
    wall = look.walls[index % len(look.walls)]
    size = (60 * windows, 90 * floors)
    surface = (
        surfaces.bricks(rng, size, wall, (14, 6))
        if look.brick and index % 2 == 0
        else surfaces.plaster(rng, size, wall)
    )
    trim, shop = mixed(wall, (240, 234, 220), 0.7), look.shops[index % len(look.shops)]
    return fronts.house(rng, surface, storeys, trim, shop)


def _house(
    stage: Stage, rng: Generator, look: StreetLook, index: int, corner: Vector, *, turn: float = 0.0
) -> float:
    """One house stands at the corner, its front turned by `turn` degrees; its frontage in metres is returned."""
    windows, floors = int(rng.integers(3, 6)), int(rng.integers(3, 6))
    frontage, tall = windows * 1.7, floors * 3.0
    skin = dressed(_front(rng, look, index, (floors, windows)), look.walls[index % len(look.walls)], rng)
    x, y, z = corner
    deep = 4.0
    back = float(rng.uniform(0, 0.35))
    if turn == 0:
        stage.add(*block((x, y, z + back), (frontage, tall, deep), skin))
        return frontage
    mx = x + (deep / 2 + back) * (1 if turn > 0 else -1)
    mz = z + frontage / 2
    stage.add(*block((mx - frontage / 2, y, mz - deep / 2), (frontage, tall, deep), skin, turn=turn))
    return frontage


def _paved(
    stage: Stage, rng: Generator, look: StreetLook, wide: float, deep: float, *, y: float = 0.0
) -> None:
    picture = _ground(rng, look, (round(min(wide, 16) * 70), round(min(deep, 24) * 70)))
    stage.add(Rectangle(Texture(picture), (-wide / 2, y, deep), (wide, 0, 0), (0, 0, -deep - 1)))


def street(rng: Generator, look: StreetLook) -> Stage:
    """Two rows of houses with a road between, closed by a house across the end."""
    stage = Stage(sky=surfaces.sky(rng, (900, 600), *look.sky))
    narrow = look.kind == "alley"
    wide = look.width * (0.5 if narrow else 1.0)
    deep = 26.0
    _paved(stage, rng, look, wide + 1, deep)
    if not narrow:
        road = surfaces.speckled(rng, (420, 1200), dimmed(look.stone, 0.62))
        for k in range(12):
            road.paste((214, 210, 198), (204, 100 * k, 216, 100 * k + 52))
        stage.add(
            Rectangle(
                Texture(road),
                (-wide * 0.26, 0.01, deep),
                (wide * 0.52, 0, 0),
                (0, 0, -deep - 1),
                1,
                (0, 0, 99),
            )
        )
        for side in (-1, 1):
            kerb = Texture(surfaces.speckled(rng, (60, 900), (186, 182, 172)))
            stage.add(
                Rectangle(kerb, (side * wide * 0.27 - 0.1, 0.02, deep), (0.2, 0, 0), (0, 0, -deep - 1), 1)
            )
    for turn in (-90.0, 90.0):
        z, index = -3.0 + float(rng.uniform(0, 2)), int(rng.integers(0, 9))
        while z < deep:
            z += _house(stage, rng, look, index, (wide / 2 * (1 if turn > 0 else -1), 0, z), turn=turn)
            index += 1
    x, index = -wide / 2 - float(rng.uniform(0, 3)), int(rng.integers(0, 9))
    while x < wide / 2:
        x += _house(stage, rng, look, index, (x, 0, deep))
        index += 1
    _furnish(stage, rng, look, wide * 0.36, (4.5, 8.0, 12.5))
    _hanging_sign(stage, rng, look, wide)
    return stage


def _furnish(stage: Stage, rng: Generator, look: StreetLook, reach: float, rows: tuple[float, ...]) -> None:
    for index, z in enumerate(rows):
        side = -1 if (index + int(rng.integers(0, 2))) % 2 else 1
        figure(stage, street_things.street_lamp((58, 66, 66)), (side * reach, 0, z), 0.62, 3.6)
        stage.lamps.append((side * reach, 3.3, z))
        if look.kind != "alley":
            tall = float(rng.uniform(3.2, 4.2))
            figure(stage, street_things.tree(rng, look.leaf), (-side * reach, 0, z + 1.2), tall * 0.7, tall)
    figure(stage, street_things.bench((134, 96, 66)), (reach * 0.8, 0, rows[0] + 0.8), 1.7, 0.8)
    for k in range(3):
        figure(
            stage, street_things.bollard(look.shops[0]), (-reach * 0.84, 0, rows[0] - 0.6 + 1.6 * k), 0.2, 0.8
        )


def _hanging_sign(stage: Stage, rng: Generator, look: StreetLook, wide: float) -> None:
    picture = street_things.glyph_sign(rng, look.shops[-1], (240, 234, 216), 3)
    side = -1 if rng.random() < 0.5 else 1
    x = side * (wide / 2 - 0.75)
    stage.add(Rectangle(Texture(picture), (x - 0.75, 3.6, 6.5), (1.5, 0, 0), (0, -0.6, 0), 5))


def square(rng: Generator, look: StreetLook) -> Stage:
    """An open square before a row of houses."""
    stage = Stage(sky=surfaces.sky(rng, (900, 600), *look.sky))
    _paved(stage, rng, look, 40, 22)
    x, index = -18.0 - float(rng.uniform(0, 4)), int(rng.integers(0, 9))
    while x < 16:
        x += _house(stage, rng, look, index, (x, 0, 13.5))
        index += 1
    _furnish(stage, rng, look, 3.2, (5.5, 8.5, 10.5))
    for k in range(2):
        box = (float(rng.uniform(-3.5, 3.0)), 0.0, 5.0 + 2.2 * k)
        stand(stage, box, (0.9, 0.7, 0.7), crate_skin(rng, (150, 112, 76)), turn=float(rng.uniform(-25, 25)))
    stall = street_things.glyph_sign(rng, look.shops[0], (244, 238, 220), 5)
    stage.add(Rectangle(Texture(stall), (-2.9, 2.35, 7.8), (2.6, 0, 0), (0, -0.7, 0), 3))
    for x in (-2.9, -0.38):
        stand(stage, (x, 0, 7.8), (0.08, 1.7, 0.08), crate_skin(rng, (90, 80, 74)))
    stand(stage, (-2.9, 0, 7.9), (2.6, 0.85, 0.6), crate_skin(rng, look.shops[0]))
    return stage


def quay(rng: Generator, look: StreetLook) -> Stage:
    """A quay with containers, cranes and boats before the water."""
    stage = Stage(sky=surfaces.sky(rng, (900, 600), *look.sky))
    sea = surfaces.water(rng, (700, 600), mixed(look.sky[0], (62, 92, 104), 0.65))
    stage.add(Rectangle(Texture(sea), (-60, -0.9, 70), (120, 0, 0), (0, 0, -66)))
    deck = _ground(rng, look, (1100, 560))
    stage.add(Rectangle(Texture(deck), (-14, 0, 7.5), (28, 0, 0), (0, 0, -8.5), 1))
    for index in range(8):
        x, z = -24 + 6.6 * index, 46.0
        _house(stage, rng, look, index, (x, -0.9, z))
    for _ in range(2):
        x = float(rng.uniform(-9, 9))
        stage.add(_flat(street_things.crane((148, 84, 60)), (x, -0.9, 30.0), 11.0, 14.0))
    for index in range(3):
        hull, cabin = look.shops[index % len(look.shops)], (228, 222, 206)
        x = -7.0 + 5.6 * index + float(rng.uniform(-1, 1))
        stage.add(_flat(street_things.boat(hull, cabin), (x, -1.15, 11.0 + 2.5 * index), 5.4, 3.0))
    paints = (look.shops[0], look.shops[-1], look.walls[0])
    start = -6.2 if rng.random() < 0.5 else 1.6
    for dx, y, paint in ((0.0, 0.0, 0), (0.4, 1.3, 1)):
        skin = dressed(fronts.container(paints[paint], rng), paints[paint], rng)
        stand(stage, (start + dx, y, 5.2), (3.4, 1.3, 1.4), skin, level=4 + paint)
    for k in range(5):
        figure(stage, street_things.bollard((176, 60, 48)), (-5.4 + 2.6 * k, 0, 7.1), 0.26, 0.6, level=3)
    stand(stage, (-start - 1.6, 0, 4.4), (0.9, 0.7, 0.7), crate_skin(rng, (150, 112, 76)), turn=18, level=6)
    figure(stage, street_things.street_lamp((58, 66, 66)), (-start * 0.75, 0, 6.2), 0.7, 4.2, level=6)
    stage.lamps.append((-start * 0.75, 3.9, 6.2))
    return stage


def _flat(picture: Image.Image, foot: Vector, width: float, height: float) -> Rectangle:
    x, y, z = foot
    return Rectangle(Texture(picture), (x - width / 2, y + height, z), (width, 0, 0), (0, -height, 0), 3)
