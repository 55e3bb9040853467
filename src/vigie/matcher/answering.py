"""From hits to answers: the policy is asked for each, the asker gets what it may know, every owner is told.

What is silent leaves no trace in the answer: no count, no gap, no order; and the policy is asked as often for a file
with three hits as for one with four.
"""

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

from vigie.backends.known.messages import (
    NEAR,
    UNSURE,
    Asker,
    Claimed,
    ContactAnswer,
    FullAnswer,
    ItemAnswers,
    OwnMatch,
)
from vigie.kernel.policy import Answer, Viewer, Visibility, match_answer, names
from vigie.matcher.hits import Hit
from vigie.matcher.records import Record
from vigie.matcher.truth import Delivery

_NOBODY: Final = Visibility(owner_unit=uuid.UUID(int=0), owner_country="")


class Keys:
    """Codes made from the matcher's own secret: the same for the same question, and no way back to what is behind."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def answer(self, asker_unit: uuid.UUID, asked: bytes, holder: uuid.UUID) -> bytes:
        """The key by which one asker recognises an answer that comes again; other askers see another one."""
        return self._code(b"answer", asker_unit.bytes, asked, holder.bytes)

    def pair(self, asked: bytes, holder: uuid.UUID) -> uuid.UUID:
        """The id of a pair of contents, the same whichever of the two is asked about."""
        return uuid.UUID(bytes=self._code(b"pair", *sorted((asked, holder.bytes)))[:16], version=4)

    def claim(self, asker_unit: uuid.UUID, digests: Claimed) -> bytes:
        """What stands for a file nobody holds: its hashes, seen from one unit."""
        parts = [digests.sha256 or b"", digests.sha1 or b"", digests.md5 or b"", str(digests.size).encode()]
        if digests.pdq is not None:
            parts.append(digests.pdq)
        return self._code(b"claimed", asker_unit.bytes, *parts)[:16]

    def _code(self, kind: bytes, *parts: bytes) -> bytes:
        lengths = b"".join(len(part).to_bytes(2) for part in parts)
        return hmac.new(self._secret, kind + b"\0" + lengths + b"".join(parts), hashlib.sha256).digest()


class Asked(NamedTuple):
    """One item of a question, with what the truth knows of it."""

    content: uuid.UUID
    records: Sequence[Record]
    """The unit's own fingerprints of it; none for claimed digests or an unknown id."""
    claimed: Claimed | None

    @property
    def recognised(self) -> bool:
        """Whether there is anything to ask about."""
        return bool(self.records) or self.claimed is not None


class _Inquiry(NamedTuple):
    """One asker's question about one item."""

    asker: Asker
    asked: Asked
    token: bytes
    """What stands for the item in keys and pairs."""
    keys: Keys

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.asker.unit, self.asker.country)

    @property
    def wish(self) -> Visibility | None:
        """Who may see the asker's own item; nothing where nobody holds it."""
        return self.asked.records[0].visibility if self.asked.records else None


class Judged(NamedTuple):
    """What is said to the asker and what is left for the owners."""

    answers: ItemAnswers
    deliveries: list[Delivery]


def judge(asker: Asker, asked: Asked, hits: Sequence[Hit], keys: Keys) -> Judged:
    """The answers to one item and the deliveries to the owners of everything it hit."""
    token = asked.content.bytes if asked.records else keys.claim(asker.unit, asked.claimed or Claimed())
    inquiry = _Inquiry(asker, asked, token, keys)
    theirs = [hit for hit in hits if hit.record.visibility.owner_unit != asker.unit]
    mine = [hit for hit in hits if hit.record.visibility.owner_unit == asker.unit]
    full: list[FullAnswer] = []
    contacts: dict[uuid.UUID, ContactAnswer] = {}
    deliveries: list[Delivery] = []
    levels = _levels(inquiry, theirs)
    told = [hit for hit, level in zip(theirs, levels, strict=True) if level is not Answer.SILENT]
    for hit, level in zip(theirs, levels, strict=True):
        if _beyond(hit):
            continue
        if level is Answer.FULL:
            full.append(_full(inquiry, hit))
        elif level is Answer.CONTACT_ONLY:
            # hits come strongest first: the first of a holder says the most that may be said
            contacts.setdefault(hit.record.visibility.owner_unit, _contact(inquiry, hit))
        if not _shut_out(inquiry, hit.record):
            deliveries.append(_delivery(inquiry, hit, level))
    answers = ItemAnswers(
        content=asked.content,
        recognised=asked.recognised,
        near_limit=any(_near_limit(hit) for hit in (*told, *mine) if hit.record.content != asked.content),
        answers=(*full, *sorted(contacts.values(), key=lambda one: (one.holder_country, one.holder_unit))),
        own=tuple(_own(hit) for hit in mine if hit.record.content != asked.content and not _beyond(hit)),
    )
    return Judged(answers, deliveries)


