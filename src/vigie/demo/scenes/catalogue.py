"""The places of the demonstration: a name, and what is drawn under it."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.random import Generator

from vigie.demo.scenes.looks import Fixture, Floor, Loose, RoomLook, Wall
from vigie.demo.scenes.rooms import room
from vigie.demo.scenes.space import Camera, Stage
from vigie.demo.scenes.streets import Paving, StreetKind, StreetLook, quay, square, street
from vigie.demo.scenes.surfaces import Colour, dimmed, mixed
from vigie.demo.scenes.tabletops import Cover, Item, TableLook, tabletop

VIEWS = 4
BLUE: Colour = (58, 106, 148)
RED: Colour = (168, 72, 62)
GREEN: Colour = (88, 124, 92)
YELLOW: Colour = (206, 164, 84)
ROSE: Colour = (190, 128, 126)
TEAL: Colour = (62, 124, 124)
GREY: Colour = (128, 130, 132)
OCHRE: Colour = (176, 122, 70)
PLUM: Colour = (112, 78, 112)
SAND: Colour = (214, 196, 164)
CREAM: Colour = (226, 218, 200)
NAVY: Colour = (52, 64, 94)
WOODS: tuple[Colour, ...] = ((122, 86, 58), (158, 120, 80), (96, 68, 52), (182, 148, 106), (136, 104, 84))
INKS: tuple[Colour, ...] = (BLUE, RED, GREEN, YELLOW, ROSE, TEAL, OCHRE, PLUM, NAVY)


@dataclass(frozen=True)
class RoomPlace:
    """A room by its wall, its floor and what must be in it; the rest follows from the seed."""

    wall: Wall
    tint: Colour
    floor: Floor
    floor_tint: Colour
    back: tuple[Fixture, ...]
    loose: tuple[Loose, ...]
    size: tuple[float, float] = (4.6, 4.4)
    dado: Literal["none", "tiles", "boards"] = "none"
    accent: Colour | None = None


@dataclass(frozen=True)
class StreetPlace:
    """A street, square or quay by its house colours and paving."""

    kind: StreetKind
    tints: tuple[Colour, ...]
    paving: Paving
    width: float = 9.0
    brick: bool = False


@dataclass(frozen=True)
class TablePlace:
    """A table by its cover, the wall behind and what stands on it."""

    cover: Cover
    tint: Colour
    wall: Wall
    wall_tint: Colour
    items: tuple[Item, ...]


Place = RoomPlace | StreetPlace | TablePlace

PLACES: dict[str, Place] = {
    "Blue tiles": RoomPlace(
        "stripes", SAND, "boards", OCHRE, ("window", "shelf", "poster"), ("lamp",), dado="tiles", accent=BLUE
    ),
    "Stairwell": RoomPlace(
        "bricks", (178, 112, 92), "checked", CREAM, ("door", "window"), ("stairs", "plant"), (4.0, 5.6)
    ),
    "Harbour": StreetPlace("quay", (ROSE, SAND, GREY), "slabs"),
    "Green wallpaper": RoomPlace(
        "leaves", (188, 202, 176), "boards", OCHRE, ("wide_window", "mirror"), ("rug", "armchair", "lamp")
    ),
    "Market street": StreetPlace("street", (OCHRE, SAND, ROSE, CREAM), "cobbles"),
    "Toy blocks": TablePlace("boards", OCHRE, "dots", (196, 210, 216), ("blocks", "car", "ball")),
    "Checked floor": RoomPlace(
        "plaster",
        (208, 188, 160),
        "checked",
        CREAM,
        ("cupboard", "window", "clock"),
        ("table", "stool"),
        accent=RED,
    ),
    "Desk lamp": TablePlace("boards", (110, 80, 60), "plaster", (150, 166, 170), ("lamp", "books", "mug")),
    "Attic": RoomPlace(
        "boards", (186, 156, 118), "boards", (132, 98, 70), ("window", "chest"), ("crates", "rug"), (4.0, 5.2)
    ),
    "Brick corner": RoomPlace(
        "bricks",
        (160, 92, 76),
        "concrete",
        (150, 148, 142),
        ("posters", "bookcase"),
        ("armchair", "lamp", "plant"),
    ),
    "Old square": StreetPlace("square", (SAND, ROSE, OCHRE, GREY), "cobbles"),
    "Red check": TablePlace("gingham", RED, "trellis", (206, 214, 204), ("lamp", "mug", "plant")),
    "Yellow kitchen": RoomPlace(
        "plaster",
        (226, 196, 116),
        "tiles",
        (196, 120, 92),
        ("cupboard", "window"),
        ("table", "plant"),
        dado="tiles",
        accent=TEAL,
    ),
    "Narrow alley": StreetPlace("alley", (OCHRE, GREY, SAND), "cobbles", 8.4, brick=True),
    "Diamond paper": RoomPlace(
        "diamonds",
        (192, 182, 198),
        "carpet",
        (120, 96, 104),
        ("chest", "window"),
        ("lamp", "blocks", "ball"),
        accent=PLUM,
    ),
    "Reading corner": RoomPlace(
        "plaster",
        (132, 158, 150),
        "boards",
        (156, 118, 82),
        ("bookcase", "poster"),
        ("rug", "armchair", "lamp"),
    ),
    "Mosaic table": TablePlace("motif", (210, 204, 190), "plaster", (190, 122, 96), ("vase", "mug", "boxes")),
    "Long corridor": RoomPlace(
        "plaster",
        (186, 192, 186),
        "checked",
        (210, 200, 180),
        ("door",),
        ("plant",),
        (2.2, 8.5),
        dado="boards",
        accent=GREEN,
    ),
    "White bathroom": RoomPlace(
        "tiles",
        (222, 224, 218),
        "motif",
        (206, 206, 200),
        ("mirror", "window"),
        ("stool", "plant"),
        (3.4, 3.6),
        accent=TEAL,
    ),
    "Brick row": StreetPlace("street", (RED, OCHRE, (150, 96, 80)), "asphalt", 10.5, brick=True),
    "Dotted nursery": RoomPlace(
        "dots",
        (222, 212, 190),
        "carpet",
        (150, 168, 172),
        ("shelf", "wide_window"),
        ("blocks", "ball", "car"),
        accent=YELLOW,
    ),
    "Wooden panels": RoomPlace(
        "boards",
        (138, 98, 66),
        "carpet",
        (96, 108, 96),
        ("poster", "clock", "cupboard"),
        ("armchair", "vase_table", "lamp"),
    ),
    "Kilim": RoomPlace(
        "plaster",
        (206, 170, 140),
        "concrete",
        (176, 164, 146),
        ("window", "chest"),
        ("rug", "plant", "stool"),
        accent=RED,
    ),
    "Clock and books": TablePlace(
        "cloth", (150, 72, 64), "stripes", (186, 178, 158), ("clock", "books", "vase")
    ),
    "Container yard": StreetPlace("quay", (OCHRE, TEAL, CREAM), "asphalt"),
    "Wave paper": RoomPlace(
        "waves",
        (178, 202, 206),
        "boards",
        (182, 148, 106),
        ("door", "posters"),
        ("table", "ball"),
        accent=NAVY,
    ),
    "Grey office": RoomPlace(
        "plaster",
        (170, 174, 178),
        "carpet",
        (84, 92, 104),
        ("bookcase", "wide_window"),
        ("table", "crates", "plant"),
        (5.2, 4.4),
    ),
    "Painted door": RoomPlace(
        "trellis",
        (214, 204, 182),
        "tiles",
        (150, 104, 84),
        ("door", "mirror", "shelf"),
        ("vase_table", "lamp"),
        accent=TEAL,
    ),
    "Green square": StreetPlace("square", ((150, 170, 148), CREAM, OCHRE), "slabs"),
    "Plant and boxes": TablePlace(
        "tiles", (176, 196, 200), "boards", (158, 120, 84), ("plant", "boxes", "clock")
    ),
    "Cellar": RoomPlace(
        "bricks",
        (120, 112, 106),
        "concrete",
        (120, 118, 114),
        ("bare", "cupboard"),
        ("crates", "stool", "lamp"),
        (3.8, 4.8),
    ),
    "Rose room": RoomPlace(
        "leaves",
        (214, 182, 176),
        "carpet",
        (168, 120, 112),
        ("mirror", "chest", "window"),
        ("vase_table", "armchair"),
        accent=ROSE,
    ),
    "Canal side": StreetPlace("quay", (RED, SAND, TEAL), "cobbles"),
    "Striped hall": RoomPlace(
        "stripes",
        (128, 146, 160),
        "motif",
        (214, 206, 190),
        ("door", "clock", "poster"),
        ("plant", "lamp"),
        (3.4, 5.8),
        accent=NAVY,
    ),
    "Toy shelf": RoomPlace(
        "diamonds",
        (212, 216, 196),
        "boards",
        (196, 164, 122),
        ("shelf", "shelf"),
        ("blocks", "car", "rug"),
        accent=RED,
    ),
    "Navy street": StreetPlace("street", (NAVY, GREY, CREAM), "slabs", 8.0),
    "Two vases": TablePlace("gingham", TEAL, "boards", (206, 190, 160), ("vase", "picture", "vase")),
    "Music room": RoomPlace(
        "trellis",
        (96, 112, 132),
        "boards",
        (112, 78, 56),
        ("wide_window",),
        ("rug", "stool", "lamp", "plant"),
        (5.4, 4.6),
        accent=YELLOW,
    ),
    "Workshop": RoomPlace(
        "boards",
        (164, 150, 132),
        "concrete",
        (140, 130, 118),
        ("cupboard", "shelf", "window"),
        ("table", "crates"),
    ),
    "Tiled kitchen": RoomPlace(
        "motif",
        (226, 220, 204),
        "checked",
        (206, 120, 92),
        ("window", "cupboard"),
        ("table", "stool"),
        accent=BLUE,
    ),
    "Lamp row": StreetPlace("street", (SAND, CREAM, TEAL), "asphalt", 12.5),
    "Picture wall": RoomPlace(
        "plaster",
        (104, 124, 112),
        "boards",
        (170, 130, 90),
        ("posters", "posters"),
        ("armchair", "vase_table"),
        accent=OCHRE,
    ),
    "Tea tray": TablePlace(
        "cloth", (84, 106, 132), "leaves", (222, 214, 196), ("mug", "vase", "mug", "lamp")
    ),
    "Garden room": RoomPlace(
        "waves",
        (196, 210, 180),
        "tiles",
        (180, 150, 116),
        ("wide_window", "door"),
        ("plant", "plant", "table"),
        (5.0, 4.0),
    ),
    "Corner shop": StreetPlace("square", (RED, TEAL, SAND), "asphalt", brick=True),
    "Round mirror": RoomPlace(
        "stripes",
        (196, 150, 132),
        "carpet",
        (92, 84, 92),
        ("mirror", "bare"),
        ("lamp", "vase_table"),
        (3.8, 3.8),
        accent=PLUM,
    ),
    "Model cars": TablePlace("tiles", (206, 196, 176), "bricks", (170, 120, 100), ("car", "books", "car")),
    "Storage room": RoomPlace(
        "plaster",
        (188, 182, 168),
        "boards",
        (120, 100, 84),
        ("bookcase", "bookcase"),
        ("crates", "crates"),
        (4.2, 4.0),
    ),
    "Brick alley": StreetPlace("alley", (RED, SAND, GREY), "slabs", 9.4, brick=True),
    "Guest room": RoomPlace(
        "dots",
        (158, 178, 190),
        "boards",
        (140, 106, 80),
        ("chest", "door"),
        ("armchair", "rug", "plant"),
        accent=ROSE,
    ),
    "Study table": TablePlace(
        "boards", (170, 134, 96), "diamonds", (152, 162, 140), ("books", "clock", "lamp")
    ),
    "Back yard": StreetPlace("square", (GREY, OCHRE, NAVY), "cobbles", brick=True),
}


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
