"""A HEIC file put together box by box around one HEVC frame (ISO/IEC 14496-12 and 23008-12)."""

import io
import struct

import av
from PIL import Image


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full_box(name: bytes, version: int, *content: bytes) -> bytes:
    return box(name, bytes([version, 0, 0, 0]), *content)


def heic(picture: Image.Image) -> bytes:
    """The picture's sides are a multiple of 16 pixels, so that the coded frame needs no cropping."""
    configuration, coded = _hevc(picture)
    size = full_box(b"ispe", 0, struct.pack(">II", *picture.size))
    properties = box(
        b"iprp",
        box(b"ipco", box(b"hvcC", configuration), size),
        full_box(b"ipma", 0, struct.pack(">IHB", 1, 1, 2), bytes([0x81, 0x02])),
    )
    handler = full_box(b"hdlr", 0, bytes(4), b"pict", bytes(13))
    primary = full_box(b"pitm", 0, struct.pack(">H", 1))
    entry = full_box(b"infe", 2, struct.pack(">HH", 1, 0), b"hvc1", b"\0")
    items = full_box(b"iinf", 0, struct.pack(">H", 1), entry)
    kind = box(b"ftyp", b"heic", bytes(4), b"mif1", b"heic")

    def meta(offset: int) -> bytes:
        place = struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, offset, len(coded))
        return full_box(b"meta", 0, handler, primary, full_box(b"iloc", 0, place), items, properties)

    return kind + meta(len(kind) + len(meta(0)) + 8) + box(b"mdat", coded)


def _hevc(picture: Image.Image) -> tuple[bytes, bytes]:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx265", rate=1, options={"x265-params": "log-level=none:keyint=1", "crf": "10"}
        )
        stream.width, stream.height = picture.size
        stream.pix_fmt = "yuv420p"
        packets = [*stream.encode(av.VideoFrame.from_image(picture)), *stream.encode()]
        container.mux(packets)
    film = out.getvalue()
    at = film.index(b"hvcC")
    (length,) = struct.unpack(">I", film[at - 4 : at])
    with av.open(io.BytesIO(film)) as container:
        coded = bytes(next(container.demux(video=0)))
    return film[at + 4 : at - 4 + length], coded
