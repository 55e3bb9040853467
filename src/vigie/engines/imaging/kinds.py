"""What a file is, told from its first bytes and never from its name."""

from collections.abc import Callable
from enum import StrEnum

HEAD_BYTES = 4096  # enough for every mark below


class Kind(StrEnum):
    """The formats that are opened at all; the value is what an `Analysis` states."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tiff"
    AVIF = "avif"
    HEIC = "heic"
    MP4 = "mp4"
    MATROSKA = "matroska"
    AVI = "avi"
    MPEG_PS = "mpeg_ps"
    MPEG_TS = "mpeg_ts"
    FLV = "flv"
    ASF = "asf"

    @property
    def is_film(self) -> bool:
        """True for containers of moving pictures, which are asked for frames."""
        return self in _FILMS


_FILMS = frozenset(
    (Kind.MP4, Kind.MATROSKA, Kind.AVI, Kind.MPEG_PS, Kind.MPEG_TS, Kind.FLV, Kind.ASF),
)

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
    (b"\x1aE\xdf\xa3", Kind.MATROSKA),
    (b"\x00\x00\x01\xba", Kind.MPEG_PS),
    (b"FLV\x01", Kind.FLV),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind.ASF),
)
_RIFF = {b"WEBP": Kind.WEBP, b"AVI ": Kind.AVI}
_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip")
_AVIF_BRANDS = (b"avif", b"avis")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")
_STILL_BRANDS = (b"mif1", b"msf1")
_TS_PACKET = 188  # bytes
_TS_SYNC = 0x47


def kind_of(head: bytes) -> Kind | None:
    """Return the format whose mark the first bytes of a file carry (give `HEAD_BYTES`), None for any other.

    Source of the marks: the formats' own specifications; ISO/IEC 14496-12 (ftyp) and 23008-12 (brands of stills).
    """
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    return next((kind for kind, carries in _MARKS_WITHIN.items() if carries(head)), None)


def _by_brand(head: bytes) -> Kind:
    end = min(int.from_bytes(head[:4]), len(head))
    major = head[8:12]
    brands = (major, *(head[at : at + 4] for at in range(16, end - 3, 4)))
    if major in _AVIF_BRANDS or (major in _STILL_BRANDS and any(brand in _AVIF_BRANDS for brand in brands)):
        return Kind.AVIF
    if major in _HEIC_BRANDS or (major in _STILL_BRANDS and any(brand in _HEIC_BRANDS for brand in brands)):
        return Kind.HEIC
    return Kind.MP4


def _is_bitmap(head: bytes) -> bool:
    """Two letters are too little to go by: the size of the header that follows must be one that exists."""
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124)


def _is_transport_stream(head: bytes) -> bool:
    places = (0, _TS_PACKET, 2 * _TS_PACKET)
    return len(head) > places[-1] and all(head[at] == _TS_SYNC for at in places)


_MARKS_WITHIN: dict[Kind, Callable[[bytes], bool]] = {
    Kind.MP4: lambda head: head[4:8] in _BOXES,
    Kind.BMP: _is_bitmap,
    Kind.MPEG_TS: _is_transport_stream,
}
