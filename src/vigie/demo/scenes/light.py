"""The same place under other light: exposure, colour temperature, a lamp switched on, an evening outside."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from vigie.demo.plan.records import Light
from vigie.demo.scenes.space import Camera, Stage, seen_outline


@dataclass(frozen=True)
class Mood:
    """Overall gain per channel (red, green, blue), lamp strength, what the window panes are multiplied by, gamma."""

    gain: tuple[float, float, float]
    lamp: float
    panes: tuple[int, int, int] | None
    gamma: float = 1.0


MOODS: dict[Light, Mood] = {
    "day": Mood((1.13, 1.11, 1.07), 0.0, None),
    "bright": Mood((1.22, 1.2, 1.16), 0.0, None, 0.92),
    "dim": Mood((0.66, 0.67, 0.7), 0.0, None, 1.06),
    "warm": Mood((1.1, 0.98, 0.78), 0.1, None),
    "cool": Mood((0.86, 0.97, 1.14), 0.0, None),
    "lamp": Mood((0.8, 0.74, 0.66), 0.75, (150, 160, 190)),
    "evening": Mood((0.42, 0.46, 0.6), 0.95, (44, 54, 92), 1.05),
}
GLOW = (255, 196, 112)


def lit(picture: Image.Image, light: Light, stage: Stage, camera: Camera) -> Image.Image:
    """The photographed stage under the named light; same size, RGB."""
    mood = MOODS[light]
    small = (96, 64)
    ys, xs = np.mgrid[0 : small[1], 0 : small[0]].astype(np.float32)
    x, y = xs / small[0] - 0.5, ys / small[1] - 0.5
    level = 1 - 0.5 * (x * x + y * y)
    lamp = np.zeros_like(level)
    for spot in stage.lamps if mood.lamp else []:
        seen = camera.pixel(spot)
        if seen is None:
            continue
        cx, cy = seen[0] / camera.width - 0.5, seen[1] / camera.height - 0.5
        away = (x - cx) ** 2 * 2.25 + (y - cy) ** 2
        lamp += np.exp(-away / 0.11) + 0.45 * np.exp(-away / 0.008)
    lamp = mood.lamp * np.clip(lamp, 0, 1.3)
    gains = np.asarray(mood.gain, np.float32)
    field = level[..., None] * (gains + lamp[..., None] * np.asarray((0.95, 0.7, 0.36), np.float32))
    top = float(max(1.0, field.max()))
    table = [min(255, round(255 * ((v / 255) ** mood.gamma) * top)) for v in range(256)] * 3
    mask = Image.fromarray(np.clip(field / top * 255, 0, 255).astype(np.uint8), "RGB")
    shown = (
        picture.point(table)
        if mood.panes is None
        else _dark_panes(picture, stage, camera, mood.panes).point(table)
    )
    shown = ImageChops.multiply(shown, mask.resize(picture.size, Image.Resampling.BILINEAR))
    if not lamp.any():
        return shown
    bloom = np.clip(lamp - 0.35, 0, 1)[..., None] * np.asarray(GLOW, np.float32) * 0.28
    glow = Image.fromarray(np.clip(bloom, 0, 255).astype(np.uint8), "RGB")
    return ImageChops.screen(shown, glow.resize(picture.size, Image.Resampling.BILINEAR))


def _dark_panes(
    picture: Image.Image, stage: Stage, camera: Camera, tone: tuple[int, int, int]
) -> Image.Image:
    """What lies outside the windows, or the open sky, takes the evening's colour."""
    shade = Image.new("RGB", picture.size, (255, 255, 255))
    draw = ImageDraw.Draw(shade)
    for corner, across, down in stage.panes:
        o, u, v = (np.array(part) for part in (corner, across, down))
        outline = seen_outline(camera, np.stack([o, o + u, o + u + v, o + v]))
        if len(outline) > 2:
            draw.polygon(outline, fill=tone)
    return ImageChops.multiply(picture, shade)
