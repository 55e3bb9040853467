"""A named place drawn from the seed, with the cameras that look at it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from vigie.demo.scenes.looks import Fixture, RoomLook
from vigie.demo.scenes.place_kinds import CREAM, INKS, WOODS, RoomPlace, StreetPlace, TablePlace
from vigie.demo.scenes.places import PLACES
from vigie.demo.scenes.rooms import room
from vigie.demo.scenes.space import Camera, Stage
from vigie.demo.scenes.streets import StreetLook, quay, square, street
from vigie.demo.scenes.surfaces import Colour, dimmed, mixed
from vigie.demo.scenes.tabletops import TableLook, tabletop

VIEWS = 4


@dataclass(frozen=True)
class Shoot:
    """A drawn place and the cameras that look at it."""

    stage: Stage
    cameras: tuple[Camera, ...]


def generator(seed: int, *words: str | int) -> Generator:
    """A random generator that depends on the seed and the words only."""
    spread = [n for word in words for n in ([word] if isinstance(word, int) else list(word.encode()))]
    return np.random.default_rng([seed, *spread])


def shoot(name: str, seed: int, size: tuple[int, int]) -> Shoot:
    """The named place, drawn from the seed, with its cameras (`VIEWS` of them) of `size` pixels.

    Raises KeyError when no place has that name.
    """
    place = PLACES[name]
    rng = generator(seed, name)
    if isinstance(place, RoomPlace):
        return _room(place, rng, size)
    if isinstance(place, StreetPlace):
        return _street(place, rng, size)
    return _table(place, rng, size)


def _accents(rng: Generator, first: Colour | None) -> tuple[Colour, ...]:
    order = [INKS[int(i)] for i in rng.permutation(len(INKS))]
    chosen = order[:4] if first is None else [first, *[ink for ink in order if ink != first][:3]]
    return tuple(chosen)


def _room(place: RoomPlace, rng: Generator, size: tuple[int, int]) -> Shoot:
    pools: tuple[tuple[Fixture, ...], ...] = (
        ("door", "poster"), ("bookcase", "poster"), ("window", "clock"), ("chest", "bare"), ("posters", "shelf"),
        ("poster", "cupboard"), ("mirror", "window"), ("bare", "door"),
    )  # fmt: skip
    first, second = (pools[int(i)] for i in rng.permutation(len(pools))[:2])
    accents = _accents(rng, place.accent)
    second_tint = (
        mixed(place.tint, accents[1], 0.42) if sum(place.tint) > 420 else mixed(place.tint, CREAM, 0.35)
    )
    other_tile = (66, 70, 76) if place.floor == "checked" else accents[0]
    look = RoomLook(
        place.wall, (place.tint, second_tint), place.floor, (place.floor_tint, other_tile),
        WOODS[int(rng.integers(0, len(WOODS)))], accents, place.back, first, second, place.loose,
        place.size[0], place.size[1], 2.65, place.dado,
    )  # fmt: skip
    base = Camera(
        (float(rng.uniform(-0.5, 0.5)), float(rng.uniform(1.2, 1.65)), float(rng.uniform(-0.4, 0.0))),
        float(rng.uniform(-27, 27)), float(rng.uniform(-12, -5)), float(rng.uniform(0.62, 0.82)), *size,
    )  # fmt: skip
    reach = place.size[0] / 2 - 0.45
    return Shoot(room(rng, look), _around(base, reach, (0.75, 0.5, 17.0)))


def _around(base: Camera, reach: float, step: tuple[float, float, float]) -> tuple[Camera, ...]:
    """The base camera and three others: from the right, from the left and closer, from lower down."""
    shift, drop, turn = step
    (x, y, z) = base.eye
    side = 1 if base.yaw <= 0 else -1

    def kept(value: float) -> float:
        return max(-reach, min(reach, value))

    return (
        base,
        replace(base, eye=(kept(x + shift), y, z), yaw=base.yaw - turn),
        replace(
            base, eye=(kept(x - shift), y, z + shift * 0.4), yaw=base.yaw + turn, focal=base.focal * 1.22
        ),
        replace(base, eye=(kept(x), y - drop, z), yaw=base.yaw + side * 2.1 * turn, pitch=base.pitch + 7),
    )


def _street(place: StreetPlace, rng: Generator, size: tuple[int, int]) -> Shoot:
    shops = _accents(rng, None)
    stones: tuple[Colour, ...] = ((150, 144, 136), (130, 128, 130), (168, 154, 134))
    leaf = ((98, 130, 80), (132, 140, 76), (84, 118, 92))[int(rng.integers(0, 3))]
    skies = (
        ((104, 152, 196), (222, 226, 220)),
        ((150, 166, 182), (226, 220, 212)),
        ((112, 140, 180), (236, 214, 190)),
    )
    walls = tuple(mixed(t, CREAM, 0.3) if sum(t) < 420 else t for t in place.tints)
    look = StreetLook(
        place.kind, walls, tuple(dimmed(s, 0.86) for s in shops), place.paving,
        stones[int(rng.integers(0, 3))], leaf, skies[int(rng.integers(0, 3))], place.width, place.brick,
    )  # fmt: skip
    high = float(rng.uniform(1.5, 2.6))
    base = Camera(
        (float(rng.uniform(-1.2, 1.2)), high, float(rng.uniform(-1.0, 0.4))),
        float(rng.uniform(-16, 16)), float(rng.uniform(1, 8)) - high, float(rng.uniform(0.7, 0.9)), *size,
    )  # fmt: skip
    draw = {"street": street, "alley": street, "square": square, "quay": quay}[place.kind]
    reach = 1.7 if place.kind == "alley" else 3.0
    return Shoot(draw(rng, look), _around(base, reach, (1.7, 0.6, 12.0)))


def _table(place: TablePlace, rng: Generator, size: tuple[int, int]) -> Shoot:
    accents = _accents(rng, None)
    wall_second = mixed(place.wall_tint, accents[2], 0.45)
    look = TableLook(
        place.cover, ((228, 222, 210) if place.cover == "gingham" else place.tint, place.tint if place.cover == "gingham" else accents[1]),
        place.wall, (place.wall_tint, wall_second), accents, place.items,
    )  # fmt: skip
    base = Camera(
        (float(rng.uniform(-0.16, 0.16)), float(rng.uniform(0.42, 0.72)), float(rng.uniform(-0.3, -0.1))),
        float(rng.uniform(-7, 7)), float(rng.uniform(-17, -11)), float(rng.uniform(0.88, 1.05)), *size,
    )  # fmt: skip
    return Shoot(tabletop(rng, look), _around(base, 0.7, (0.4, 0.12, 13.0)))
