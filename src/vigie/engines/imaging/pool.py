"""Pools of confined workers: the only way from a file's bytes to its pixels.

No decoder is imported here or by anything this module imports.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from types import TracebackType
from typing import Self

from vigie.engines.imaging.confinement import bubblewrap, why_unsupported
from vigie.engines.imaging.film import OpenFilm
from vigie.engines.imaging.lane import Lane
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.process import PACKAGE_ROOT
from vigie.engines.imaging.protocol.messages import Asked, BadMessage, Request
from vigie.engines.imaging.protocol.results import (
    CLEAR_SIDE,
    LONGEST_ANALYSIS,
    LONGEST_CLEAR,
    pack_raster,
    unpack_analysis,
    unpack_raster,
)
from vigie.engines.imaging.rasters import GREY, RGB, Analysis, Raster
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode
from vigie.engines.imaging.roles import Role
from vigie.engines.imaging.source import Readable, Source

JPEG_QUALITY = 85  # of 100
_JPEG_MARK = b"\xff\xd8\xff"
_JPEG_SLACK = 1 << 16  # bytes a JPEG may be longer than its pixels


class OuterLayer(Enum):
    """Whether bubblewrap stands around the workers: where it works, or never."""

    WHERE_AVAILABLE = "where available"
    NONE = "none"


@contextmanager
def _checking() -> Iterator[None]:
    """Refuse the file when its worker's result is not a possible one: the worker is no longer ours."""
    try:
        yield
    except BadMessage as error:
        raise MediaRefused(RefusalCode.WORKER_KILLED, f"the worker broke the protocol: {error}") from error


class _Pool(ABC):
    """What both pools share: one owner, whose files alone they see."""

    def __init__(self, owner: str, limits: Limits, outer: OuterLayer) -> None:
        if not owner:
            raise ValueError("a pool serves one owner, who must be named")
        self.owner = owner
        self._limits = limits
        self._unsupported = why_unsupported()
        may_wrap = outer == OuterLayer.WHERE_AVAILABLE and self._unsupported is None
        self._wrap = bubblewrap.find(PACKAGE_ROOT) if may_wrap else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """End every worker."""

    def _require_confinement(self) -> None:
        if self._unsupported is not None:
            raise MediaRefused(RefusalCode.UNSUPPORTED_HERE, self._unsupported)


class ConfinedPool(_Pool):
    """Opens the media of one owner in `workers` confined processes; it never serves another owner.

    A compromised worker sees the files that come after, so owners never share one. Threads may share a pool: each
    takes a free worker. Every method raises MediaRefused for a file that cannot be opened, after which the pool goes
    on with a fresh worker. `readable` is the file's bytes or a seekable binary file object, never a path.
    """

    def __init__(
        self,
        owner: str,
        *,
        workers: int = 1,
        limits: Limits | None = None,
        outer: OuterLayer = OuterLayer.WHERE_AVAILABLE,
    ) -> None:
        super().__init__(owner, limits or Limits(), outer)
        self._pictures = Lane(Role.PICTURES, workers, self._limits, self._wrap)
        self._films = Lane(Role.FILMS, workers, self._limits, self._wrap)

    def layers(self) -> tuple[str, ...]:
        """Return the names of the layers that hold a worker, outermost first."""
        self._require_confinement()
        return self._pictures.layers()

    def analyse(self, readable: Readable) -> Analysis:
        """Return the analysis of a picture for the mass path: JPEG is decoded at a scale that keeps 512 pixels."""
        return self._analysis(Asked.ANALYSE, readable)

    def analyse_full(self, readable: Readable) -> Analysis:
        """Return the analysis with PDQ computed on every pixel, equal to the reference's to the last bit."""
        return self._analysis(Asked.ANALYSE_FULL, readable)

    def clear(self, readable: Readable) -> Raster:
        """Return the picture as RGB pixels, upright, at most 2,560 on the long side."""
        return self._clear(Asked.CLEAR, readable, RGB)

    def clear_grey(self, readable: Readable) -> Raster:
        """Return the picture as grey pixels, upright, at most 2,560 on the long side."""
        return self._clear(Asked.CLEAR_GREY, readable, GREY)

    @contextmanager
    def frames(self, readable: Readable) -> Iterator[OpenFilm]:
        """Hold a film open: its first frame is analysed; iterating gives one frame a second and key frames.

        A worker is taken until the block ends. After a refusal inside the block the film is over.
        """
        self._require_confinement()
        source = Source(readable, self._limits)
        if not source.kind.is_film:
            raise MediaRefused(RefusalCode.UNKNOWN_FORMAT, "it is a picture and not a film")
        request = Request(Asked.OPEN_FILM, 0, self._limits.batch_seconds, source.length)
        with self._films.worker() as worker:
            answer = worker.ask(request, source.chunks(), most=LONGEST_ANALYSIS)
            with _checking():
                opening = unpack_analysis(answer, kind=source.kind, limits=self._limits)
            yield OpenFilm(worker, opening, self._limits)

    def close(self) -> None:
        """End every worker; jobs under way are refused as `worker_killed`."""
        self._pictures.close()
        self._films.close()

    def _analysis(self, asked: Asked, readable: Readable) -> Analysis:
        source = self._picture(readable)
        with self._pictures.worker() as worker:
            answer = worker.ask(self._request(asked, source), source.chunks(), most=LONGEST_ANALYSIS)
            with _checking():
                return unpack_analysis(answer, kind=source.kind, limits=self._limits)

    def _clear(self, asked: Asked, readable: Readable, channels: int) -> Raster:
        source = self._picture(readable)
        with self._pictures.worker() as worker:
            answer = worker.ask(self._request(asked, source), source.chunks(), most=LONGEST_CLEAR)
            with _checking():
                raster = unpack_raster(answer, side=CLEAR_SIDE)
                if raster.channels != channels:
                    raise BadMessage("the picture has other channels than asked for")
                return raster

    def _picture(self, readable: Readable) -> Source:
        self._require_confinement()
        source = Source(readable, self._limits)
        if source.kind.is_film:
            raise MediaRefused(RefusalCode.UNKNOWN_FORMAT, "it is a film and not a picture")
        return source

    def _request(self, asked: Asked, source: Source) -> Request:
        return Request(asked, 0, self._limits.picture_seconds, source.length)


class EncoderPool(_Pool):
    """Writes new JPEGs from raw pixels of one owner, in confined processes that never see a file."""

    def __init__(
        self,
        owner: str,
        *,
        workers: int = 1,
        limits: Limits | None = None,
        outer: OuterLayer = OuterLayer.WHERE_AVAILABLE,
    ) -> None:
        super().__init__(owner, limits or Limits(), outer)
        self._encoders = Lane(Role.ENCODER, workers, self._limits, self._wrap)

    def layers(self) -> tuple[str, ...]:
        """Return the names of the layers that hold a worker, outermost first."""
        self._require_confinement()
        return self._encoders.layers()

    def jpeg(self, raster: Raster) -> bytes:
        """Return the pixels as a JPEG of quality 85 without any metadata; raises MediaRefused."""
        self._require_confinement()
        packed = pack_raster(raster)
        request = Request(Asked.ENCODE_JPEG, JPEG_QUALITY, self._limits.picture_seconds, len(packed))
        with self._encoders.worker() as worker:
            written = worker.ask(request, (memoryview(packed),), most=len(packed) + _JPEG_SLACK)
            if not written.startswith(_JPEG_MARK):
                raise MediaRefused(RefusalCode.WORKER_KILLED, "the encoder wrote something that is no JPEG")
            return bytes(written)

    def close(self) -> None:
        """End every worker."""
        self._encoders.close()
