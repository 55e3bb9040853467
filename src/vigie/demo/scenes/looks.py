"""How a room, a street or a table is furnished: the choices a scene is drawn from."""

from dataclasses import dataclass
from typing import Literal

from vigie.demo.scenes.surfaces import Colour

Wall = Literal[
    "plaster",
    "stripes",
    "dots",
    "diamonds",
    "leaves",
    "waves",
    "trellis",
    "bricks",
    "boards",
    "tiles",
    "motif",
]
Floor = Literal["boards", "checked", "tiles", "motif", "carpet", "concrete"]
Fixture = Literal[
    "window",
    "wide_window",
    "door",
    "poster",
    "posters",
    "shelf",
    "cupboard",
    "bookcase",
    "clock",
    "mirror",
    "chest",
    "bare",
]
Loose = Literal[
    "lamp",
    "plant",
    "table",
    "armchair",
    "crates",
    "blocks",
    "ball",
    "rug",
    "stairs",
    "vase_table",
    "stool",
    "car",
]


@dataclass(frozen=True)
class RoomLook:
    """How a room is furnished; sizes in metres."""

    wall: Wall
    colours: tuple[Colour, Colour]
    floor: Floor
    floor_colours: tuple[Colour, Colour]
    wood: Colour
    accents: tuple[Colour, ...]
    back: tuple[Fixture, ...]
    left: tuple[Fixture, ...]
    right: tuple[Fixture, ...]
    loose: tuple[Loose, ...]
    width: float = 4.4
    depth: float = 4.2
    height: float = 2.6
    dado: Literal["none", "tiles", "boards"] = "none"
