"""Pictures drawn for the tests: soft shapes with a little grain, so that they compress and hash like photographs."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def drawn(width: int, height: int, seed: int = 1) -> Image.Image:
    random = np.random.default_rng(seed)
    shapes = Image.fromarray(random.integers(40, 215, (24, 32, 3), dtype=np.uint8))
    soft = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = random.integers(-6, 7, (height, width, 1), dtype=np.int16)
    return Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8))


def written(picture: Image.Image, name: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, name, **options)
    return out.getvalue()


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_stating(width: int, height: int, packed_rows: bytes) -> bytes:
    """A PNG of one bit a pixel whose header states any size, whatever its rows hold."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", packed_rows)
        + png_chunk(b"IEND", b"")
    )
