"""One file between its part and its rows: digests outside, pixels in a confined worker, PDQ outside again."""

import dataclasses
import itertools
import logging
import uuid
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from threading import Event
from typing import BinaryIO

from vigie.engines.hashing import pdq
from vigie.engines.hashing.digests import Digests, digest_stream
from vigie.engines.imaging import (
    HEAD_BYTES,
    Analysis,
    ConfinedPool,
    MediaRefused,
    OpenFilm,
    RefusalCode,
    kind_of,
    veil_png,
)
from vigie.engines.imaging.rasters import PdqRaster
from vigie.rooms.intake.rules import KILLS_BEFORE_QUARANTINE, Reason
from vigie.rooms.media.schemas import Kind, NewContent, Print, Seal, Veil

_log = logging.getLogger(__name__)
TOOL = "vigie"


def _version() -> str:
    try:
        return version(TOOL)
    except PackageNotFoundError:
        return "unreleased"  # run from a source folder that was not installed


TOOL_VERSION = _version()
ENGINES = f"vigie {TOOL_VERSION}, pdq 1"
_PNG_SIDES = slice(16, 24)
"""Where a PNG's header states width and height (RFC 2083 section 4.1.1)."""
MOST_FRAMES = 54_000
"""Frames kept of one film: one a second and four key frames between for three hours. Held against a worker that gives more."""
_LONGEST_TIME = 12
"""Digits of a stated length in milliseconds that are believed: thirty years."""


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """A file to examine: its entry, the digest it was claimed to have, and how its bytes are opened."""

    entry_id: uuid.UUID
    sha256: bytes
    source: Callable[[], BinaryIO]
    seal: Seal | None = None
    """A sealed file is digested and looked into no further, not even at its first bytes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Examined:
    """What came of it: the content to record, or the reason why there is none. `reason` may stand beside content."""

    entry_id: uuid.UUID
    content: NewContent | None
    reason: Reason | None = None


def is_film(given: Given) -> bool:
    """True when the file's first bytes are those of a film that is opened; False for a sealed file or a part that is gone."""
    if given.seal is not None:
        return False
    try:
        with given.source() as file:
            found = kind_of(file.read(HEAD_BYTES))
    except FileNotFoundError:
        return False
    return found is not None and found.is_film


def _unopened(given: Given, digests: Digests, seal: Seal) -> NewContent:
    return NewContent(
        digests=digests, source=given.source, kind=Kind.OTHER, analysed_with="digests only", seal=seal
    )


class Abandoned(Exception):  # noqa: N818 - says what happened
    """Nobody waits for this file any more: its run is over, and the next one begins it anew."""


def examine(given: Given, pool: ConfinedPool, over: Event) -> Examined:
    """The file's digests agree and its pixels were looked at, or it is said why not; nothing is raised for a bad file.

    A file that ends two confined workers is quarantined: recorded with its digests, and never opened again.
    A film is given up, with Abandoned, once `over` is set.
    """
    try:
        with given.source() as file:
            digests = digest_stream(file)
            if digests.sha256 != given.sha256:
                return Examined(given.entry_id, None, Reason.DIGEST_DIFFERS)
            if given.seal is not None:
                return Examined(given.entry_id, _unopened(given, digests, given.seal))
            return _opened(_Looking(given, digests, pool, over), file)
    except FileNotFoundError:
        return Examined(given.entry_id, None, Reason.PART_MISSING)


def _opened(looking: "_Looking", file: BinaryIO) -> Examined:
    given, digests = looking.given, looking.digests
    for _ in range(KILLS_BEFORE_QUARANTINE):
        try:
            return Examined(given.entry_id, looking.at(file))
        except MediaRefused as refused:
            if refused.code is not RefusalCode.WORKER_KILLED:
                return Examined(given.entry_id, _refused(given, digests, file, refused.code))
        except Abandoned:
            raise
        except Exception:  # noqa: BLE001 - one file must never hold up its neighbours, whatever it does to us
            _log.exception("entry %s could not be examined", given.entry_id)
    content = looking.seen or _refused(given, digests, file, RefusalCode.WORKER_KILLED)
    return Examined(given.entry_id, content, Reason.QUARANTINED)


