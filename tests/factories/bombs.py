"""Two hundred small files that would cost a reader who believes them its memory or its time. Nothing in them is a picture.

Each is at most a few megabytes, made anew by code, and named by its family and a number.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from engines.imaging.drawn import drawn, png_chunk, png_stating, written
from factories.drawn_media import film

FAMILIES = 8
EACH = 25


def bombs(each: int = EACH) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of so many of every family."""
    for family, make in _FAMILIES.items():
        for number in range(each):
            yield f"{family}-{number:02}", make(number)


def _zip(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def _archive(number: int) -> bytes:
    """Zeros in every packing; members that lie over each other; a member that states less than it holds."""
    kind, step = number % 5, number // 5
    zeros = bytes(5_000_000 * (step + 1))
    if kind == 0:
        return _zip(("bomb", zeros))
    if kind == 1:
        return _zip(("bomb", zeros), method=zipfile.ZIP_BZIP2)
    if kind == 2:
        return _zip(("bomb", zeros), method=zipfile.ZIP_LZMA)
    if kind == 3:
        return _lying_over_each_other(300 * (step + 1))
    return _stating(_zip(("bomb", zeros)), 10)


def _lying_over_each_other(count: int) -> bytes:
    """Many entries of a directory that name one and the same packed megabyte, each within the ratio."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = bytes(60_000) + bytes(range(256)) * 4
    data = packed.compress(plain) + packed.flush()
    facts = struct.pack("<HHHHHIII", 20, 0, 8, 0, 33, zlib.crc32(plain), len(data), len(plain))
    local = b"PK\x03\x04" + facts + struct.pack("<HH", 1, 0) + b"a" + data
    entry = (
        b"PK\x01\x02" + struct.pack("<H", 20) + facts + struct.pack("<HHHHHII", 1, 0, 0, 0, 0, 0, 0) + b"a"
    )
    directory = entry * count
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + end


def _stating(data: bytes, size: int) -> bytes:
    made = bytearray(data)
    at = made.rindex(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(made)


def _nested(number: int) -> bytes:
    """Archives inside archives: deep ones, wide ones, and ones that stay just below the ratio at every level."""
    kind, step = number % 3, number // 3
    if kind == 0:
        data = _zip(("x", b"x"))
        for level in range(4 + step):
            data = _zip((f"{level}.zip", data))
        return data
    inner = _zip(("bomb", bytes(3_000_000 + 500_000 * step)))
    if kind == 1:
        middle = _zip(*((f"{at}.zip", inner) for at in range(16)))
        return _zip(*((f"{at}.zip", middle) for at in range(16)))
    return _zip(*((f"{at}.zip", _just_allowed(4 + step)) for at in range(10)))


def _just_allowed(megabytes: int) -> bytes:
    """An archive of one bomb and much padding: it unpacks to many times itself, and itself packs well."""
    stored = zipfile.ZipInfo("padding")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(stored, bytes(range(256)) * (megabytes * 4096))
        archive.writestr("bomb", bytes(8_000_000), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _png(number: int) -> bytes:
    """Sizes beyond every memory; texts, profiles and rows that are unpacked for ever."""
    kind, step = number % 5, number // 5
    small = written(drawn(32, 32), "PNG")
    if kind == 0:
        return png_stating(20_000 + 10_000 * step, 60_000, zlib.compress(bytes(7_501) * 2000, 9))
    endless = zlib.compress(bytes(100_000_000 + 20_000_000 * step), 6)
    if kind == 1:
        return png_stating(0x7FFF_FFFF, 1 + step, endless)
    if kind == 2:
        return small[:33] + png_chunk(b"zTXt", b"Comment\0\0" + endless) + small[33:]
    if kind == 3:
        return small[:33] + png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + endless) + small[33:]
    return small[:33] + png_chunk(b"iCCP", b"profile\0\0" + endless) + small[33:]


def _ifd(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    fields = b"".join(struct.pack("<HHII", *one) for one in entries)
    return struct.pack("<H", len(entries)) + fields + struct.pack("<I", following)


def _tiff(number: int) -> bytes:
    """Sizes, strips and counts beyond every memory; directories that lead to themselves."""
    kind, step = number % 5, number // 5
    side = 40_000 + 5_000 * step
    basic = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)]
    if kind == 0:
        packed = zlib.compress(bytes(100_000_000), 6)
        entries = [*basic, (273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, side), (279, 4, 1, len(packed))]
        return (b"II*\0\x08\0\0\0" + _ifd(entries)).ljust(200, b"\0") + packed
    if kind == 1:
        entries = [
            *basic[2:],
            (256, 4, 1, 64),
            (257, 4, 1, 64),
            (273, 4, 0x4000_0000, 200),
            (279, 4, 0x4000_0000, 200),
        ]
        return (b"II*\0\x08\0\0\0" + _ifd(sorted(entries))).ljust(400, b"\0")
    if kind == 2:
        return b"II*\0\x08\0\0\0" + _ifd(
            [(256, 4, 1, 16 + step), (257, 4, 1, 16), (330, 4, 1, 8)], following=8
        )
    if kind == 3:
        entries = [(256, 4, 1, 64), (257, 4, 1, 64), (270, 2, 0x7FFF_FFFF, 100 + step)]
        return (b"II*\0\x08\0\0\0" + _ifd(entries)).ljust(400, b"\0")
    whole = written(drawn(32, 24), "TIFF", compression="tiff_lzw")
    wide = struct.pack("<HHII", 256, 4, 1, 1 << (20 + step))
    for code in (3, 4):  # a number of two or of four bytes
        whole = whole.replace(struct.pack("<HHII", 256, code, 1, 32), wide)
    return whole


def _gif(number: int) -> bytes:
    """Canvases beyond every memory, and frames without end."""
    kind, step = number % 2, number // 2
    base = written(drawn(16, 16).convert("P"), "GIF")
    if kind == 0:
        side = struct.pack("<H", 65_535 - step)
        return base[:6] + side * 2 + base[10:]
    one = b"!\xf9\x04\x04\x01\0\0\0" + b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0"
    return base[:-1] + one * (20_000 * (step + 1)) + b";"


def _film(number: int) -> bytes:
    """Films that state years, frames without end, sizes beyond every memory, or times far behind each other."""
    kind, step = number % 5, number // 5
    most = b"\x7f\xff\xff" + bytes([0xFF - step])
    if kind < 3:
        mp4 = bytearray(film("mp4"))
        for box, place in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24))[: kind + 1]:
            at = mp4.index(box) + place - 4
            mp4[at : at + 4] = most
        at = mp4.index(b"stts")
        if kind == 2:
            mp4[at + 12 : at + 20] = most * 2
        return bytes(mp4)
    if kind == 3:
        avi = bytearray(film("avi"))
        at = avi.index(b"avih") + 8
        avi[at + 16 : at + 20] = most[::-1]
        avi[at + 32 : at + 40] = struct.pack("<II", 60_000, 60_000 - step)
        stream = avi.index(b"strf") + 8
        avi[stream + 4 : stream + 12] = struct.pack("<II", 60_000, 60_000 - step)
        return bytes(avi)
    flv = bytearray(film("flv"))
    at = flv.rindex(b"\x09\0", 0, len(flv) - 20)
    flv[at + 4 : at + 8] = b"\xff\xff\xff" + bytes([0x7F - step])
    return bytes(flv)


def _exif(number: int) -> bytes:
    """Blocks that lead to themselves and to each other, and counts no file can hold."""
    kind, step = number % 5, number // 5
    if kind == 0:
        block = _ifd([(0x8769, 4, 1, 8), (0x8825, 4, 1, 8)], following=8)
    elif kind == 1:
        block = _ifd([(0x8769, 4, 1, 26)], following=26) + _ifd(
            [(0x8769, 4, 1, 8), (0xA005, 4, 1, 26)], following=8
        )
    elif kind == 2:
        block = _ifd([(0x010F, 2, 0x7FFF_FFFF - step, 8), (0x0110, 7, 0xFFFF_FFFF, 8)])
    elif kind == 3:
        block = _ifd([(0x010F, 5, 0x2000_0000, 8)] * (400 + step))
    else:
        chain = b"".join(_ifd([(0x0112, 3, 1, 1)], following=8 + 18 * (at + 1)) for at in range(3000))
        block = chain + _ifd([(0x0112, 3, 1, 1)], following=8)
    body = (b"Exif\0\0" + b"II*\0\x08\0\0\0" + block)[:65_000]
    jpeg = written(drawn(40, 30, step + 1), "JPEG")
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def _pixels(number: int) -> bytes:
    """Headers of the other formats that state sizes beyond every memory."""
    kind, step = number % 3, number // 3
    side = 60_000 - step
    if kind == 0:
        bmp = bytearray(written(drawn(16, 16), "BMP"))
        bmp[18:26] = struct.pack("<ii", side, side)
        return bytes(bmp)
    if kind == 1:
        jpeg = bytearray(written(drawn(64, 48), "JPEG"))
        at = jpeg.index(b"\xff\xc0") + 5
        jpeg[at : at + 4] = struct.pack(">HH", side, side)
        return bytes(jpeg)
    canvas = struct.pack("<I", (1 << 24) - 1 - step)[:3] * 2
    body = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + canvas
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


_FAMILIES: dict[str, Callable[[int], bytes]] = {
    "zip": _archive,
    "nested-zip": _nested,
    "png": _png,
    "tiff": _tiff,
    "gif": _gif,
    "film": _film,
    "exif": _exif,
    "pixels": _pixels,
}
assert len(_FAMILIES) == FAMILIES
assert EACH * FAMILIES == 200
