"""One record that answers to a question, and why."""

import uuid
from typing import Final, NamedTuple

from vigie.backends.known.messages import VARIANTS, By, Claim, Claimed
from vigie.matcher.records import Record

_STRENGTH: Final = {by: place for place, by in enumerate(By)}  # from a fact down to a likeness


class Hit(NamedTuple):
    """One record that answers to a question, and why. Never leaves the matcher."""

    record: Record
    by: By
    distance: int | None
    variant: int
    asked_ms: int = -1
    """Which frame of the film asked about it answers to, in milliseconds; -1 for a picture or equal digests."""
    size_known: bool = True
    """False where a weak digest is equal and nobody said how long the file is."""

    @property
    def claim(self) -> Claim:
        """Equal digests say identical; near codes, and weak digests without a size, say that one resembles the other."""
        if self.by is By.PDQ or not self.size_known:
            return Claim.RESEMBLES
        return Claim.IDENTICAL

    @property
    def rank(self) -> tuple[int, int, int, int, int]:
        """Orders hits from the strongest to the weakest; of equal ones the earliest in the film comes first."""
        return (_STRENGTH[self.by], self.distance or 0, self.variant, self.asked_ms, self.record.frame_ms)

    @property
    def variant_name(self) -> str:
        """How the known picture was turned, mirrored or inverted to become the one asked about."""
        return VARIANTS[self.variant] if self.by is By.PDQ else ""


def strongest(hits: list[Hit]) -> list[Hit]:
    """The strongest hit on each content, strongest first."""
    best: dict[uuid.UUID, Hit] = {}
    for hit in hits:
        kept = best.get(hit.record.content)
        if kept is None or hit.rank < kept.rank:
            best[hit.record.content] = hit
    return sorted(best.values(), key=lambda hit: (hit.rank, hit.record.public_id))


def by_digest(record: Record, asked: Claimed) -> Hit | None:
    """What the record as it is now answers to these digests: only SHA-256 makes it a fact.

    With SHA-256 known on both sides, equal weak digests of other bytes are a collision somebody made. Lists that name
    no sizes (the ICSE CSV form has no column for them) are answered all the same, as a resemblance for a person to
    confirm: a digest that is equal must not be a miss.
    """
    if not record.answers_by_digest:
        return None
    if asked.sha256 is not None:
        return Hit(record, By.SHA256, None, 0) if record.sha256 == asked.sha256 else None
    if asked.size is not None and record.size != asked.size:
        return None
    same_sha1, same_md5 = record.sha1 == asked.sha1, record.md5 == asked.md5
    if not same_sha1 and not same_md5:
        return None
    by = By.MD5_AND_SHA1 if same_sha1 and same_md5 else By.SHA1 if same_sha1 else By.MD5
    return Hit(record, by, None, 0, size_known=asked.size is not None)
