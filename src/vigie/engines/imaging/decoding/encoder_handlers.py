"""What the second worker answers: raw pixels in, a new JPEG out. It never sees a file somebody else wrote."""

from collections.abc import Mapping

import simplejpeg

from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.protocol.messages import Asked, BadMessage, Request
from vigie.engines.imaging.protocol.results import CLEAR_SIDE, unpack_raster
from vigie.engines.imaging.rasters import GREY, Raster
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode
from vigie.engines.imaging.serving import Handler


def load(_limits: Limits) -> Mapping[Asked, Handler]:
    """Warm up the encoder and return its handler."""
    for channels in (1, 3):
        _encode(Raster(8, 8, channels, bytes(64 * channels)), 85)
    return {Asked.ENCODE_JPEG: asked_to_encode}


def asked_to_encode(request: Request, data: bytearray) -> bytes:
    """Return the raster as a JPEG of quality `request.detail`; raises MediaRefused when the raster is none."""
    try:
        raster = unpack_raster(data, side=CLEAR_SIDE)
        return _encode(raster, request.detail)
    except (BadMessage, ValueError) as error:
        raise MediaRefused(RefusalCode.CORRUPT, str(error)) from error


def _encode(raster: Raster, quality: int) -> bytes:
    grey = raster.channels == GREY
    pixels = raster.array()
    written: bytes = simplejpeg.encode_jpeg(
        pixels[:, :, None] if grey else pixels,
        quality=quality,
        colorspace="GRAY" if grey else "RGB",
        colorsubsampling="Gray" if grey else "420",
    )
    return written
