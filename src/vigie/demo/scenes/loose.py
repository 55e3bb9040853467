"""What stands loose in a room: lamps, plants, tables, armchairs, crates, toy blocks, rugs."""

from collections.abc import Callable

from numpy.random import Generator

from vigie.demo.scenes import furniture, surfaces, things
from vigie.demo.scenes.furniture import figure, stand
from vigie.demo.scenes.looks import Loose, RoomLook
from vigie.demo.scenes.space import Rectangle, Stage, Texture, block
from vigie.demo.scenes.surfaces import dimmed, mixed


def _place(rng: Generator, look: RoomLook, index: int, margin: float) -> tuple[float, float]:
    """A free spot on the floor: items go left, right, middle in turn, the far ones first."""
    lane = (-0.6, 0.62, 0.02, -0.3, 0.34)[index % 5]
    x = lane * (look.width / 2 - margin) + float(rng.uniform(-0.12, 0.12))
    z = look.depth * (0.82, 0.72, 0.62, 0.52, 0.56)[index % 5] - margin * 0.5
    return x, z + float(rng.uniform(-0.15, 0.15))


def _lamp(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.3)
    shade = mixed(look.accents[-1], (232, 208, 150), 0.6)
    figure(stage, things.floor_lamp(shade), (x, 0, z), 0.5, 1.72)
    stage.lamps.append((x, 1.5, z - 0.05))


def _plant(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.35)
    size = float(rng.uniform(0.75, 1.0))
    picture = things.plant(rng, look.accents[0], (86, 122, 78))
    figure(stage, picture, (x, 0, z), size * 0.85, size * 1.25)


def _table(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.7)
    furniture.table(stage, rng, (x - 0.6, z - 0.4), (1.2, 0.74, 0.7), look.wood)
    mug = things.mug(look.accents[0], look.accents[1])
    stage.add(furniture.ground_shadow(x - 0.3, 0.742, z - 0.1, 0.2, 0.12))
    figure(stage, mug, (x - 0.3, 0.742, z - 0.1), 0.16, 0.15, level=6)
    lamp = things.table_lamp(mixed(look.accents[-1], (236, 214, 160), 0.5), look.accents[0])
    figure(stage, lamp, (x + 0.25, 0.742, z + 0.05), 0.36, 0.5, level=6)
    stage.lamps.append((x + 0.25, 1.1, z))


def _vase_table(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.6)
    furniture.table(stage, rng, (x - 0.35, z - 0.3), (0.7, 0.6, 0.6), look.wood)
    figure(stage, things.vase(look.accents[0], look.accents[1], rng), (x, 0.602, z), 0.34, 0.6, level=6)


def _armchair(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.6)
    pair = (
        look.accents[index % len(look.accents)],
        mixed(look.accents[index % len(look.accents)], (236, 230, 216), 0.5),
    )
    furniture.armchair(stage, rng, (x, z), pair, 28.0 if x > 0 else -28.0)


def _crates(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.5)
    for dx, y, turn in ((-0.3, 0.0, 8.0), (0.28, 0.0, -12.0), (-0.05, 0.42, 20.0)):
        stand(
            stage,
            (x + dx, y, z),
            (0.52, 0.42, 0.42),
            furniture.crate_skin(rng, look.wood),
            turn=turn,
            level=3 + (y > 0),
        )


def _stool(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.4)
    furniture.table(stage, rng, (x - 0.2, z - 0.2), (0.4, 0.46, 0.4), look.accents[index % len(look.accents)])


def _blocks(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.6)
    furniture.tower(stage, rng, (x, 0, z - 0.3), 0.2, look.accents)


def _ball(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.4)
    figure(stage, things.ball(look.accents[0], look.accents[-1]), (x, 0, z - 0.4), 0.38, 0.38)


def _car(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    x, z = _place(rng, look, index, 0.4)
    figure(stage, things.toy_car(look.accents[0], look.accents[1]), (x, 0, z - 0.5), 0.6, 0.34)


def _rug(stage: Stage, rng: Generator, look: RoomLook, index: int) -> None:
    wide, deep = look.width * 0.56, look.depth * 0.42
    x, z = float(rng.uniform(-0.2, 0.2)), look.depth * 0.62
    palette = (look.accents[0], mixed(look.accents[0], (236, 226, 206), 0.75), *look.accents[1:])
    picture = surfaces.carpet(rng, (round(wide * 200), round(deep * 200)), palette, knots=40 + 4 * index)
    corner = (x - wide / 2, 0.004, z + deep / 2)
    stage.add(Rectangle(Texture(picture), corner, (wide, 0, 0), (0, 0, -deep), 1, (0, 0, 99)))


def _stairs(stage: Stage, rng: Generator, look: RoomLook, _index: int) -> None:
    """A flight of steps rising along the right-hand wall, with a rail."""
    step = furniture.plain_skin(rng, look.wood)
    dark = dimmed(look.wood, 0.6)
    post = furniture.plain_skin(rng, dark)
    x, z0 = look.width / 2 - 1.0, look.depth * 0.42
    for k in range(9):
        z, high = z0 + 0.3 * k, 0.19 * (k + 1)
        stage.add(*block((x, 0, z), (1.0, high, 0.31), step))
        stage.add(*block((x + 0.02, high, z + 0.12), (0.05, 0.9, 0.05), post))
    wood = Texture(surfaces.boards(rng, (400, 24), dark, 24, contrast=0.04))
    rise, run = 0.19 * 8, 0.3 * 8
    # The rail is one slanted strip, printed on both sides because it is seen from the room and from the steps.
    stage.add(Rectangle(wood, (x, 1.14, z0 + 0.1), (0, rise, run), (0, -0.1, 0), 4))
    stage.add(Rectangle(wood, (x, 1.14 + rise, z0 + 0.1 + run), (0, -rise, -run), (0, -0.1, 0), 4))


LOOSE: dict[Loose, Callable[[Stage, Generator, RoomLook, int], None]] = {
    "lamp": _lamp,
    "plant": _plant,
    "table": _table,
    "vase_table": _vase_table,
    "armchair": _armchair,
    "crates": _crates,
    "stool": _stool,
    "blocks": _blocks,
    "ball": _ball,
    "car": _car,
    "rug": _rug,
    "stairs": _stairs,
}
