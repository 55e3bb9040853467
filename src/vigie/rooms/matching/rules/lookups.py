"""Look-ups of hashes somebody hands in: which rows can be asked about, what each counts, and when a day ends. Pure."""

import dataclasses
import enum
import hashlib
import hmac
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from vigie.engines.formats.hash_lists.entries import HASH_BYTES, hashes_of, quality_of, whole_number
from vigie.engines.hashing.pdq import MATCH_QUALITY
from vigie.rooms.matching.rules import Digests

MOST_ROWS: Final = 10_000
"""Rows of one call; more are asked about in bulk, which a supervisor releases."""
_ORIENTATIONS: Final = 8
_DIHEDRAL: Final = "dihedral"
_TEXTS: Final = frozenset(HASH_BYTES)
_NUMBERS: Final = frozenset({"quality", "size"})
_FIELDS: Final = _TEXTS | _NUMBERS | {_DIHEDRAL}


class Variants(enum.StrEnum):
    """In how many of the ways a picture may have been turned, mirrored or inverted its code is looked up."""

    ONE = "one"
    ALL = "all"


@dataclasses.dataclass(frozen=True, slots=True)
class LookUp:
    """One row that can be asked about: the hashes of one file, as far as they are known. `row` counts from 1."""

    row: int
    digests: Digests
    pdq: bytes | None = None
    quality: int | None = None
    dihedral: bytes | None = None
    """The codes of the eight orientations, 256 bytes in the order of `pdq.Variant`."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which hashes the row carries; each of them counts as one look-up."""
        given = self.digests
        values = (("sha256", given.sha256), ("sha1", given.sha1), ("md5", given.md5), ("pdq", self.pdq))
        return tuple([kind for kind, value in values if value is not None])

    @property
    def canonical(self) -> bytes:
        """The row's hashes in one fixed form, without its number: what the log's digest is made from."""
        given = self.digests
        parts = (given.sha256, given.sha1, given.md5, self.pdq, self.dihedral)
        texts = [part.hex() if part else "" for part in parts]
        return f"{'|'.join(texts)}|{given.size}/{self.quality}".encode()

    @property
    def asks(self) -> tuple[object, ...]:
        """What the row asks about, without its number: equal for rows that ask the same."""
        given = self.digests
        return (given.sha256, given.sha1, given.md5, given.size, self.pdq, self.quality, self.dihedral)


@dataclasses.dataclass(frozen=True, slots=True)
class RowFault:
    """Something in a row that cannot be used, and why; what else the row carries is asked about."""

    row: int
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """What was handed in, sorted into what can be asked about and what cannot; both in the order of the rows."""

    usable: tuple[LookUp, ...]
    faults: tuple[RowFault, ...]

    @property
    def hashes(self) -> int:
        """How many look-ups these rows count as."""
        return sum(len(one.kinds) for one in self.usable)


