"""Rooms: three walls, a floor and a ceiling, with windows, doors, radiators, shelves, lamps and furniture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from numpy.random import Generator
from PIL import Image

from vigie.demo.scenes import fronts, furniture, surfaces, things
from vigie.demo.scenes.furniture import dressed, stand
from vigie.demo.scenes.looks import Fixture, RoomLook, Wall
from vigie.demo.scenes.loose import LOOSE
from vigie.demo.scenes.space import Rectangle, Stage, Texture, Vector
from vigie.demo.scenes.surfaces import Colour, Size, dimmed, mixed

WALL_PX = 230


@dataclass(frozen=True)
class Side:
    """A wall: its far bottom corner, the way along it, and the way into the room."""

    origin: Vector
    along: Vector
    inward: Vector
    length: float

    def spot(self, u: float, y: float, off: float) -> Vector:
        """The point `u` metres along, `y` up and `off` away from the wall."""
        o, a, n = self.origin, self.along, self.inward
        return o[0] + a[0] * u + n[0] * off, y, o[2] + a[2] * u + n[2] * off

    def hang(
        self, stage: Stage, picture: Image.Image, u: float, y: float, size: tuple[float, float], *, off: float
    ) -> None:
        """The picture hangs with its lower left corner at u, y, with a shadow behind it."""
        w, h = size
        across = (self.along[0] * w, 0.0, self.along[2] * w)
        down = (0.0, -h, 0.0)
        slip = 0.03 + off * 0.5
        wide = (self.along[0] * (w + 0.06), 0.0, self.along[2] * (w + 0.06))
        stage.add(
            furniture.wall_shadow(self.spot(u - 0.01, y + h - slip, 0.003), wide, (0.0, -h - 0.05, 0.0))
        )
        stage.add(Rectangle(Texture(picture), self.spot(u, y + h, off + 0.004), across, down, 2))


def wall_surface(rng: Generator, kind: Wall, colours: tuple[Colour, Colour], size: Size) -> Image.Image:
    """A stretch of wall of the named kind, in pixels."""
    if kind == "plaster":
        return surfaces.plaster(rng, size, colours[0])
    if kind == "bricks":
        return surfaces.bricks(rng, size, colours[0], (58, 20))
    if kind == "boards":
        return surfaces.boards(rng, (size[1], size[0]), colours[0], 34).transpose(Image.Transpose.ROTATE_90)
    if kind == "tiles":
        return surfaces.tiles(rng, size, colours, 42, layout="plain")
    if kind == "motif":
        return surfaces.tiles(rng, size, colours, 58, layout="motif")
    return surfaces.wallpaper(rng, size, colours, kind, 66)


def _floor(rng: Generator, look: RoomLook, size: Size) -> Image.Image:
    first, second = look.floor_colours
    if look.floor == "boards":
        return surfaces.boards(rng, (size[1], size[0]), first, 30).transpose(Image.Transpose.ROTATE_90)
    if look.floor == "carpet":
        return surfaces.speckled(rng, size, first)
    if look.floor == "concrete":
        return surfaces.speckled(rng, size, first, strength=0.1)
    layout: Literal["plain", "checked", "motif"] = "plain" if look.floor == "tiles" else look.floor
    return surfaces.tiles(rng, size, (first, second), 74, layout=layout)


def _papered(
    rng: Generator, look: RoomLook, length: float, light: tuple[float, float, float, float]
) -> Image.Image:
    size = (round(length * WALL_PX), round(look.height * WALL_PX))
    picture = wall_surface(rng, look.wall, look.colours, size)
    w, h = size
    if look.dado != "none":
        high = round(1.15 * WALL_PX)
        accent, pale = look.accents[0], mixed(look.accents[0], (240, 236, 226), 0.6)
        lower = wall_surface(rng, look.dado, (accent, pale), (w, high))
        picture.paste(lower, (0, h - high))
        picture.paste(mixed(look.wood, (240, 236, 226), 0.6), (0, h - high - 12, w, h - high))
        picture.paste(dimmed(look.wood, 0.5), (0, h - high, w, h - high + 3))
    skirting = mixed(look.wood, (236, 232, 222), 0.55)
    picture.paste(skirting, (0, h - 26, w, h))
    picture.paste(dimmed(skirting, 1.12), (0, h - 26, w, h - 22))
    picture.paste(dimmed(skirting, 0.5), (0, h - 3, w, h))
    picture.paste((236, 232, 224), (0, 0, w, 14))
    picture.paste((176, 172, 164), (0, 14, w, 17))
    return surfaces.shaded(picture, light, 0.3)


def room(rng: Generator, look: RoomLook) -> Stage:
    """The furnished room, its front open towards the camera."""
    stage = Stage()
    w, d, h = look.width, look.depth, look.height
    near = -0.6
    sides = {
        "back": Side((-w / 2, 0, d), (1, 0, 0), (0, 0, -1), w),
        "left": Side((-w / 2, 0, near), (0, 0, 1), (1, 0, 0), d - near),
        "right": Side((w / 2, 0, d), (0, 0, -1), (-1, 0, 0), d - near),
    }
    lights = {
        "back": (0.86, 0.95, 0.88, 0.84),
        "left": (0.8, 0.74, 0.7, 0.66),
        "right": (0.92, 1.0, 0.8, 0.86),
    }
    for name, side in sides.items():
        picture = _papered(rng, look, side.length, lights[name])
        across = (side.along[0] * side.length, 0.0, side.along[2] * side.length)
        stage.add(Rectangle(Texture(picture), side.spot(0, h, 0), across, (0, -h, 0)))
    floor = surfaces.shaded(
        _floor(rng, look, (round(w * 200), round((d - near) * 200))), (0.8, 0.78, 1, 0.96), 0.28
    )
    stage.add(Rectangle(Texture(floor), (-w / 2, 0, d), (w, 0, 0), (0, 0, near - d)))
    ceiling = surfaces.shaded(surfaces.plaster(rng, (300, 300), (226, 223, 214)), (0.95, 1, 0.8, 0.8), 0.2)
    stage.add(Rectangle(Texture(ceiling), (-w / 2, h, near), (w, 0, 0), (0, 0, d - near)))
    for name, fixtures in (("back", look.back), ("left", look.left), ("right", look.right)):
        _fit(stage, rng, look, sides[name], fixtures)
    for index, item in enumerate(look.loose):
        LOOSE[item](stage, rng, look, index)
    return stage


def _fit(stage: Stage, rng: Generator, look: RoomLook, side: Side, fixtures: tuple[Fixture, ...]) -> None:
    """Each fixture has its share of the wall; a socket sits in a gap."""
    start = 0.0 if side.inward[2] else 0.75
    if side.inward[0] < 0:
        start = 0.0
    usable = side.length - (0.0 if side.inward[2] else 0.75)
    pitch = usable / max(1, len(fixtures))
    for index, fixture in enumerate(fixtures):
        if fixture != "bare":
            FIXTURES[fixture](
                stage, rng, look, side, start + pitch * (index + 0.5) + float(rng.uniform(-0.1, 0.1))
            )
    kind: things.Socket = ("round", "slotted", "double")[int(rng.integers(0, 3))]
    wide = 0.2 if kind == "double" else 0.1
    side.hang(stage, things.socket(kind), start + pitch * 0.97, 0.32, (wide, 0.1), off=0.01)


def _window(
    stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float, *, width: float, columns: int
) -> None:
    frame = (226, 222, 212)
    high = 1.25
    side.hang(stage, fronts.window_view(rng, columns, 2, frame), u - width / 2, 0.95, (width, high), off=0.03)
    corner = side.spot(u - width * 0.44, 0.95 + high * 0.95, 0.035)
    across = (side.along[0] * width * 0.88, 0.0, side.along[2] * width * 0.88)
    stage.panes.append((corner, across, (0.0, -high * 0.9, 0.0)))
    if rng.random() < 0.5:
        cloth = look.accents[-1]
        for left in (u - width / 2 - 0.2, u + width / 2 - 0.16):
            side.hang(stage, fronts.curtain(rng, cloth), left, 0.72, (0.36, 1.62), off=0.08)
    if width < 1.6:
        side.hang(stage, fronts.radiator(int(rng.integers(8, 13))), u - 0.5, 0.14, (1.0, 0.6), off=0.1)


def _plain_window(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    _window(stage, rng, look, side, u, width=float(rng.uniform(1.0, 1.25)), columns=2)


def _wide_window(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    _window(stage, rng, look, side, u, width=float(rng.uniform(1.7, 2.0)), columns=4)


def _door(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    side.hang(
        stage, fronts.door(look.accents[0], int(rng.integers(2, 5))), u - 0.47, 0.0, (0.94, 2.08), off=0.02
    )


def _poster(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    picture = things.poster(rng, (228, 222, 208), look.accents)
    side.hang(stage, picture, u - 0.36, 1.15, (0.72, 0.96), off=0.02)


def _posters(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    for k in range(3):
        picture = things.poster(
            rng, mixed((228, 222, 208), look.accents[k % len(look.accents)], 0.15), look.accents
        )
        side.hang(stage, picture, u - 0.66 + 0.46 * k, 1.2 + 0.08 * (k % 2), (0.39, 0.52), off=0.015)


def _shelf(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    for y in (1.25, 1.7):
        row = fronts.books(rng, look.wood, 1, look.accents)
        side.hang(stage, row, u - 0.55, y, (1.1, 0.36), off=0.16)


def _against(
    stage: Stage, rng: Generator, side: Side, u: float, size: Vector, *, front: Image.Image, wood: Colour
) -> None:
    w, h, d = size
    skin = dressed(front, wood, rng)
    if side.inward[2]:
        x = side.origin[0] + min(max(u - w / 2, 0.02), side.length - w - 0.02)
        stand(stage, (x, 0, side.origin[2] - d), (w, h, d), skin)
        return
    z = side.spot(u, 0, 0)[2]
    turn = 90.0 if side.inward[0] < 0 else -90.0
    x = side.origin[0] + side.inward[0] * d / 2
    stand(stage, (x - w / 2, 0, z - d / 2), (w, h, d), skin, turn=turn)


def _cupboard(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    front = fronts.cupboard(rng, look.wood, 2, 1)
    _against(stage, rng, side, u, (1.15, 1.9, 0.5), front=front, wood=look.wood)


def _chest(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    front = fronts.cupboard(rng, look.wood, 1, 6)
    _against(stage, rng, side, u, (1.2, 0.85, 0.48), front=front, wood=look.wood)
    side.hang(stage, things.poster(rng, (226, 220, 206), look.accents), u - 0.3, 1.25, (0.6, 0.8), off=0.02)


def _bookcase(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    front = fronts.books(rng, look.wood, 5, look.accents)
    _against(stage, rng, side, u, (1.3, 2.05, 0.32), front=front, wood=look.wood)


def _clock(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    picture = things.clock(look.accents[0], (236, 230, 216), float(rng.uniform(0, 12)))
    side.hang(stage, picture, u - 0.25, 1.55, (0.5, 0.5), off=0.02)


def _mirror(stage: Stage, rng: Generator, look: RoomLook, side: Side, u: float) -> None:
    r = float(rng.uniform(0.36, 0.46))
    side.hang(stage, things.mirror(look.wood, (176, 190, 196)), u - r, 1.15, (2 * r, 2 * r), off=0.02)


FIXTURES: dict[Fixture, Callable[[Stage, Generator, RoomLook, Side, float], None]] = {
    "window": _plain_window,
    "wide_window": _wide_window,
    "door": _door,
    "poster": _poster,
    "posters": _posters,
    "shelf": _shelf,
    "cupboard": _cupboard,
    "bookcase": _bookcase,
    "clock": _clock,
    "mirror": _mirror,
    "chest": _chest,
}
