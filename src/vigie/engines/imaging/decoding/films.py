"""Films: one frame a second and the key frames between, read from the luma plane as it is stored."""

import io
import time
from collections.abc import Generator

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from vigie.engines.hashing.pdq import distance, downsample, from_raster
from vigie.engines.imaging.decoding.exif import clean
from vigie.engines.imaging.decoding.pictures import refusing_bad_files, require_size
from vigie.engines.imaging.decoding.renditions import veil
from vigie.engines.imaging.kinds import Kind
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.rasters import Analysis, FilmFrame, PdqRaster, Pixels
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode

_DEMUXERS = {
    Kind.MP4: "mov",
    Kind.MATROSKA: "matroska",
    Kind.AVI: "avi",
    Kind.MPEG_PS: "mpeg",
    Kind.MPEG_TS: "mpegts",
    Kind.FLV: "flv",
    Kind.ASF: "asf",
}
_NO_OTHER_FILES = {
    "protocol_whitelist": "none"
}  # playlists and references may name files: nothing is followed
_STORED_LUMA = frozenset(
    ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "yuv411p", "nv12", "nv21", "gray")
)
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_SAME_PICTURE = 2  # bits of 256: neighbours this near add nothing to a look-up at 31
_MILLISECONDS = 1000
# Encoders set a key frame where the picture changes, so scenes shorter than a second are met too. In films that are all
# key frames (motion JPEG) one says nothing, and so it is left out behind another; this bounds what odd films cost.
_KEY_FRAME_MS = 250
# How a film's display matrix (degrees, counter-clockwise) is said in the numbers of EXIF
_ORIENTATION_OF_TURN = {-90: 6, 270: 6, 90: 8, -270: 8, 180: 3, -180: 3}


