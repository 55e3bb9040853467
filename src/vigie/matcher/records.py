"""One fingerprint as the truth has it, and the policy's view of its owner's wishes."""

import hashlib
import uuid
from typing import Any, Final, NamedTuple

from vigie.backends.known.messages import ENOUGH_DETAIL
from vigie.kernel.policy import AnswerOutside, Audience, Visibility

COLUMNS: Final = (
    "id, content_id, public_id, frame_ms, sha256, sha1, md5, size, pdq, quality, sealed, withdrawn, "
    "owner_unit, owner_country, audience, listed, excluded, answer_outside"
)
"""The columns of `media_fingerprint` a record is made of, in the order `Reader.record` expects them."""


class Record(NamedTuple):
    """What the matcher keeps of one row of `media_fingerprint`."""

    id: uuid.UUID
    content: uuid.UUID
    public_id: uuid.UUID
    frame_ms: int
    sha256: bytes
    sha1: bytes
    md5: bytes
    size: int
    pdq: bytes | None
    quality: int
    sealed: bool
    withdrawn: bool
    visibility: Visibility

    @property
    def answers_by_digest(self) -> bool:
        """True for the one row that stands for the whole file: the frames of a film beside it repeat its digests."""
        return not self.withdrawn and self.frame_ms < 0

    @property
    def searchable(self) -> bytes | None:
        """The code others may be compared with: none for a flat, sealed or withdrawn picture.

        A sealed file answers to its digests only: nobody may say what it shows before an authority has allowed it.
        """
        if self.sealed or self.withdrawn or self.quality < ENOUGH_DETAIL:
            return None
        return self.pdq


class Reader:
    """Turns rows into records; owners' wishes that are equal are kept once, for most rows of a unit share theirs."""

    def __init__(self) -> None:
        self._wishes: dict[tuple[Any, ...], Visibility] = {}

    def record(self, row: tuple[Any, ...]) -> Record:
        """The record of one row with the columns of COLUMNS."""
        unit, country, audience, listed, excluded, outside = row[12:18]
        wish = (unit, country, audience, tuple(listed), tuple(excluded), outside)
        found = self._wishes.get(wish)
        if found is None:
            found = self._wishes[wish] = Visibility(
                owner_unit=unit,
                owner_country=country,
                audience=Audience(audience),
                listed=frozenset(listed),
                excluded=frozenset(excluded),
                answer_outside=AnswerOutside(outside),
            )
        return Record._make((*row[:12], found))


class Sealer:
    """Eight bytes that stand for everything a row says: equal for equal rows in every process, never 0."""

    def __init__(self) -> None:
        self._wishes: dict[Visibility, bytes] = {}

    def seal(self, record: Record) -> int:
        """The seal of one record: the first 64 bits of BLAKE2b (RFC 7693) over its columns."""
        wish = self._wishes.get(record.visibility)
        if wish is None:
            wish = self._wishes[record.visibility] = _wish_text(record.visibility)
        facts = repr((*record[3:12], wish)).encode()
        whole = record.content.bytes + record.public_id.bytes + facts
        return int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest()) or 1


def _wish_text(wish: Visibility) -> bytes:
    parts = (
        str(wish.owner_unit),
        wish.owner_country,
        wish.audience.value,
        sorted(wish.listed),
        sorted(wish.excluded),
        wish.answer_outside.value,
    )
    return repr(parts).encode()
