"""Opening one picture with the decoder of its format, and no other."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pi_heif
from PIL import AvifImagePlugin, Image, UnidentifiedImageError

from vigie.engines.imaging.kinds import Kind
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.rasters import Pixels
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode

_DECODERS = {
    Kind.JPEG: "JPEG",
    Kind.PNG: "PNG",
    Kind.WEBP: "WEBP",
    Kind.GIF: "GIF",
    Kind.BMP: "BMP",
    Kind.TIFF: "TIFF",
    Kind.AVIF: "AVIF",
    Kind.HEIC: "HEIF",
}
# What the decoders say about a file that stops early; everything else is called damaged
_ENDS_EARLY = re.compile(
    r"truncat|premature|end of|not enough|incomplete|short|unexpected eof", re.IGNORECASE
)
_RIFF_HEADER = 8  # bytes that the length in a RIFF file leaves out
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I", "F")


def prepare(limits: Limits) -> None:
    """Load every decoder of the list and set their ceilings; call once, before the process is shut in."""
    Image.init()
    pi_heif.register_heif_opener(thumbnails=False)
    pi_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.MAX_IMAGE_PIXELS = limits.pixels
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


@contextmanager
def refusing_bad_files(data: bytes | bytearray, kind: Kind) -> Iterator[None]:
    """Turn whatever a decoder raises over a file into MediaRefused with the right code."""
    try:
        yield
    except MediaRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaRefused(RefusalCode.TOO_MANY_PIXELS, _plain(error)) from error
    except MemoryError as error:
        raise MediaRefused(RefusalCode.TOO_LARGE, "opening it needs more memory than allowed") from error
    except Exception as error:  # decoders raise a dozen kinds for bad input
        damaged = isinstance(error, UnidentifiedImageError)
        text = "its header is damaged" if damaged else _plain(error)
        early = isinstance(error, EOFError) or _ENDS_EARLY.search(text) or _is_cut_off(data, kind)
        raise MediaRefused(RefusalCode.TRUNCATED if early else RefusalCode.CORRUPT, text) from error


def open_picture(data: bytes | bytearray, kind: Kind, limits: Limits) -> Image.Image:
    """Return the picture, its size checked and its pixels not yet decoded; raises what the decoder raises."""
    picture = Image.open(io.BytesIO(data), formats=[_DECODERS[kind]])
    require_size(picture.width, picture.height, limits)
    return picture


def _is_cut_off(data: bytes | bytearray, kind: Kind) -> bool:
    """Tell whether a file is shorter than its outermost structure says: some decoders fail without naming the cause.

    Asked only after a failure, because bytes added behind a whole file look the same and hurt nobody.
    """
    if kind == Kind.WEBP:
        return int.from_bytes(data[4:8], "little") + _RIFF_HEADER > len(data)
    if kind in (Kind.HEIC, Kind.AVIF, Kind.MP4):
        return _end_of_boxes(data) > len(data)
    return False


def _end_of_boxes(data: bytes | bytearray) -> int:
    """Return where the last outermost box ends (ISO/IEC 14496-12, 4.2): size, name, perhaps a longer size."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        if (
            size < 8
        ):  # 0: to the end of the file; anything else smaller than its own header is for the decoder
            return len(data)
        at += size
    return at


def require_size(width: int, height: int, limits: Limits) -> None:
    """Refuse a picture with more pixels than `limits` allow, before any is decoded."""
    if width < 1 or height < 1:
        raise MediaRefused(RefusalCode.CORRUPT, f"a picture of {width}x{height} pixels")
    if width * height > limits.pixels or max(width, height) > limits.side:
        raise MediaRefused(
            RefusalCode.TOO_MANY_PIXELS,
            f"{width}x{height} pixels; at most {limits.pixels} and {limits.side} on a side are opened",
        )


def as_reference_rgb(picture: Image.Image) -> Pixels:
    """Return height x width x 3 bytes, converted as the PDQ reference does it (no tone mapping, no colour profile)."""
    return np.asarray(picture.convert("RGB"))


def for_eyes(picture: Image.Image) -> Image.Image:
    """Return the picture as RGB or grey of 8 bits; deeper samples are scaled to what they span, never cut off."""
    if picture.mode in ("L", "RGB"):
        return picture
    if picture.mode in _DEEP_MODES:
        return Image.fromarray(_spread(np.asarray(picture).astype(np.float32)))
    return picture.convert("L" if picture.mode in ("1", "LA", "La") else "RGB")


def _spread(samples: np.ndarray) -> Pixels:
    real = samples[np.isfinite(samples)]
    least, most = (float(real.min()), float(real.max())) if real.size else (0.0, 0.0)
    if most <= least:
        return np.zeros(samples.shape, dtype=np.uint8)
    spread = (np.nan_to_num(samples, nan=least).clip(least, most) - least) * (255 / (most - least))
    scaled: Pixels = spread.astype(np.uint8)
    return scaled


def _plain(error: BaseException) -> str:
    text = "".join(one if one.isprintable() else " " for one in str(error))
    return (text or type(error).__name__)[:200]
