"""Pictures, films and what they say of themselves, through the program's own confined workers.

The decoders run where they always run: in a confined process, reached through `ConfinedPool`. What comes back is used
as intake uses it: the code is computed from the raster and the veil is written.
"""

import itertools
import struct
import zlib
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from engines.imaging.drawn import png_chunk
from factories import drawn_media as seeds
from fuzz.guidance import names, size
from fuzz.mutation import Mutator
from fuzz.reader import Reader, holds
from vigie.engines.hashing import pdq
from vigie.engines.imaging import (
    Analysis,
    ConfinedPool,
    Limits,
    MediaRefused,
    OuterLayer,
    Raster,
    RefusalCode,
    veil_png,
)
from vigie.engines.imaging.lane import Lane
from vigie.engines.imaging.process import WorkerProcess
from vigie.engines.imaging.protocol.results import CLEAR_SIDE, FACT_CHARACTERS, FACTS
from vigie.engines.imaging.roles import Role

NAMES = ("jpeg", "png", "gif", "webp", "tiff", "bmp", "heic", "avif", "exif", "films")
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

    def _started(self) -> WorkerProcess:
        self.started += 1
        return super()._started()

    def processes(self) -> list[int]:
        """The process ids of its workers."""
        with self._lock:
            return [worker.pid for worker in self._alive]


class Pools:
    """The pool inputs go through, and one that is exactly the program's.

    Neither has an outer layer: an escape has one wall less to get over, and so shows sooner.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.patient = ConfinedPool("fuzzed", limits=limits, outer=OuterLayer.NONE)
        self.whole = ConfinedPool("fuzzed as handed in", limits=limits, outer=OuterLayer.NONE)
        self.lanes: list[PatientLane] = []
        for pool in (self.patient, self.whole):
            for name, role in (("_pictures", Role.PICTURES), ("_films", Role.FILMS)):
                if pool is self.patient:
                    lane = PatientLane(role, 1, limits, None)
                    self.lanes.append(lane)
                    setattr(pool, name, lane)
        self.deaths = 0

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
        with self._counted():
            found = ask(data)
        return _of_raster(found) if isinstance(found, Raster) else _of_analysis(found)

    def film(self, data: bytes) -> Hashable:
        """What came of a film, looked through as intake does."""
        pool = self.whole if zlib.crc32(data) % _EVERY == 0 else self.patient
        with self._counted(), pool.frames(data) as opened:
            answer = _of_analysis(opened.opening)
            frames = list(itertools.islice(opened, _MOST_FRAMES))
        for frame in frames:
            pdq.from_raster(frame.pdq_raster)
        return *answer, size(len(frames)), size(frames[-1].time_ms if frames else 0)

    def exif(self, data: bytes) -> Hashable:
        """What came of a small JPEG that says this of itself."""
        block = b"Exif\0\0" + data[:_EXIF_ROOM]
        return self.picture(_JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + _JPEG[2:])

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except MediaRefused as refused:
            holds(refused.message.isprintable(), "a refusal with words no terminal should see")
            holds(
                refused.code is not RefusalCode.UNSUPPORTED_HERE,
                f"a worker was not shut in: {refused.message}",
            )
            self.deaths += refused.code in DEATHS
            raise


_JPEG = seeds.written(seeds.drawn(40, 30), "JPEG", quality=60)


def readers(pools: Pools) -> tuple[Reader, ...]:
    """One reader for each format of pictures, one for what they say of themselves, one for films."""

    def reader(name: str, seeds_of: Any, read: Any = pools.picture, **more: Any) -> Reader:
        return Reader(name, seeds_of, read, declared=(MediaRefused,), **more)

    return (
        reader("jpeg", seeds.jpegs, weight=2.0, tokens=(b"\xff\xd8", b"\xff\xdb", b"\xff\xc4", b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"\xff\xdd", b"\xff\xd0", b"\xff\xd9", b"\xff\xe1", b"\xff\xee")),
        reader("png", seeds.pngs, shaped=_png, tokens=(b"IHDR", b"IDAT", b"PLTE", b"tRNS", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"acTL", b"fcTL", b"fdAT", b"IEND")),
        reader("gif", seeds.gifs, tokens=(b"!\xf9\x04", b"!\xff\x0bNETSCAPE2.0", b",", b";", b"GIF87a")),
        reader("webp", seeds.webps, tokens=(b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP", b"XMP ")),
        reader("tiff", seeds.tiffs, tokens=(b"II*\x00", b"MM\x00*", b"\x00\x01\x00\x04", b"\x11\x01\x04\x00", b"\x03\x01\x03\x00")),
        reader("bmp", seeds.bmps, weight=0.5),
        reader("heic", seeds.heics, tokens=(b"ftypheic", b"meta", b"iloc", b"iinf", b"infe", b"hvcC", b"ispe", b"ipma", b"grid", b"idat", b"iref")),
        reader("avif", seeds.avifs, tokens=(b"ftypavif", b"meta", b"iloc", b"av1C", b"ispe", b"ipma", b"auxC", b"colr")),
        reader("exif", lambda: [seeds.exif().tobytes()[6:], seeds.exif(make="é" * 300).tobytes()[6:]], pools.exif, tokens=(b"\x69\x87", b"\x25\x88", b"\x12\x01", b"\x0f\x01", b"II*\x00", b"MM\x00*")),
        reader("films", lambda: [seeds.film(name) for name in seeds.FILMS], pools.film, weight=3.0, tokens=(b"moov", b"trak", b"stsz", b"stco", b"stts", b"mdat", b"elst", b"\x1aE\xdf\xa3", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"G\x40\x00", b"RIFF", b"idx1", b"movi")),
    )  # fmt: skip


def _png(data: bytes, mutator: Mutator, others: Sequence[bytes]) -> bytes:
    """A change inside one chunk, whose checksum is written anew; behind it the file goes on as it was."""
    chunks = list(_chunks(data))
    if not chunks:
        return mutator.changed(data, others)
    place = mutator.chance.randrange(len(chunks))
    name, content = chunks[place]
    if name == b"IDAT" and mutator.chance.random() < 0.5:
        content = _repacked(content, mutator)
    else:
        content = mutator.changed(content)
    chunks[place] = (name, content)
    if mutator.chance.random() < 0.2:
        chunks.insert(mutator.chance.randrange(len(chunks)), mutator.chance.choice(chunks))
    return data[:8] + b"".join(png_chunk(*chunk) for chunk in chunks)


def _repacked(content: bytes, mutator: Mutator) -> bytes:
    try:
        return zlib.compress(mutator.changed(zlib.decompress(content)))
    except zlib.error:
        return mutator.changed(content)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


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
