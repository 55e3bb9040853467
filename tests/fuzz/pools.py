"""The pools of confined workers that inputs go through, and what came of those that cost a worker its life."""

import itertools
import struct
import zlib
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from engines.imaging.drawn import drawn, written
from fuzz.covering import Coverage, CoveredProcess
from fuzz.guidance import names, size
from fuzz.reader import holds
from vigie.engines.hashing import pdq
from vigie.engines.imaging import (
    Analysis,
    ConfinedPool,
    Limits,
    MediaRefused,
    OuterLayer,
    Raster,
    RefusalCode,
    kind_of,
    veil_png,
)
from vigie.engines.imaging.lane import Lane
from vigie.engines.imaging.process import WorkerProcess
from vigie.engines.imaging.protocol.results import CLEAR_SIDE, FACT_CHARACTERS, FACTS
from vigie.engines.imaging.roles import Role

# A film may take an hour of work in the program, a picture of 100 megapixels some seconds; here neither may, so that the
# clock says something and thousands of inputs pass an hour
LIMITS = Limits(pixels=5_000_000, batch_seconds=5, film_work_seconds=4)
_MOST_FRAMES = 100
_EVERY = 50
"""One input in so many goes the whole way of intake, where a refusal costs the worker its life."""
_EXIF_ROOM = 65_000  # bytes a JPEG's segment holds
DEATHS = frozenset({RefusalCode.WORKER_KILLED, RefusalCode.TOO_SLOW})


class PatientLane(Lane):
    """A lane whose worker lives on after a refusal it gave in due form: 0.4 s less for each damaged file.

    A worker that died, was late or broke the protocol is ended as ever.
    """

    started = 0
    coverage: Coverage | None = None
    """Where its workers note the blocks of the decoders' code."""

    @contextmanager
    def worker(self) -> Iterator[WorkerProcess]:
        """Hand out a ready worker for one job."""
        kept: WorkerProcess | None = None
        taken = self._free.get()
        try:
            worker = self._ready(taken)
            before = worker.served
            try:
                yield worker
            except MediaRefused as refused:
                if worker.served == before or refused.code in DEATHS:
                    self._end(worker)
                else:
                    kept = worker
                raise
            except BaseException:
                self._end(worker)
                raise
            if worker.served < self._limits.files_per_worker:
                kept = worker
            else:
                self._end(worker)
        finally:
            self._free.put(kept)

    def _process(self) -> WorkerProcess:
        self.started += 1
        if self.coverage is None:
            return super()._process()
        return CoveredProcess(self._role, self._limits, self.coverage)

    def processes(self) -> list[int]:
        """The process ids of its workers."""
        with self._lock:
            return [worker.pid for worker in self._alive]


@dataclass(frozen=True)
class Death:
    """An input that cost a worker its life: under which reader, how, and whether it does so without traps as well."""

    reader: str
    words: str
    data: bytes = field(repr=False)
    without_traps: bool


