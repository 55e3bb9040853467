"""What may be said of a place before it is drawn, and the colours places are named in."""

from dataclasses import dataclass
from typing import Literal

from vigie.demo.scenes.looks import Fixture, Floor, Loose, Wall
from vigie.demo.scenes.streets import Paving, StreetKind
from vigie.demo.scenes.surfaces import Colour
from vigie.demo.scenes.tabletops import Cover, Item

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
