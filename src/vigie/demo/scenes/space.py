"""A small pinhole camera: textured rectangles in a room, seen in perspective, so that moving the camera gives real parallax.

World axes, in metres: x to the right, y up, z away from the camera. Pictures are painted far to near.
"""

from dataclasses import dataclass, field
from math import cos, hypot, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Vector = tuple[float, float, float]
Floats = NDArray[np.float64]

NEAR = 0.06


@dataclass(frozen=True)
class Camera:
    """A viewpoint: `eye` in metres, `yaw` (to the right) and `pitch` (upwards) in degrees, `focal` in picture widths."""

    eye: Vector
    yaw: float
    pitch: float
    focal: float
    width: int
    height: int

    def rotation(self) -> Floats:
        """World to camera axes as a 3x3 matrix (camera: x right, y down, z forward)."""
        a, b = radians(self.yaw), radians(self.pitch)
        turn = np.array([[cos(a), 0.0, -sin(a)], [0.0, 1.0, 0.0], [sin(a), 0.0, cos(a)]])
        tilt = np.array([[1.0, 0.0, 0.0], [0.0, cos(b), -sin(b)], [0.0, sin(b), cos(b)]])
        upside: Floats = np.diag([1.0, -1.0, 1.0])
        turned: Floats = upside @ tilt @ turn
        return turned

    def lens(self) -> Floats:
        """Camera axes to pixels as a 3x3 matrix."""
        reach = self.focal * self.width
        return np.array([[reach, 0.0, self.width / 2], [0.0, reach, self.height / 2], [0.0, 0.0, 1.0]])

    def pixel(self, point: Vector) -> tuple[float, float] | None:
        """Where a point is seen, in pixels; nothing when it lies behind the camera."""
        seen = self.rotation() @ (np.array(point) - np.array(self.eye))
        if seen[2] < NEAR:
            return None
        x, y, w = self.lens() @ seen
        return float(x / w), float(y / w)


class Texture:
    """A picture to lay on a rectangle, with halved copies kept so that distant surfaces do not flicker.

    Opaque pictures are kept with their rim repeated `rim` pixels outwards: what is sampled just beyond the edge would
    otherwise be black and show as dotted seams between walls.
    """

    def __init__(self, picture: Image.Image) -> None:
        self.size = picture.size
        self.rim = 0 if picture.mode == "RGBA" else 2
        self._picture = picture
        self._levels: dict[int, Image.Image] = {}

    def at(self, factor: int) -> Image.Image:
        """The picture reduced by a power of two, with its rim."""
        if factor not in self._levels:
            small = self._picture if factor == 1 else self._picture.reduce(factor)
            self._levels[factor] = small if self.rim == 0 else _rimmed(small, self.rim)
        return self._levels[factor]


def _rimmed(picture: Image.Image, rim: int) -> Image.Image:
    w, h = picture.size
    wide = Image.new(picture.mode, (w + 2 * rim, h + 2 * rim))
    wide.paste(picture, (rim, rim))
    for x, source in ((0, 0), (rim + w, w - 1)):
        strip = picture.crop((source, 0, source + 1, h)).resize((rim, h))
        wide.paste(strip, (x, rim))
    for y, source in ((0, rim), (rim + h, rim + h - 1)):
        strip = wide.crop((0, source, w + 2 * rim, source + 1)).resize((w + 2 * rim, rim))
        wide.paste(strip, (0, y))
    return wide