@dataclasses.dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands in place of a row that could not even be read, with the reason."""

    reason: str


def read_rows(given: Iterable[tuple[int, Any]]) -> Rows:
    """Every row (its number, and what stands there) is usable, or has a fault that says why it is not, or both.

    A row that asks the same as one before it is a fault that names the other: it is neither asked nor counted twice.
    """
    usable, faults = list[LookUp](), list[RowFault]()
    seen: dict[tuple[object, ...], int] = {}
    for row, value in given:
        reasons: list[str] = []
        found = _row(row, value, reasons)
        if found is not None and (first := seen.setdefault(found.asks, row)) != row:
            reasons.append(f"the same as row {first}")
        elif found is not None:
            usable.append(found)
        faults += [RowFault(row, reason) for reason in reasons]
    return Rows(tuple(usable), tuple(faults))


def _row(row: int, value: Any, faults: list[str]) -> LookUp | None:
    """What of a row can be asked about, and why the rest cannot. A call has ten thousand: no step makes an object more."""
    if isinstance(value, Unreadable):
        faults.append(value.reason)
        return None
    if not isinstance(value, dict):
        faults.append("not an object with hashes by name")
        return None
    good = {name: given for name, given in value.items() if _fits(name, given, faults)}
    texts = {name: given for name, given in good.items() if name in _TEXTS}
    if not texts:
        if _TEXTS.isdisjoint(name for name, given in value.items() if given is not None):
            faults.append("no md5, sha1, sha256 or pdq hash")
        return None
    hashes, unusable = hashes_of(texts)
    quality = quality_of(str(good.get("quality", "")), unusable)
    size = whole_number(str(good.get("size", "")), "size", unusable)
    if not hashes and not unusable:
        unusable.append("no md5, sha1, sha256 or pdq hash")
    faults += unusable
    digests = Digests(hashes.get("sha256"), hashes.get("sha1"), hashes.get("md5"), size)
    pdq, dihedral = _picture(hashes.get("pdq"), quality, good.get(_DIHEDRAL), faults)
    found = LookUp(row, digests, pdq, quality if pdq is not None else None, dihedral)
    return found if found.kinds else None


def _fits(name: Any, given: Any, faults: list[str]) -> bool:
    """Whether the value of a row's member is to be looked at; one that cannot be used at all is a fault."""
    if name not in _FIELDS:
        faults.append(f"{str(name)[:40]!r} is not compared; known are {', '.join(sorted(_FIELDS))}")
        return False
    if given is None:
        return False
    if name in _TEXTS and not isinstance(given, str):
        faults.append(f"{name} is not a text of hexadecimal digits")
        return False
    if name in _NUMBERS and (not isinstance(given, int) or isinstance(given, bool)):
        faults.append(f"{name} is not a whole number")
        return False
    return True


def _picture(
    pdq: bytes | None, quality: int | None, turned: Any, faults: list[str]
) -> tuple[bytes | None, bytes | None]:
    """The code to look for by likeness, and those of its orientations."""
    if pdq is None:
        return None, None
    if quality is not None and quality < MATCH_QUALITY:
        faults.append(f"below quality {MATCH_QUALITY} a picture is not looked for by likeness")
        return None, None
    if turned is None:
        return pdq, None
    dihedral = _orientations(pdq, turned)
    if dihedral is None:
        faults.append("dihedral is not eight codes of 64 hexadecimal digits that begin with pdq")
    return pdq, dihedral


def _orientations(pdq: bytes, given: Any) -> bytes | None:
    if not isinstance(given, list) or len(given) != _ORIENTATIONS:
        return None
    try:
        codes = [bytes.fromhex(one) for one in given]
    except (TypeError, ValueError):
        return None
    whole = codes[0] == pdq and all(len(code) == HASH_BYTES["pdq"] for code in codes)
    return b"".join(codes) if whole else None


def digest_of(call: uuid.UUID, asked: Iterable[LookUp]) -> str:
    """What the log keeps of the hashes of one call: HMAC-SHA256 under the call's own id, in hexadecimal.

    Who has the list and the line can show that they belong together; two lines about the same hashes differ.
    """
    keyed = hmac.new(call.bytes, digestmod=hashlib.sha256)
    for one in asked:
        keyed.update(one.canonical + b"\n")
    return keyed.hexdigest()


def day_of(now: datetime) -> date:
    """The day a look-up counts for (UTC)."""
    return now.astimezone(UTC).date()


def end_of_day(now: datetime) -> datetime:
    """When the day's count begins anew (UTC)."""
    return datetime.combine(day_of(now) + timedelta(days=1), time(), UTC)


TICK_SECONDS: Final = 0.1
"""Answers leave at whole tenths of a second: the moment says nothing of what was found and kept silent before it."""


def until_tick(now: float, not_before: float = 0.0) -> float:
    """Seconds from `now` to the next moment at which an answer may leave, none earlier than `not_before` (seconds).

    With a moment that does not depend on what was found, a question about a few hashes takes the same time whatever
    is kept silent: the ticks alone would still let the mean of many questions differ by what the search took longer.
    """
    ready = max(now, not_before)
    return ready - now + TICK_SECONDS - ready % TICK_SECONDS
