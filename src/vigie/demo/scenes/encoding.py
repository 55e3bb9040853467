"""Pictures and clips as bytes: JPEG with plausible camera facts, PNG, WebP, GIF, BMP, TIFF, and MP4 through PyAV."""

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from PIL import Image

from vigie.demo.plan.records import Form

MAKE, MODEL, ORIENTATION, SOFTWARE, MOMENT, EXIF_BLOCK, TAKEN = (
    0x10F,
    0x110,
    0x112,
    0x131,
    0x132,
    0x8769,
    0x9003,
)
FRAMES_PER_SECOND = 10
CLIP_SIZE = (480, 320)
# How a picture is stored so that the orientation value shows it upright (Exif 2.32, tag 274).
STORED: dict[int, Image.Transpose] = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}


def jpeg(picture: Image.Image, quality: int, taken: str | None, orientation: int) -> bytes:
    """JPEG bytes; with `taken` ("2023:04:17 16:05:12", invented) the facts of an invented camera, never a position."""
    stored = picture.transpose(STORED[orientation]) if orientation in STORED else picture
    out = BytesIO()
    if taken is None:
        stored.save(out, "JPEG", quality=quality)
        return out.getvalue()
    facts = Image.Exif()
    facts[MAKE], facts[MODEL] = "Drawn Camera", "DC-1" if quality % 2 else "DC-2 Mark II"
    facts[ORIENTATION], facts[MOMENT] = orientation, taken
    facts[SOFTWARE] = "Vigie demonstration"
    facts.get_ifd(EXIF_BLOCK)[TAKEN] = taken
    stored.save(out, "JPEG", quality=quality, exif=facts)
    return out.getvalue()


def still(picture: Image.Image, form: Form, quality: int) -> bytes:
    """The bytes of a still picture in any form but JPEG."""
    out = BytesIO()
    if form == "png":
        picture.save(out, "PNG", compress_level=6)
    elif form == "webp":
        picture.save(out, "WEBP", quality=quality, method=1)
    elif form == "gif":
        picture.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "GIF")
    elif form == "bmp":
        picture.save(out, "BMP")
    else:
        picture.save(out, "TIFF", compression="tiff_lzw")
    return out.getvalue()


def clip(picture: Image.Image, frames: int) -> bytes:
    """A silent MP4 (MPEG-4 part 2, 480 x 320, 10 frames a second) in which the camera pans over the picture."""
    out = BytesIO()
    wide, high = picture.size
    cw = int(wide * 0.72)
    ch = cw * CLIP_SIZE[1] // CLIP_SIZE[0]
    # "bitexact" keeps the library's version and the time of day out of the file, so that equal seeds give equal bytes.
    with av.open(out, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("mpeg4", rate=FRAMES_PER_SECOND)
        stream.width, stream.height = CLIP_SIZE
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 900_000
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        stream.codec_context.thread_count = 1
        for index in range(frames):
            share = index / max(1, frames - 1)
            left = (wide - cw) * share
            top = (high - ch) * (0.5 + 0.3 * float(np.sin(share * np.pi)))
            still_frame = picture.resize(
                CLIP_SIZE, Image.Resampling.BILINEAR, (left, top, left + cw, top + ch)
            )
            frame = av.VideoFrame.from_ndarray(np.asarray(still_frame), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
