"""Drawn pictures and films small enough to be changed thousands of times a minute."""

import io
import os

import av
import numpy as np
from PIL import ExifTags, Image

from engines.imaging.drawn import drawn, written
from engines.imaging.heic import heic

FILMS = {
    "mp4": ("mp4", "libx264"),
    "mp4 hevc": ("mp4", "libx265"),
    "mp4 av1": ("mp4", "libsvtav1"),
    "matroska": ("matroska", "libvpx-vp9"),
    "webm": ("webm", "libvpx"),
    "avi": ("avi", "mpeg4"),
    "mpeg_ps": ("mpeg", "mpeg2video"),
    "mpeg_ts": ("mpegts", "libx264"),
    "flv": ("flv", "flv1"),
    "asf": ("asf", "wmv2"),
}

os.environ.setdefault("SVT_LOG", "1")  # the encoder of AV1 tells its settings on every start


def soft(width: int, height: int, seed: int = 1) -> Image.Image:
    """A picture without grain: large ones stay small as files."""
    shapes = np.random.default_rng(seed).integers(40, 215, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(shapes).resize((width, height), Image.Resampling.BICUBIC)


def film(name: str, frames: int = 6, rate: int = 2) -> bytes:
    """A film of a few small frames, each another picture."""
    container, codec = FILMS[name]
    out = io.BytesIO()
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    with av.open(out, "w", format=container) as writing:
        stream = writing.add_stream(codec, rate=25 if container == "mpeg" else rate, options=options)
        stream.width, stream.height = 96, 64
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            writing.mux(stream.encode(av.VideoFrame.from_image(soft(96, 64, number))))
        writing.mux(stream.encode())
    return out.getvalue()


def exif(**more: str) -> Image.Exif:
    """What a camera says of a picture, in every block that is read."""
    stated = Image.Exif()
    stated[ExifTags.Base.Make] = more.get("make", "Drawn")
    stated[ExifTags.Base.Model] = more.get("model", "Lamp 1")
    stated[ExifTags.Base.Software] = "pencil 2"
    stated[ExifTags.Base.Orientation] = 6
    stated[ExifTags.Base.DateTime] = "2026:01:02 03:04:05"
    detail = stated.get_ifd(ExifTags.IFD.Exif)
    detail[ExifTags.Base.DateTimeOriginal] = "2026:01:02 03:04:05"
    detail[ExifTags.Base.OffsetTimeOriginal] = "+01:00"
    detail[ExifTags.Base.BodySerialNumber] = "0001"
    detail[ExifTags.Base.LensModel] = "one"
    place = stated.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = (47.0, 30.0, 0.0)
    place[ExifTags.GPS.GPSLongitudeRef] = "W"
    place[ExifTags.GPS.GPSLongitude] = (8.0, 15.0, 0.0)
    return stated


def jpegs() -> list[bytes]:
    """Small ones of every kind, and two that are decoded at a scale."""
    small = drawn(72, 48)
    return [
        written(small, "JPEG", quality=80),
        written(small, "JPEG", quality=80, progressive=True, exif=exif()),
        written(small.convert("L"), "JPEG", quality=60, restart_marker_blocks=2),
        written(small.convert("CMYK"), "JPEG", quality=60),
        written(small, "JPEG", quality=95, subsampling=0, optimize=True),
        written(soft(1100, 1030), "JPEG", quality=5),
        written(soft(2060, 2060), "JPEG", quality=1),
    ]


def pngs() -> list[bytes]:
    """True colour, grey, palette, one bit, sixteen bits, transparent."""
    small = drawn(40, 30)
    deep = Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(30, 40) * 50)
    return [
        written(small, "PNG", exif=exif()),
        written(small.convert("L"), "PNG"),
        written(small.convert("P"), "PNG", transparency=3),
        written(small.convert("1"), "PNG"),
        written(small.convert("RGBA"), "PNG"),
        written(deep, "PNG"),
    ]


def gifs() -> list[bytes]:
    """One frame, and several."""
    frames = [drawn(32, 24, seed).convert("P") for seed in range(3)]
    return [
        written(frames[0], "GIF"),
        written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40, loop=0),
        written(frames[1], "GIF", transparency=0, interlace=1),
    ]


def webps() -> list[bytes]:
    """With loss, without, transparent, moving."""
    small, other = drawn(48, 32), drawn(48, 32, 2)
    return [
        written(small, "WEBP", quality=70, exif=exif()),
        written(small, "WEBP", lossless=True),
        written(small.convert("RGBA"), "WEBP", quality=50),
        written(small, "WEBP", save_all=True, append_images=[other], duration=50),
    ]


def tiffs() -> list[bytes]:
    """Every compression Pillow writes, several pages."""
    small = drawn(32, 24)
    forms = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "lzma", "zstd")
    found = [written(small, "TIFF", compression=form) for form in forms]
    found.append(written(small.convert("1"), "TIFF", compression="group4"))
    found.append(written(small, "TIFF", save_all=True, append_images=[drawn(16, 16, 2)], exif=exif()))
    return found


def bmps() -> list[bytes]:
    """True colour, palette, one bit."""
    small = drawn(24, 18)
    return [written(small.convert(mode), "BMP") for mode in ("RGB", "P", "L", "1")]


def heics() -> list[bytes]:
    """One HEVC frame."""
    return [heic(drawn(64, 64))]


def avifs() -> list[bytes]:
    """One picture, and several."""
    small = drawn(48, 32)
    return [
        written(small, "AVIF", quality=50),
        written(small, "AVIF", save_all=True, append_images=[drawn(48, 32, 2)], duration=40),
    ]