@dataclass(frozen=True)
class Rectangle:
    """A textured parallelogram: `corner` is the texture's top left, `across` and `down` its edges in metres."""

    texture: Texture
    corner: Vector
    across: Vector
    down: Vector
    stage: int = 0
    anchor: Vector | None = None

    def outline(self) -> Floats:
        """The four corners, shape 4x3, in metres."""
        o, u, v = (np.array(part) for part in (self.corner, self.across, self.down))
        return np.stack([o, o + u, o + u + v, o + v])

    def distance(self, eye: Vector) -> float:
        """How far the anchor (the middle, unless a body gave its own) lies from the eye, in metres."""
        middle = self.outline().mean(axis=0) if self.anchor is None else np.array(self.anchor)
        return float(np.linalg.norm(middle - np.array(eye)))

    def faces(self, eye: Vector) -> bool:
        """Whether the eye is on the printed side."""
        normal = np.cross(np.array(self.across), np.array(self.down))
        return float(normal @ (np.array(eye) - np.array(self.corner))) > 0


@dataclass
class Stage:
    """Everything that stands in one place: rectangles to paint, and where light comes from."""

    rectangles: list[Rectangle] = field(default_factory=list)
    lamps: list[Vector] = field(default_factory=list)
    panes: list[tuple[Vector, Vector, Vector]] = field(default_factory=list)
    sky: Image.Image | None = None

    def add(self, *rectangles: Rectangle) -> None:
        """The rectangles belong to the stage."""
        self.rectangles.extend(rectangles)


def _clipped(points: Floats) -> list[tuple[float, float, float]]:
    """The polygon in camera axes, cut at the near plane."""
    kept: list[tuple[float, float, float]] = []
    for index in range(len(points)):
        here, there = points[index], points[(index + 1) % len(points)]
        if here[2] >= NEAR:
            kept.append((float(here[0]), float(here[1]), float(here[2])))
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            share = (NEAR - here[2]) / (there[2] - here[2])
            cut = here + share * (there - here)
            kept.append((float(cut[0]), float(cut[1]), NEAR))
    return kept


def seen_outline(camera: Camera, outline: Floats) -> list[tuple[float, float]]:
    """The part of a polygon in front of the camera, in pixels; empty when none is."""
    turned = (outline - np.array(camera.eye)) @ camera.rotation().T
    reach = camera.focal * camera.width
    return [
        (reach * x / z + camera.width / 2, reach * y / z + camera.height / 2) for x, y, z in _clipped(turned)
    ]


def _frame(polygon: list[tuple[float, float]], camera: Camera) -> tuple[int, int, int, int] | None:
    if len(polygon) < 3:
        return None
    xs, ys = [p[0] for p in polygon], [p[1] for p in polygon]
    left, top = max(0, int(min(xs)) - 1), max(0, int(min(ys)) - 1)
    right = min(camera.width, int(min(max(xs), 1e6)) + 2)
    bottom = min(camera.height, int(min(max(ys), 1e6)) + 2)
    if right - left < 2 or bottom - top < 2:
        return None
    return left, top, right, bottom


def _reduction(texture: Texture, polygon: list[tuple[float, float]]) -> int:
    """The power of two by which the texture may shrink without losing what the picture can show."""
    longest = max(
        hypot(a[0] - b[0], a[1] - b[1]) for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True)
    )
    ratio = max(texture.size) / max(longest, 1.0)
    factor = 1
    while ratio > 1.6 and factor < 16 and min(texture.size) > 8 * factor:
        factor, ratio = factor * 2, ratio / 2
    return factor


