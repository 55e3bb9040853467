"""One file between its part and its rows: digests outside, pixels in a confined worker, PDQ outside again."""

import dataclasses
import logging
import uuid
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import BinaryIO

from vigie.engines.hashing import pdq
from vigie.engines.hashing.digests import Digests, digest_stream
from vigie.engines.imaging import (
    HEAD_BYTES,
    Analysis,
    ConfinedPool,
    MediaRefused,
    RefusalCode,
    kind_of,
    veil_png,
)
from vigie.rooms.intake.rules import KILLS_BEFORE_QUARANTINE, Reason
from vigie.rooms.media.schemas import Kind, NewContent, Print, Veil

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


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """A file to examine: its entry, the digest it was claimed to have, and how its bytes are opened."""

    entry_id: uuid.UUID
    sha256: bytes
    source: Callable[[], BinaryIO]


@dataclasses.dataclass(frozen=True, slots=True)
class Examined:
    """What came of it: the content to record, or the reason why there is none. `reason` may stand beside content."""

    entry_id: uuid.UUID
    content: NewContent | None
    reason: Reason | None = None


def examine(given: Given, pool: ConfinedPool) -> Examined:
    """The file's digests agree and its pixels were looked at, or it is said why not; nothing is raised for a bad file.

    A file that ends two confined workers is quarantined: recorded with its digests, and never opened again.
    """
    try:
        with given.source() as file:
            digests = digest_stream(file)
            if digests.sha256 != given.sha256:
                return Examined(given.entry_id, None, Reason.DIGEST_DIFFERS)
            return _opened(given, digests, file, pool)
    except FileNotFoundError:
        return Examined(given.entry_id, None, Reason.PART_MISSING)


def _opened(given: Given, digests: Digests, file: BinaryIO, pool: ConfinedPool) -> Examined:
    for _ in range(KILLS_BEFORE_QUARANTINE):
        try:
            return Examined(given.entry_id, _content(given, digests, pool.analyse(file)))
        except MediaRefused as refused:
            if refused.code is not RefusalCode.WORKER_KILLED:
                return Examined(given.entry_id, _refused(given, digests, file, refused.code))
        except Exception:  # noqa: BLE001 - one file must never hold up its neighbours, whatever it does to us
            _log.exception("entry %s could not be examined", given.entry_id)
    content = _refused(given, digests, file, RefusalCode.WORKER_KILLED)
    return Examined(given.entry_id, content, Reason.QUARANTINED)


def _content(given: Given, digests: Digests, analysis: Analysis) -> NewContent:
    code = pdq.from_raster(analysis.pdq_raster)
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
        prints=(Print(code=code.code, quality=code.quality, dihedral=code.dihedral),),
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
        refusal=RefusalCode.UNSUPPORTED_HERE.value if kind is Kind.FILM else code.value,
        analysed_with=ENGINES,
    )
