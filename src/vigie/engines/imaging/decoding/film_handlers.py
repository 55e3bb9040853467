"""What a worker for films answers: it opens one, then hands out its frames in batches."""

import io
from collections.abc import Mapping

import av
import numpy as np

from vigie.engines.imaging.decoding.films import Film
from vigie.engines.imaging.decoding.pictures import prepare
from vigie.engines.imaging.kinds import HEAD_BYTES, Kind, kind_of
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.protocol.messages import Asked, Request
from vigie.engines.imaging.protocol.results import FRAMES_IN_BATCH, pack_analysis, pack_batch
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode
from vigie.engines.imaging.serving import Handler

# A batch ends by itself long before its time is up, so that only a decoder that hangs is ever killed
_SHARE_OF_TIME = 0.3


class FilmHandlers:
    """At most one open film; opening the next closes it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._film: Film | None = None

    def opened(self, _request: Request, data: bytearray) -> bytes:
        """Return the analysis of a film's first frame; raises MediaRefused."""
        if self._film is not None:
            self._film.close()
            self._film = None
        kind = kind_of(bytes(data[:HEAD_BYTES]))
        if kind is None or not kind.is_film:
            raise MediaRefused(RefusalCode.UNKNOWN_FORMAT, "not a film format that is opened")
        self._film = Film(data, kind, self._limits)
        return pack_analysis(self._film.opening)

    def next_frames(self, request: Request, _data: bytearray) -> bytes:
        """Return the next frames of the open film; raises MediaRefused when none is open."""
        if self._film is None:
            raise MediaRefused(RefusalCode.UNREADABLE, "no film is open")
        most = min(max(1, request.detail), FRAMES_IN_BATCH)
        frames, ended = self._film.batch(most, request.seconds * _SHARE_OF_TIME)
        return pack_batch(frames, at_end=int(ended))


def load(limits: Limits) -> Mapping[Asked, Handler]:
    """Warm up the film decoders and return the handlers that use them."""
    prepare(limits)
    av.logging.set_level(None)
    film = Film(_drawn(), Kind.AVI, limits)
    film.batch(FRAMES_IN_BATCH, 10)
    film.close()
    handlers = FilmHandlers(limits)
    return {Asked.OPEN_FILM: handlers.opened, Asked.NEXT_FRAMES: handlers.next_frames}


def _drawn() -> bytearray:
    """Return a film of three frames."""
    out = io.BytesIO()
    with av.open(out, "w", format="avi") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(3):
            pixels = np.full((64, 64, 3), 80 * number, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return bytearray(out.getvalue())
