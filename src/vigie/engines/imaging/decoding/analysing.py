"""One picture in, one analysis or one clear picture out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import simplejpeg
from PIL import Image

from vigie.engines.hashing.pdq import downsample, luma_from_rgb
from vigie.engines.imaging.decoding.exif import clean, facts_of, orientation_of
from vigie.engines.imaging.decoding.pictures import (
    as_reference_rgb,
    for_eyes,
    open_picture,
    refusing_bad_files,
    require_size,
)
from vigie.engines.imaging.decoding.renditions import clear, veil
from vigie.engines.imaging.kinds import Kind
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.protocol.results import CLEAR_SIDE
from vigie.engines.imaging.rasters import RGB, Analysis, Pixels, Raster

# The short side a scaled decode keeps at least. PDQ samples a 64x64 grid through a filter as wide as two cells, so 512
# leaves eight pixels to a cell: at most 8 bits of 256 change, 3.3 on average, at quality 50 and more.
_SCALED_SIDE = 512
_LUMA_COLOURS = (
    "YCbCr",
    "Gray",
    "RGB",
)  # CMYK and YCCK are left to Pillow, which knows Adobe's inverted inks


@dataclass(frozen=True, slots=True)
class _Decoded:
    """The luma PDQ is computed on, and a picture of 8 bits for the veil."""

    luma: "Pixels | np.ndarray[tuple[int, ...], np.dtype[np.float32]]"
    picture: Image.Image


def analyse(data: bytes | bytearray, kind: Kind, limits: Limits) -> Analysis:
    """Return the analysis of a picture; JPEG is decoded to grey at the smallest scale that keeps 512 pixels.

    Raises MediaRefused.
    """
    return _analysis(data, kind, limits, _scaled if kind == Kind.JPEG else _full)


def analyse_full(data: bytes | bytearray, kind: Kind, limits: Limits) -> Analysis:
    """Return the analysis with PDQ equal to the reference's to the last bit: every pixel decoded, RGB, then luma.

    Raises MediaRefused.
    """
    return _analysis(data, kind, limits, _full)


def clear_picture(data: bytes | bytearray, kind: Kind, limits: Limits, channels: int) -> Raster:
    """Return the picture upright, at most `CLEAR_SIDE` pixels long, with 1 or 3 `channels`. Raises MediaRefused."""
    with refusing_bad_files(data, kind):
        picture = open_picture(data, kind, limits)
        orientation = orientation_of(picture.getexif())
        if kind == Kind.JPEG and channels == RGB and picture.mode == "RGB":
            picture.draft(
                "RGB", (CLEAR_SIDE, CLEAR_SIDE)
            )  # never below the size asked for, in either direction
        return clear(for_eyes(picture), orientation, channels)


def _analysis(
    data: bytes | bytearray,
    kind: Kind,
    limits: Limits,
    decode: Callable[[bytes | bytearray, Image.Image], _Decoded],
) -> Analysis:
    with refusing_bad_files(data, kind):
        picture = open_picture(data, kind, limits)
        width, height = picture.size
        exif = picture.getexif()
        orientation = orientation_of(exif)
        facts = facts_of(exif) | clean(_facts_of_format(picture))
        frames = 1 if kind == Kind.JPEG else max(1, getattr(picture, "n_frames", 1))
        decoded = decode(data, picture)
        require_size(*decoded.picture.size, limits)
        return Analysis(
            format=kind.value,
            width=width,
            height=height,
            orientation=orientation,
            frames=frames,
            pdq_raster=downsample(decoded.luma),
            veil=veil(decoded.picture, orientation),
            facts=facts,
        )


def _full(_data: bytes | bytearray, picture: Image.Image) -> _Decoded:
    picture.load()
    rgb = as_reference_rgb(picture)
    return _Decoded(luma_from_rgb(rgb), for_eyes(picture))


def _scaled(data: bytes | bytearray, picture: Image.Image) -> _Decoded:
    try:
        _, _, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours in _LUMA_COLOURS:
            grey = simplejpeg.decode_jpeg(
                data, colorspace="GRAY", min_height=_SCALED_SIDE, min_width=_SCALED_SIDE
            )
            plane: Pixels = grey[:, :, 0]
            return _Decoded(plane, Image.fromarray(plane))
    except ValueError:
        pass  # a file libjpeg warns about: Pillow decides whether it can be read
    return _full(data, picture)


def _facts_of_format(picture: Image.Image) -> dict[str, str]:
    facts = {"mode": picture.mode}
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        facts["alpha"] = "yes"
    if picture.info.get("progressive"):
        facts["progressive"] = "yes"
    return facts