def nothing_found(asker: Asker) -> None:
    """The policy was asked as often as for one hit; nothing is said."""
    match_answer(Viewer(asker.unit, asker.country), _NOBODY)


def _levels(inquiry: _Inquiry, hits: Sequence[Hit]) -> list[Answer]:
    levels = [_level(inquiry, hit.record) for hit in hits]
    for _ in range(padding(len(hits))):
        match_answer(inquiry.viewer, _NOBODY)
    return levels


def _near_limit(hit: Hit) -> bool:
    return hit.distance is not None and hit.distance >= UNSURE


def _beyond(hit: Hit) -> bool:
    """True for what is too far to be told: the asker's next reading may bring it nearer."""
    return hit.distance is not None and hit.distance > NEAR


def padding(hits: int) -> int:
    """How many more times the policy is asked, so that the number of times is a power of two."""
    return (1 << max(0, hits - 1).bit_length()) - hits


def _level(inquiry: _Inquiry, record: Record) -> Answer:
    level = match_answer(inquiry.viewer, record.visibility)
    if level is not Answer.FULL and _shut_out(inquiry, record):
        # who shuts a holder out cannot ask about what that holder keeps to itself: the holder is not told, and a
        # question its holder never hears of would be a way to look without being seen
        return Answer.SILENT
    return level


def _shut_out(inquiry: _Inquiry, record: Record) -> bool:
    owner = Viewer(record.visibility.owner_unit, record.visibility.owner_country)
    return inquiry.wish is not None and names(owner, inquiry.wish.excluded)


def _full(inquiry: _Inquiry, hit: Hit) -> FullAnswer:
    record = hit.record
    return FullAnswer(
        holder_unit=record.visibility.owner_unit,
        holder_country=record.visibility.owner_country,
        claim=hit.claim,
        answer_key=inquiry.keys.answer(inquiry.asker.unit, inquiry.token, record.content),
        pair=inquiry.keys.pair(inquiry.token, record.content),
        public_id=record.public_id,
        by=hit.by,
        distance=hit.distance,
        variant=hit.variant_name,
        frame_ms=record.frame_ms,
        own_frame_ms=hit.asked_ms,
    )


def _contact(inquiry: _Inquiry, hit: Hit) -> ContactAnswer:
    owner = hit.record.visibility
    return ContactAnswer(
        holder_unit=owner.owner_unit,
        holder_country=owner.owner_country,
        claim=hit.claim,
        answer_key=inquiry.keys.answer(inquiry.asker.unit, inquiry.token, owner.owner_unit),
        pair=inquiry.keys.pair(inquiry.token, hit.record.content),
    )


def _own(hit: Hit) -> OwnMatch:
    return OwnMatch(
        content=hit.record.content,
        public_id=hit.record.public_id,
        claim=hit.claim,
        by=hit.by,
        distance=hit.distance,
        variant=hit.variant_name,
        frame_ms=hit.record.frame_ms,
        own_frame_ms=hit.asked_ms,
    )


def _delivery(inquiry: _Inquiry, hit: Hit, level: Answer) -> Delivery:
    """What the owner learns: always who asked; of the asker's item only what its own wishes allow."""
    owner = hit.record.visibility
    shown = inquiry.wish is not None and (
        match_answer(Viewer(owner.owner_unit, owner.owner_country), inquiry.wish) is Answer.FULL
    )
    return Delivery(
        owner_unit=owner.owner_unit,
        owner_country=owner.owner_country,
        content=hit.record.content,
        asker_unit=inquiry.asker.unit,
        asker_country=inquiry.asker.country,
        asker_public_id=inquiry.asked.records[0].public_id if shown else None,
        pair=inquiry.keys.pair(inquiry.token, hit.record.content),
        level=level.value,
        claim=hit.claim.value,
        by=hit.by.value if shown else "",
        distance=hit.distance if shown else None,
        variant=hit.variant_name if shown else "",
        asker_content=inquiry.asked.content if inquiry.asked.records else None,
    )
