"""Results as bytes, packed by the worker and checked number by number by the parent."""

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from vigie.engines.imaging.kinds import Kind
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.protocol.messages import BadMessage
from vigie.engines.imaging.rasters import GREY, RGB, Analysis, FilmFrame, PdqRaster, Raster

VEIL_SIDE = 96  # pixels
CLEAR_SIDE = 2560  # pixels
FRAMES_IN_BATCH = 64

# A file's own words about itself: these names and no others, so that a page knows what it may be shown
FACTS = (
    "alpha",
    "altitude",
    "audio",
    "codec",
    "created",
    "duration_ms",
    "frame_rate",
    "latitude",
    "lens",
    "longitude",
    "make",
    "mode",
    "model",
    "progressive",
    "rotation",
    "serial",
    "software",
    "subsampling",
    "taken",
    "taken_offset",
    "timestamp_gps",
)
FACT_CHARACTERS = 256
_FACT_BYTES = 4 * FACT_CHARACTERS

_ANALYSIS = struct.Struct("<16sIIIBBBB")
_RASTER = struct.Struct("<IIB")
_FACT = struct.Struct("<BH")
_BATCH = struct.Struct("<HB")
_TIME = struct.Struct("<I")
_PDQ_BYTES = 64 * 64 * 4

LONGEST_ANALYSIS = (
    _ANALYSIS.size + _PDQ_BYTES + VEIL_SIDE * VEIL_SIDE + len(FACTS) * (_FACT.size + _FACT_BYTES)
)
LONGEST_CLEAR = _RASTER.size + CLEAR_SIDE * CLEAR_SIDE * RGB
LONGEST_BATCH = _BATCH.size + FRAMES_IN_BATCH * (_TIME.size + _PDQ_BYTES)


def pack_analysis(analysis: Analysis) -> bytes:
    """Return an analysis as at most `LONGEST_ANALYSIS` bytes."""
    head = _ANALYSIS.pack(
        analysis.format.encode("ascii"),
        analysis.width,
        analysis.height,
        analysis.frames,
        analysis.orientation,
        analysis.veil.width,
        analysis.veil.height,
        len(analysis.facts),
    )
    raster = np.ascontiguousarray(analysis.pdq_raster, dtype="<f4").tobytes()
    return head + raster + analysis.veil.pixels + _pack_facts(analysis.facts)


def unpack_analysis(payload: bytes | bytearray, *, kind: Kind, limits: Limits) -> Analysis:
    """Return the analysis of a file of `kind`; raises BadMessage when any number or length is not a possible one."""
    reader = _Reader(payload)
    name, width, height, frames, orientation, veil_width, veil_height, facts = reader.numbers(_ANALYSIS)
    if name.rstrip(b"\0") != kind.value.encode("ascii"):
        raise BadMessage("the format is not the one the file carries")
    if not (1 <= width <= limits.side and 1 <= height <= limits.side and width * height <= limits.pixels):
        raise BadMessage(f"impossible size {width}x{height}")
    if not (1 <= orientation <= 8 and frames >= 1 and facts <= len(FACTS)):
        raise BadMessage("impossible orientation, frame count or number of facts")
    if not (1 <= veil_width <= VEIL_SIDE and 1 <= veil_height <= VEIL_SIDE):
        raise BadMessage(f"impossible veil {veil_width}x{veil_height}")
    raster = _pdq_raster(reader.bytes(_PDQ_BYTES))
    veil = Raster(veil_width, veil_height, GREY, reader.bytes(veil_width * veil_height))
    stated = _unpack_facts(reader, facts)
    reader.end()
    return Analysis(kind.value, width, height, orientation, frames, raster, veil, stated)


def pack_raster(raster: Raster) -> bytes:
    """Return a raster as bytes: width, height, channels, pixels."""
    return _RASTER.pack(raster.width, raster.height, raster.channels) + raster.pixels


def unpack_raster(payload: bytes | bytearray, *, side: int) -> Raster:
    """Return the raster, at most `side` pixels on either side; raises BadMessage for any other bytes."""
    reader = _Reader(payload)
    width, height, channels = reader.numbers(_RASTER)
    if not (1 <= width <= side and 1 <= height <= side and channels in (GREY, RGB)):
        raise BadMessage(f"impossible picture {width}x{height}x{channels}")
    pixels = reader.bytes(width * height * channels)
    reader.end()
    return Raster(width, height, channels, pixels)


def pack_batch(frames: "list[FilmFrame]", *, at_end: int) -> bytes:
    """Return at most `FRAMES_IN_BATCH` frames as bytes; `at_end` is 1 when the film has no more."""
    parts = [_BATCH.pack(len(frames), at_end)]
    for frame in frames:
        parts.append(_TIME.pack(frame.time_ms))
        parts.append(np.ascontiguousarray(frame.pdq_raster, dtype="<f4").tobytes())
    return b"".join(parts)


def unpack_batch(payload: bytes | bytearray, *, limits: Limits) -> tuple[list[FilmFrame], int]:
    """Return the frames of a batch and whether the film ended (1) or goes on (0); raises BadMessage otherwise."""
    reader = _Reader(payload)
    count, at_end = reader.numbers(_BATCH)
    if count > FRAMES_IN_BATCH or at_end not in (0, 1):
        raise BadMessage("impossible batch of frames")
    frames = []
    for _ in range(count):
        (time_ms,) = reader.numbers(_TIME)
        if time_ms > 1000 * limits.film_seconds:
            raise BadMessage(f"impossible time {time_ms} ms")
        frames.append(FilmFrame(time_ms, _pdq_raster(reader.bytes(_PDQ_BYTES))))
    reader.end()
    return frames, at_end


class _Reader:
    """Takes a payload apart from its start; every length is checked before it is used."""

    def __init__(self, payload: bytes | bytearray) -> None:
        self._payload = memoryview(payload)
        self._at = 0

    def bytes(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._payload):
            raise BadMessage("the answer ends too early")
        taken = bytes(self._payload[self._at : end])
        self._at = end
        return taken

    def numbers(self, layout: struct.Struct) -> tuple[Any, ...]:
        return layout.unpack(self.bytes(layout.size))

    def end(self) -> None:
        if self._at != len(self._payload):
            raise BadMessage("the answer goes on after its end")


def _pdq_raster(raw: bytes) -> PdqRaster:
    raster = np.frombuffer(raw, dtype="<f4").reshape(64, 64)
    if not np.isfinite(raster).all() or raster.min() < -1 or raster.max() > 256:
        raise BadMessage("a PDQ raster with samples that are no brightness")
    return raster


def _pack_facts(facts: Mapping[str, str]) -> bytes:
    parts = []
    for name, value in facts.items():
        raw = value.encode("utf-8", "replace")
        parts.append(_FACT.pack(FACTS.index(name), len(raw)) + raw)
    return b"".join(parts)


def _unpack_facts(reader: _Reader, count: int) -> dict[str, str]:
    facts: dict[str, str] = {}
    for _ in range(count):
        number, length = reader.numbers(_FACT)
        if number >= len(FACTS) or length > _FACT_BYTES or FACTS[number] in facts:
            raise BadMessage("a fact that does not exist, twice or too long")
        try:
            facts[FACTS[number]] = reader.bytes(length).decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadMessage("a fact that is no text") from error
    return facts
