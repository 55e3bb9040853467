"""What a worker for pictures answers."""

from collections.abc import Mapping

from vigie.engines.imaging.decoding.analysing import analyse, analyse_full, clear_picture
from vigie.engines.imaging.decoding.warming import warm_up
from vigie.engines.imaging.kinds import HEAD_BYTES, Kind, kind_of
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.protocol.messages import Asked, Request
from vigie.engines.imaging.protocol.results import pack_analysis, pack_raster
from vigie.engines.imaging.rasters import GREY, RGB
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode
from vigie.engines.imaging.serving import Handler


def load(limits: Limits) -> Mapping[Asked, Handler]:
    """Warm up the decoders of pictures and return the handlers that use them."""
    warm_up(limits)

    def asked_to_analyse(_request: Request, data: bytearray) -> bytes:
        return pack_analysis(analyse(data, _picture_kind(data), limits))

    def asked_to_analyse_full(_request: Request, data: bytearray) -> bytes:
        return pack_analysis(analyse_full(data, _picture_kind(data), limits))

    def asked_for_clear(_request: Request, data: bytearray) -> bytes:
        return pack_raster(clear_picture(data, _picture_kind(data), limits, RGB))

    def asked_for_clear_grey(_request: Request, data: bytearray) -> bytes:
        return pack_raster(clear_picture(data, _picture_kind(data), limits, GREY))

    return {
        Asked.ANALYSE: asked_to_analyse,
        Asked.ANALYSE_FULL: asked_to_analyse_full,
        Asked.CLEAR: asked_for_clear,
        Asked.CLEAR_GREY: asked_for_clear_grey,
    }


def _picture_kind(data: bytearray) -> Kind:
    kind = kind_of(bytes(data[:HEAD_BYTES]))
    if kind is None or kind.is_film:
        raise MediaRefused(RefusalCode.UNKNOWN_FORMAT, "not a picture format that is opened")
    return kind