class _Looking:
    """One file under examination: what was seen of it stays, should it end its worker half-way."""

    def __init__(self, given: Given, digests: Digests, pool: ConfinedPool, over: Event) -> None:
        self.given, self.digests = given, digests
        self._pool, self._over = pool, over
        self.seen: NewContent | None = None
        """What was seen of a film before it ended its worker."""

    def at(self, file: BinaryIO) -> NewContent:
        """The content of the file; raises MediaRefused when nothing of it can be decoded."""
        file.seek(0)
        found = kind_of(file.read(HEAD_BYTES))
        if found is not None and found.is_film:
            with self._pool.frames(file) as film:
                return self._film(film)
        analysis = self._pool.analyse(file)
        return _content(self.given, self.digests, analysis, (_print(analysis.pdq_raster),))

    def _film(self, film: OpenFilm) -> NewContent:
        """What was seen of a film; one that is cut short gives what is left."""
        kept: list[Print] = []
        last, cut = 0, None
        try:
            for frame in itertools.islice(film, MOST_FRAMES):
                if self._over.is_set():
                    raise Abandoned
                last = frame.time_ms
                kept.append(_print(frame.pdq_raster, last))
        except MediaRefused as refused:
            cut = refused
        prints = kept or [_print(film.opening.pdq_raster, 0)]
        told = tuple(one for one in prints if one.quality >= pdq.MATCH_QUALITY)
        content = _content(self.given, self.digests, film.opening, told).model_copy(
            update={"kind": Kind.FILM, "duration_ms": _length(film.opening, last)}
        )
        if cut is None:
            return content
        _log.warning("film %s was seen up to %d ms: %s", self.given.entry_id, last, cut.code)
        content = content.model_copy(update={"analysed_with": f"{ENGINES}, up to {last} ms"})
        if cut.code is not RefusalCode.WORKER_KILLED:
            return content
        if self.seen is None or len(told) >= len(self.seen.prints):
            self.seen = content
        raise cut


def _print(raster: PdqRaster, frame_ms: int = -1) -> Print:
    code = pdq.from_raster(raster)
    return Print(frame_ms=frame_ms, code=code.code, quality=code.quality, dihedral=code.dihedral)


def _length(opening: Analysis, last_ms: int) -> int:
    """How long a film is in milliseconds: what the file states of itself, and never less than was seen."""
    stated = opening.facts.get("duration_ms", "")
    if not (stated.isascii() and stated.isdecimal()) or len(stated) > _LONGEST_TIME:
        return last_ms
    return max(int(stated), last_ms)


def _content(given: Given, digests: Digests, analysis: Analysis, prints: tuple[Print, ...]) -> NewContent:
    png = veil_png(analysis.veil)
    width, height = (int.from_bytes(png[_PNG_SIDES][at : at + 4]) for at in (0, 4))
    return NewContent(
        digests=digests,
        source=given.source,
        kind=Kind.PICTURE,
        format=analysis.format,
        width=analysis.width,
        height=analysis.height,
        orientation=analysis.orientation,
        analysed_with=ENGINES,
        prints=prints,
        veil=Veil(png=png, width=width, height=height),
    )


def _refused(given: Given, digests: Digests, file: BinaryIO, code: RefusalCode) -> NewContent:
    """A file nothing could be decoded of: its digests are looked up all the same."""
    file.seek(0)
    found = kind_of(file.read(HEAD_BYTES))
    kind = Kind.OTHER if found is None else Kind.FILM if found.is_film else Kind.PICTURE
    return NewContent(
        digests=digests,
        source=given.source,
        kind=kind,
        format=found.value if found else "",
        refusal=code.value,
        analysed_with=ENGINES,
    )