def paint(canvas: Image.Image, camera: Camera, rectangle: Rectangle) -> None:
    """The rectangle is on the canvas as the camera sees it (a homography per rectangle, bilinear)."""
    polygon = seen_outline(camera, rectangle.outline())
    frame = _frame(polygon, camera)
    if frame is None:
        return
    left, top, right, bottom = frame
    texture = rectangle.texture.at(_reduction(rectangle.texture, polygon))
    rim = rectangle.texture.rim
    right_step = np.array(rectangle.across) / (texture.width - 2 * rim)
    down_step = np.array(rectangle.down) / (texture.height - 2 * rim)
    origin = np.array(rectangle.corner) - np.array(camera.eye) - rim * (right_step + down_step)
    plane = np.stack([right_step, down_step, origin], axis=1)
    forward = camera.lens() @ camera.rotation() @ plane
    shift = np.array([[1.0, 0.0, left], [0.0, 1.0, top], [0.0, 0.0, 1.0]])
    if abs(np.linalg.det(forward)) < 1e-9:
        return
    back = np.linalg.inv(forward) @ shift
    if abs(back[2, 2]) < 1e-12:
        return
    numbers = tuple(float(n) for n in (back / back[2, 2]).ravel()[:8])
    size = (right - left, bottom - top)
    patch = texture.transform(size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR)
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in polygon], fill=255)
    if patch.mode == "RGBA":
        canvas.paste(
            patch, (left, top), Image.composite(patch.getchannel("A"), Image.new("L", size, 0), mask)
        )
    else:
        canvas.paste(patch, (left, top), mask)


def photograph(stage: Stage, camera: Camera) -> Image.Image:
    """The stage seen by the camera as an RGB picture of the camera's size."""
    backdrop = stage.sky
    canvas = Image.new("RGB", (camera.width, camera.height), (120, 120, 120))
    if backdrop is not None:
        slide = int(camera.yaw * 6) % max(1, backdrop.width // 4)
        crop = backdrop.crop((slide, 0, slide + backdrop.width * 3 // 4, backdrop.height))
        canvas.paste(crop.resize(canvas.size, Image.Resampling.BICUBIC))
    turned_here = [rectangle for rectangle in stage.rectangles if rectangle.faces(camera.eye)]
    ordered = sorted(turned_here, key=lambda r: (r.stage, -r.distance(camera.eye)))
    for rectangle in ordered:
        paint(canvas, camera, rectangle)
    return canvas


@dataclass(frozen=True)
class Skin:
    """What covers a box: its front and back, its two sides, its top."""

    front: Texture
    side: Texture
    top: Texture


def block(corner: Vector, size: Vector, skin: Skin, *, stage: int = 3, turn: float = 0.0) -> list[Rectangle]:
    """The five outer faces of a box standing at `corner` (left, bottom, front), `size` = width, height, depth in metres.

    `turn` is the angle about the box's own upright middle axis, in degrees.
    """
    (x, y, z), (w, h, d) = corner, size
    a = radians(turn)
    mx, mz = x + w / 2, z + d / 2

    def at(px: float, py: float, pz: float) -> Vector:
        dx, dz = px - mx, pz - mz
        return mx + dx * cos(a) + dz * sin(a), py, mz - dx * sin(a) + dz * cos(a)

    spots = [
        (skin.front, at(x, y + h, z), at(x + w, y + h, z), at(x, y, z)),
        (skin.front, at(x + w, y + h, z + d), at(x, y + h, z + d), at(x + w, y, z + d)),
        (skin.side, at(x, y + h, z + d), at(x, y + h, z), at(x, y, z + d)),
        (skin.side, at(x + w, y + h, z), at(x + w, y + h, z + d), at(x + w, y, z)),
        (skin.top, at(x, y + h, z + d), at(x + w, y + h, z + d), at(x, y + h, z)),
    ]
    middle = (mx, y + h / 2, mz)
    return [Rectangle(texture, o, less(u, o), less(v, o), stage, middle) for texture, o, u, v in spots]


def less(there: Vector, here: Vector) -> Vector:
    """The way from here to there."""
    return there[0] - here[0], there[1] - here[1], there[2] - here[2]


def upright(picture: Texture, foot: Vector, width: float, height: float, *, stage: int = 3) -> Rectangle:
    """A flat object standing at `foot` (its middle, in metres), turned to the middle of the room's front."""
    x, y, z = foot
    away = hypot(x, z) or 1.0
    dx, dz = width * z / away, -width * x / away
    return Rectangle(
        picture, (x - dx / 2, y + height, z - dz / 2), (dx, 0.0, dz), (0.0, -height, 0.0), stage, (x, y, z)
    )
