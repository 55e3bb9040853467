"""What a confined worker answers, read by the process that coordinates: a worker that was taken over writes it."""

from collections.abc import Hashable

import numpy as np

from fuzz.guidance import size, sources
from fuzz.reader import Reader, holds
from vigie.engines.imaging import Analysis, FilmFrame, Kind, Limits, Raster, process
from vigie.engines.imaging.protocol import messages, results

_LIMITS = Limits()
_RASTER = np.linspace(0, 255, 64 * 64, dtype=np.float32).reshape(64, 64)


def reader() -> Reader:
    """The unpacking of every answer of the protocol."""
    return Reader(
        "worker answers",
        _seeds,
        _read,
        declared=(messages.BadMessage,),
        traced=sources(messages, results, process),
        tokens=(b"VGa1", b"VGq1", b"jpeg\0\0\0\0", b"\x00\x00\x80\x7f", b"\x00\x00\xc0\x7f", b"corrupt\n"),
    )


def _seeds() -> list[bytes]:
    facts = {"make": "Drawn", "mode": "RGB", "taken": "2026:01:02"}
    analysis = Analysis("jpeg", 64, 48, 1, 1, _RASTER, Raster(4, 4, 1, bytes(16)), facts)
    frames = [FilmFrame(0, _RASTER), FilmFrame(1000, _RASTER)]
    return [
        b"\0" + results.pack_analysis(analysis),
        b"\1" + results.pack_raster(Raster(4, 4, 3, bytes(48))),
        b"\2" + results.pack_batch(frames, at_end=1),
        b"\3" + messages.pack_answer(messages.Status.DONE, 100),
        b"\4corrupt\nit is damaged",
        b"\5" + messages.Request(messages.Asked.ANALYSE, 0, 10, 100).pack(),
    ]


def _read(data: bytes) -> Hashable:
    kind, payload = data[0] % 6 if data else 0, data[1:]
    if kind == 0:
        found = results.unpack_analysis(payload, kind=Kind.JPEG, limits=_LIMITS)
        holds(found.width * found.height <= _LIMITS.pixels, "an analysis of an impossible size")
        return "analysis", len(found.facts)
    if kind == 1:
        raster = results.unpack_raster(payload, side=results.CLEAR_SIDE)
        return "raster", raster.channels, size(len(raster.pixels))
    if kind == 2:
        frames, ended = results.unpack_batch(payload, limits=_LIMITS)
        return "batch", len(frames), ended
    if kind == 3:
        status, length = messages.unpack_answer(payload, most=1000)
        holds(length <= max(1000, messages.LONGEST_REFUSAL), "an answer longer than may be")
        return "answer", status
    if kind == 4:
        refused = process._refusal(bytearray(payload))
        holds(refused.message.isprintable(), "a refusal with words no terminal should see")
        return "refusal", refused.code
    return "request", messages.unpack_request(payload).asked
