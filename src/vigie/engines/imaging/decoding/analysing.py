"""One picture in, one analysis or one clear picture out."""

from collections.abc import Callable
from dataclasses import dataclass

import simplejpeg
from PIL import Image

from vigie.engines.hashing.pdq import downsample_rgb, downsample_scaled, needs_every_pixel
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
from vigie.engines.imaging.rasters import RGB, Analysis, PdqRaster, Pixels, Raster

# The short side a scaled decode keeps at least. PDQ samples a 64x64 grid through a filter as wide as two cells, so 512
# leaves eight pixels to a cell: at most 8 bits of 256 change, 1.6 on average, at quality 50 and more.
_SCALED_SIDE = 512
# libjpeg-turbo has no vector code for the other eighths: 1024x768 takes 2.2 ms at 6/8 and 1.8 at 8/8
_EIGHTHS = (2, 4, 8)
# At 1/8 only one number of each block is needed, 2 ms less of 25 at 12 megapixels. There details of the size of a
# cell span hundreds of pixels, so 360 are enough: 6 bits at most, 1.6 on average, over 16 drawn pictures.
_EIGHTH_SIDE = 360
_LUMA_COLOURS = (
    "YCbCr",
    "Gray",
    "RGB",
)  # CMYK and YCCK are left to Pillow, which knows Adobe's inverted inks


@dataclass(frozen=True, slots=True)
class _Decoded:
    """The raster PDQ is computed on, and a picture of 8 bits for the veil."""

    raster: PdqRaster
    picture: Image.Image


def analyse(data: bytes | bytearray, kind: Kind, limits: Limits) -> Analysis:
    """Return the analysis of a picture; JPEG is decoded to grey at the smallest scale that keeps 512 pixels.

    A JPEG of so little detail that this could change more than 10 bits of its code is decoded as `analyse_full` does.
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
            pdq_raster=decoded.raster,
            veil=veil(decoded.picture, orientation),
            facts=facts,
        )


def _full(_data: bytes | bytearray, picture: Image.Image) -> _Decoded:
    picture.load()
    return _Decoded(downsample_rgb(as_reference_rgb(picture)), for_eyes(picture))


def _scaled(data: bytes | bytearray, picture: Image.Image) -> _Decoded:
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours in _LUMA_COLOURS:
            least_height, least_width = _scaled_size(height, width)
            grey = simplejpeg.decode_jpeg(
                data, colorspace="GRAY", min_height=least_height, min_width=least_width
            )
            plane: Pixels = grey[:, :, 0]
            raster = downsample_scaled(plane, height, width)
            if not needs_every_pixel(raster):
                return _Decoded(raster, Image.fromarray(plane))
    except ValueError:
        pass  # a file libjpeg warns about: Pillow decides whether it can be read
    return _full(data, picture)


def _scaled_size(height: int, width: int) -> tuple[int, int]:
    """Return the smallest size decoded fast that keeps `_SCALED_SIDE` pixels (`_EIGHTH_SIDE` at 1/8), or the whole."""
    eighth = (-(-height // 8), -(-width // 8))
    if min(eighth) >= _EIGHTH_SIDE:
        return eighth
    sizes = ((-(-height * eighths // 8), -(-width * eighths // 8)) for eighths in _EIGHTHS)
    return next((size for size in sizes if min(size) >= _SCALED_SIDE), (height, width))


def _facts_of_format(picture: Image.Image) -> dict[str, str]:
    facts = {"mode": picture.mode}
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        facts["alpha"] = "yes"
    if picture.info.get("progressive"):
        facts["progressive"] = "yes"
    return facts
