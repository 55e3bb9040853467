"""A table seen close, with a cloth and a few things on it, before a wall."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from numpy.random import Generator
from PIL import Image

from vigie.demo.scenes import furniture, surfaces, things
from vigie.demo.scenes.fronts import books
from vigie.demo.scenes.looks import Wall
from vigie.demo.scenes.rooms import wall_surface
from vigie.demo.scenes.space import Rectangle, Stage, Texture, Vector, block
from vigie.demo.scenes.surfaces import Colour, dimmed, mixed

Cover = Literal["gingham", "boards", "tiles", "motif", "cloth"]
Item = Literal["lamp", "mug", "clock", "plant", "vase", "blocks", "ball", "car", "books", "boxes", "picture"]


@dataclass(frozen=True)
class TableLook:
    """A table's cover, the wall behind it and what stands on it, from left to right."""

    cover: Cover
    cover_colours: tuple[Colour, Colour]
    wall: Wall
    wall_colours: tuple[Colour, Colour]
    accents: tuple[Colour, ...]
    items: tuple[Item, ...]


def _cover(rng: Generator, look: TableLook) -> Image.Image:
    size = (960, 640)
    first = look.cover_colours[0]
    if look.cover == "gingham":
        return surfaces.gingham(rng, size, look.cover_colours, 40)
    if look.cover == "boards":
        return surfaces.boards(rng, size, first, 80)
    if look.cover == "cloth":
        return surfaces.carpet(rng, size, (first, look.cover_colours[1], *look.accents), knots=52)
    layout: Literal["plain", "motif"] = "motif" if look.cover == "motif" else "plain"
    return surfaces.tiles(rng, size, look.cover_colours, 80, layout=layout)


def tabletop(rng: Generator, look: TableLook) -> Stage:
    """The laid table."""
    stage = Stage()
    wall = surfaces.shaded(
        wall_surface(rng, look.wall, look.wall_colours, (900, 440)), (0.8, 1, 0.72, 0.84), 0.1
    )
    stage.add(Rectangle(Texture(wall), (-1.7, 1.2, 1.75), (3.4, 0, 0), (0, -1.7, 0)))
    cover = surfaces.shaded(_cover(rng, look), (0.85, 0.95, 1, 0.94), 0.1)
    stage.add(Rectangle(Texture(cover), (-1.25, 0, 1.5), (2.5, 0, 0), (0, 0, -1.7), 0, (0, 0, -1)))
    count = len(look.items)
    for index, item in enumerate(look.items):
        x = -0.62 + 1.24 * (index + 0.5) / count + float(rng.uniform(-0.05, 0.05))
        z = (1.12, 0.9, 1.2, 0.84)[index % 4] + float(rng.uniform(-0.05, 0.05))
        ITEMS[item](stage, rng, look, (x, 0.0, z))
    return stage


def _stand(stage: Stage, picture: Image.Image, at: Vector, width: float, height: float) -> None:
    furniture.figure(stage, picture, at, width, height)


def _lamp(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    shade = mixed(look.accents[-1], (236, 214, 160), float(rng.uniform(0.3, 0.7)))
    _stand(stage, things.table_lamp(shade, look.accents[0]), at, 0.36, 0.52)
    stage.lamps.append((at[0], 0.4, at[2] - 0.03))


def _mug(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    pair = rng.permutation(len(look.accents))
    _stand(stage, things.mug(look.accents[int(pair[0])], look.accents[int(pair[1])]), at, 0.19, 0.18)


def _clock(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    _stand(stage, things.clock(look.accents[0], (238, 232, 218), float(rng.uniform(0, 12))), at, 0.27, 0.27)


def _plant(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    tall = float(rng.uniform(0.42, 0.55))
    _stand(stage, things.plant(rng, look.accents[1], (84, 126, 80)), at, tall * 0.7, tall)


def _vase(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    _stand(stage, things.vase(look.accents[0], look.accents[1], rng), at, 0.25, 0.44)


def _blocks(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    furniture.tower(stage, rng, (at[0] - 0.05, at[1], at[2] - 0.06), 0.115, look.accents)


def _ball(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    r = float(rng.uniform(0.15, 0.2))
    _stand(stage, things.ball(look.accents[0], look.accents[-1]), at, r, r)


def _car(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    _stand(
        stage,
        things.toy_car(look.accents[0], look.accents[int(rng.integers(1, len(look.accents)))]),
        at,
        0.34,
        0.19,
    )


def _books(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    row = books(rng, (110, 82, 60), 1, look.accents)
    skin = furniture.dressed(row, (110, 82, 60), rng)
    stage.add(furniture.ground_shadow(at[0], 0, at[2], 0.7, 0.4))
    stage.add(*block((at[0] - 0.24, 0, at[2]), (0.48, 0.24, 0.16), skin, turn=float(rng.uniform(-14, 14))))


def _boxes(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    stage.add(furniture.ground_shadow(at[0], 0, at[2], 0.5, 0.36))
    for k, wide in enumerate((0.28, 0.22, 0.14)):
        skin = furniture.plain_skin(rng, dimmed(look.accents[k % len(look.accents)], 1.05))
        corner = (at[0] - wide / 2, 0.09 * k, at[2] - wide / 2)
        stage.add(*block(corner, (wide, 0.09, wide), skin, turn=float(rng.uniform(-30, 30)), stage=3 + k))


def _picture(stage: Stage, rng: Generator, look: TableLook, at: Vector) -> None:
    _stand(stage, things.poster(rng, (232, 226, 212), look.accents, (96, 72, 56)), at, 0.3, 0.4)


ITEMS: dict[Item, Callable[[Stage, Generator, TableLook, Vector], None]] = {
    "lamp": _lamp,
    "mug": _mug,
    "clock": _clock,
    "plant": _plant,
    "vase": _vase,
    "blocks": _blocks,
    "ball": _ball,
    "car": _car,
    "books": _books,
    "boxes": _boxes,
    "picture": _picture,
}
