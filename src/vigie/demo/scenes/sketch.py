"""A drawing pad for one object: shapes in fractions of the object's size, drawn too large and reduced."""

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from vigie.demo.scenes.surfaces import Colour

Point = tuple[float, float]
SCALE = 2


class Sketch:
    """An RGBA picture in the making; coordinates run from 0 to 1 across and down."""

    def __init__(
        self, width: int, height: int, ground: Colour, *, opacity: int = 0, scale: int = SCALE
    ) -> None:
        self._scale = scale
        size = (width * scale, height * scale)
        # A pad without see-through parts needs no alpha: half the conversions, and most fronts are such.
        whole = opacity == 255
        self._picture = (
            Image.new("RGB", size, ground) if whole else Image.new("RGBA", size, (*ground, opacity))
        )
        self._draw = ImageDraw.Draw(self._picture)

    def _at(self, points: Sequence[Point]) -> list[Point]:
        w, h = self._picture.size
        return [(x * w, y * h) for x, y in points]

    def area(self, points: Sequence[Point], colour: Colour, opacity: int = 255) -> None:
        """A filled polygon is drawn."""
        self._draw.polygon(self._at(points), fill=(*colour, opacity))

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: Colour, *, opacity: int = 255
    ) -> None:
        """A filled rectangle is drawn."""
        (x0, y0), (x1, y1) = self._at([(left, top), (right, bottom)])
        self._draw.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), fill=(*colour, opacity))

    def rounded(
        self, left: float, top: float, right: float, bottom: float, colour: Colour, *, radius: float
    ) -> None:
        """A filled rectangle with round corners is drawn; the radius is a fraction of the width."""
        (x0, y0), (x1, y1) = self._at([(left, top), (right, bottom)])
        self._draw.rounded_rectangle(
            (x0, y0, x1 - 1, y1 - 1), radius * self._picture.width, fill=(*colour, 255)
        )

    def disc(
        self, x: float, y: float, radius: float, colour: Colour, *, squash: float = 1.0, opacity: int = 255
    ) -> None:
        """A filled ellipse is drawn; the radius is a fraction of the width, `squash` its height over its width."""
        w, h = self._picture.size
        r = radius * w
        box = (x * w - r, y * h - r * squash, x * w + r, y * h + r * squash)
        self._draw.ellipse(box, fill=(*colour, opacity))

    def ring(self, x: float, y: float, radius: float, colour: Colour, thickness: float) -> None:
        """A circle's outline is drawn; radius and thickness are fractions of the width."""
        w, h = self._picture.size
        r = radius * w
        box = (x * w - r, y * h - r, x * w + r, y * h + r)
        self._draw.ellipse(box, outline=(*colour, 255), width=max(1, round(thickness * w)))

    def stroke(self, points: Sequence[Point], colour: Colour, thickness: float) -> None:
        """A line is drawn; the thickness is a fraction of the width."""
        wide = max(1, round(thickness * self._picture.width))
        self._draw.line(self._at(points), fill=(*colour, 255), width=wide, joint="curve")

    def star(self, x: float, y: float, radius: float, points: int, colour: Colour) -> None:
        """A star is drawn, round whatever the proportions of the pad."""
        ratio = self._picture.width / self._picture.height
        corners = []
        for k in range(points * 2):
            r = radius if k % 2 == 0 else radius * 0.45
            angle = pi * k / points
            corners.append((x + r * sin(angle), y - r * cos(angle) * ratio))
        self.area(corners, colour)

    def curved(self, strength: float = 0.35) -> None:
        """What is drawn so far looks round: lighter left of the middle, darker at both sides."""
        ramp = np.linspace(-1, 1, self._picture.width, dtype=np.float32)
        light = 1.08 - strength * np.clip(np.abs(ramp + 0.25), 0, 1.2) ** 2
        self._lit(np.broadcast_to(light, (self._picture.height, self._picture.width)))

    def lit_from_above(self, strength: float = 0.3) -> None:
        """What is drawn so far darkens towards the bottom."""
        ramp = np.linspace(0, 1, self._picture.height, dtype=np.float32)[:, None]
        self._lit(np.broadcast_to(1.05 - strength * ramp, (self._picture.height, self._picture.width)))

    def _lit(self, light: np.ndarray) -> None:
        mask = Image.fromarray(np.clip(light * 235, 0, 255).astype(np.uint8), "L")
        shaded = ImageChops.multiply(self._picture.convert("RGB"), Image.merge("RGB", (mask, mask, mask)))
        if self._picture.mode == "RGBA":
            shaded.putalpha(self._picture.getchannel("A"))
        self._picture = shaded
        self._draw = ImageDraw.Draw(self._picture)

    def lay(self, picture: Image.Image, left: float, top: float, right: float, bottom: float) -> None:
        """An opaque picture covers the named part of the pad."""
        (x0, y0), (x1, y1) = self._at([(left, top), (right, bottom)])
        size = (max(1, round(x1 - x0)), max(1, round(y1 - y0)))
        self._picture.paste(
            picture.convert("RGB").resize(size, Image.Resampling.BILINEAR), (round(x0), round(y0))
        )

    def done(self) -> Image.Image:
        """The finished picture at its intended size, edges smooth."""
        return self._picture.reduce(self._scale)