class Pools:
    """The pool inputs go through, and one that is exactly the program's.

    Neither has an outer layer: an escape has one wall less to get over, and so shows sooner. The workers of the first
    note the blocks of the decoders' code where a coverage is given; those of the second are the program's to the byte.
    """

    def __init__(self, limits: Limits = LIMITS, coverages: Mapping[Role, Coverage] | None = None) -> None:
        self.coverages = dict(coverages or {})
        self.patient = ConfinedPool("fuzzed", limits=limits, outer=OuterLayer.NONE)
        self.whole = ConfinedPool("fuzzed as handed in", limits=limits, outer=OuterLayer.NONE)
        self.lanes: list[PatientLane] = []
        for pool in (self.patient, self.whole):
            for name, role in (("_pictures", Role.PICTURES), ("_films", Role.FILMS)):
                if pool is self.patient:
                    lane = PatientLane(role, 1, limits, None)
                    lane.coverage = self.coverages.get(role)
                    self.lanes.append(lane)
                    setattr(pool, name, lane)
        self.deaths = 0
        self.died: dict[str, tuple[bool, bytes]] = {}
        """For each way in which workers ended, whether a film did it, and the first input that did."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.patient.close()
        self.whole.close()

    @property
    def started(self) -> int:
        """How many workers were started for the inputs; each was found shut by all its probes before it served."""
        return sum(lane.started for lane in self.lanes)

    def workers(self) -> list[int]:
        """The process ids of all workers."""
        others = [one.pid for lane in (self.whole._pictures, self.whole._films) for one in list(lane._alive)]
        return [*(pid for lane in self.lanes for pid in lane.processes()), *others]

    def picture(self, data: bytes) -> Hashable:
        """What came of a picture, asked for in one of the four ways."""
        mark = zlib.crc32(data)
        pool = self.whole if mark % _EVERY == 0 else self.patient
        ask = (pool.analyse, pool.analyse, pool.analyse_full, pool.clear, pool.clear_grey)[mark // _EVERY % 5]
        with self._counted(data):
            found = ask(data)
        return _of_raster(found) if isinstance(found, Raster) else _of_analysis(found)

    def film(self, data: bytes) -> Hashable:
        """What came of a film, looked through as intake does."""
        pool = self.whole if zlib.crc32(data) % _EVERY == 0 else self.patient
        with self._counted(data, is_film=True), pool.frames(data) as opened:
            answer = _of_analysis(opened.opening)
            frames = list(itertools.islice(opened, _MOST_FRAMES))
        for frame in frames:
            pdq.from_raster(frame.pdq_raster)
        return *answer, size(len(frames)), size(frames[-1].time_ms if frames else 0)

    def exif(self, data: bytes) -> Hashable:
        """What came of a small JPEG that says this of itself."""
        return self.picture(with_exif(data))

    @contextmanager
    def _counted(self, data: bytes, *, is_film: bool = False) -> Iterator[None]:
        try:
            yield
        except MediaRefused as refused:
            holds(refused.message.isprintable(), "a refusal with words no terminal should see")
            holds(
                refused.code is not RefusalCode.UNSUPPORTED_HERE,
                f"a worker was not shut in: {refused.message}",
            )
            if refused.code in DEATHS:
                self.deaths += 1
                role = "films" if is_film else "pictures"
                self.died.setdefault(f"{role}: {refused.code}: {refused.message}", (is_film, data))
            raise

    def autopsies(self) -> list[Death]:
        """Each way in which workers ended, tried again in a worker without traps."""
        found = []
        for words, (is_film, data) in list(self.died.items()):
            try:
                with self.whole.frames(data) if is_film else nullcontext() as film:
                    list(film) if film is not None else self._every_way(data)
                again = False
            except MediaRefused as refused:
                again = refused.code in DEATHS
            kind = kind_of(data)
            reader = "jpeg" if kind is None else "films" if kind.is_film else kind.value
            found.append(Death(reader, words, data, again))
        return found

    def _every_way(self, data: bytes) -> None:
        for ask in (self.whole.analyse, self.whole.analyse_full, self.whole.clear, self.whole.clear_grey):
            try:
                ask(data)
            except MediaRefused as refused:
                if refused.code in DEATHS:
                    raise


_JPEG = written(drawn(40, 30), "JPEG", quality=60)


def with_exif(data: bytes) -> bytes:
    """A small JPEG that says this of itself."""
    block = b"Exif\0\0" + data[:_EXIF_ROOM]
    return _JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + _JPEG[2:]


def _of_analysis(found: Analysis) -> tuple[Hashable, ...]:
    """What intake makes of an analysis can be made, and its texts are fit to be kept."""
    code = pdq.from_raster(found.pdq_raster)
    holds(len(code.code) == 32 and 0 <= code.quality <= 100, "an impossible code")
    holds(len(veil_png(found.veil)) <= 3000, "a veil that is too long")
    for name, value in found.facts.items():
        holds(name in FACTS and 0 < len(value) <= 4 * FACT_CHARACTERS, f"the fact {name} is too long")
        holds("\0" not in value, f"the fact {name} cannot be stored")
        value.encode()
    return (
        "analysed",
        found.format,
        size(found.width),
        size(found.height),
        found.orientation,
        size(found.frames),
        names(found.facts),
        found.facts.get("mode"),
        found.facts.get("codec"),
    )


def _of_raster(found: Raster) -> tuple[Hashable, ...]:
    holds(max(found.width, found.height) <= CLEAR_SIDE, "a clear picture that is too large")
    return "clear", found.channels, size(found.width), size(found.height)