class Film:
    """One opened film; `opening` is the analysis of its first frame, `batch` goes through the rest in order."""

    def __init__(self, data: bytearray, kind: Kind, limits: Limits) -> None:
        self._limits = limits
        self._data, self._kind = data, kind
        self._last_code: bytes | None = None
        self._due_ms = 0
        self._key_ms = -_KEY_FRAME_MS
        self._taken_ms = -1
        self._after_key_frame = False
        with refusing_bad_files(data, kind):
            self._container = av.open(
                _Window(data), "r", format=_DEMUXERS[kind], options=_NO_OTHER_FILES, metadata_errors="replace"
            )
            self._stream = self._first_video()
            self._frames = _decoded(self._container, self._stream)
            first = next(self._frames, None)
            if first is None:
                raise MediaRefused(RefusalCode.CORRUPT, "no frame of it can be decoded")
            self._start = first.time or 0.0
            self._waiting: VideoFrame | None = first
            self.opening = self._opening(kind, first)

    def batch(self, most: int, seconds: float) -> tuple[list[FilmFrame], bool]:
        """Return up to `most` further frames and whether the film has ended.

        After `seconds` it returns what it has, perhaps nothing. Frames within 2 bits of the one before are left out,
        and so is what lies beyond the longest film that is looked through. Raises MediaRefused.
        """
        until = time.monotonic() + seconds
        kept: list[FilmFrame] = []
        with refusing_bad_files(self._data, self._kind):
            while len(kept) < most and time.monotonic() < until:
                frame = self._next()
                if frame is None:
                    return kept, True
                at = self._time_of(frame)
                if at > self._limits.film_seconds * _MILLISECONDS:
                    return kept, True
                if self._is_taken(frame, at):
                    kept += self._unless_same(at, self._raster(frame))
        return kept, False

    def close(self) -> None:
        """Give the film's memory back."""
        self._waiting = None
        self._frames.close()
        self._container.close()

    def _first_video(self) -> VideoStream:
        if not self._container.streams.video:
            raise MediaRefused(RefusalCode.UNKNOWN_FORMAT, "it holds no moving pictures")
        stream = self._container.streams.video[0]
        require_size(stream.codec_context.width, stream.codec_context.height, self._limits)
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        return stream

    def _opening(self, kind: Kind, first: VideoFrame) -> Analysis:
        orientation = _ORIENTATION_OF_TURN.get(round(first.rotation), 1)
        grey = Image.fromarray(_luma(first.reformat(format="gray")))
        return Analysis(
            format=kind.value,
            width=first.width,
            height=first.height,
            orientation=orientation,
            frames=min(max(1, self._stream.frames), 0xFFFF_FFFF),
            pdq_raster=self._raster(first),
            veil=veil(grey, orientation),
            facts=clean(self._facts(first)),
        )

    def _facts(self, first: VideoFrame) -> dict[str, str]:
        facts = {"codec": self._stream.codec_context.name, "rotation": str(round(first.rotation))}
        if self._container.duration is not None:
            facts["duration_ms"] = str(self._container.duration * _MILLISECONDS // av.time_base)
        if self._stream.average_rate:
            facts["frame_rate"] = f"{float(self._stream.average_rate):.3f}"
        if self._container.streams.audio:
            facts["audio"] = self._container.streams.audio[0].codec_context.name
        stated = {name.lower(): value for name, value in self._container.metadata.items()}
        for key, name in (
            ("creation_time", "created"),
            ("com.apple.quicktime.make", "make"),
            ("com.apple.quicktime.model", "model"),
            ("com.apple.quicktime.software", "software"),
            ("encoder", "software"),
        ):
            facts.setdefault(name, stated.get(key, ""))
        return facts

    def _next(self) -> VideoFrame | None:
        waiting, self._waiting = self._waiting, None
        return waiting if waiting is not None else next(self._frames, None)

    def _time_of(self, frame: VideoFrame) -> int:
        return max(0, round(((frame.time or self._start) - self._start) * _MILLISECONDS))

    def _is_taken(self, frame: VideoFrame, at: int) -> bool:
        """Return whether this frame is looked at: the first of each second, and up to four key frames between.

        Times in a damaged film go back; a frame that is not later than one that was taken says nothing new.
        """
        if at <= self._taken_ms:
            return False
        due, key = at >= self._due_ms, bool(frame.key_frame)
        of_its_own = key and not self._after_key_frame and at - self._key_ms >= _KEY_FRAME_MS
        self._after_key_frame = key
        if not due and not of_its_own:
            return False
        if due:
            self._due_ms = (at // _MILLISECONDS + 1) * _MILLISECONDS
        if key:
            self._key_ms = at
        self._taken_ms = at
        return True

    def _raster(self, frame: VideoFrame) -> PdqRaster:
        require_size(frame.width, frame.height, self._limits)
        if frame.format.name not in _STORED_LUMA:
            return downsample(_luma(frame.reformat(format="gray")))
        raster = downsample(_luma(frame))
        if frame.format.name.startswith(("yuvj", "gray")) or frame.color_range == _FULL_RANGE:
            return raster
        # Video luma runs from 16 to 235; the filter is linear, so stretching 64x64 samples equals stretching all
        stretched: PdqRaster = ((raster - np.float32(16)) * np.float32(255 / 219)).clip(0, 255)
        return stretched

    def _unless_same(self, at: int, raster: PdqRaster) -> list[FilmFrame]:
        code = from_raster(raster).code
        if self._last_code is not None and distance(code, self._last_code) <= _SAME_PICTURE:
            return []
        self._last_code = code
        return [FilmFrame(at, raster)]


def _decoded(container: InputContainer, stream: VideoStream) -> Generator[VideoFrame, None, None]:
    """Yield every frame that can be decoded; a damaged packet costs its own frames only."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from (frame for frame in packet.decode() if isinstance(frame, VideoFrame))
        except av.error.InvalidDataError:
            continue
        except av.error.EOFError:
            return


def _luma(frame: VideoFrame) -> Pixels:
    plane = frame.planes[0]
    if plane.line_size < frame.width:  # rows from the bottom up are said with a negative length
        return _luma(frame.reformat(format="gray"))
    rows: Pixels = np.frombuffer(memoryview(plane), dtype=np.uint8)[: plane.line_size * frame.height]
    luma: Pixels = rows.reshape(frame.height, plane.line_size)[:, : frame.width]
    return luma


class _Window(io.RawIOBase):
    """The bytes of a film as a file, without a second copy of what may be 1.5 GB."""

    def __init__(self, data: bytearray) -> None:
        self._data = memoryview(data)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = len(self._data) if size < 0 else self._at + size
        taken = bytes(self._data[self._at : end])
        self._at += len(taken)
        return taken
