"""What is asked of the matcher and what it answers: frozen values, the same on both sides of the socket.

An answer says what the asker may know and nothing else. There is no field for hits, counts or refusals: what is silent
leaves no trace here.
"""

import hashlib
import uuid
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from vigie.engines.hashing.pdq import MATCH_DISTANCE, MATCH_QUALITY, Variant, undone

LONGEST_CHUNK: Final = 256
"""Items of one question; a job is a chunk of as many files."""
LONGEST_LIST: Final = 1_000
"""Hashes of one look-up: others get their turn after a fifth of a second, whatever the length of the whole list."""
MOST_IDS: Final = 10_000
CODE_BYTES: Final = 32
ORIENTATIONS: Final = 8
NEAR: Final = MATCH_DISTANCE
UNSURE: Final = 24
GLIMPSED: Final = 38
"""Bits from which on, and up to which, a likeness is near the limit: where a JPEG was read grey and scaled (up to 8 bits
off) a second reading may part the two, or bring them within it. Beyond `NEAR` nothing is told and nobody is told of."""
ENOUGH_DETAIL: Final = MATCH_QUALITY
VARIANTS: Final = tuple(undone(variant).value for variant in Variant)
"""How a known picture was turned, mirrored or inverted when it equals the n-th of the sixteen codes of a question."""


class Message(BaseModel):
    """A value that crosses the socket as JSON; bytes travel as hexadecimal digits."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="hex", val_json_bytes="hex")


class Claim(StrEnum):
    """What an answer says about two items."""

    IDENTICAL = "identical"
    """The same digest: a fact."""
    RESEMBLES = "resembles"
    """Near fingerprints, or an equal weak digest of a file of unknown size: a candidate for a person to judge."""


class By(StrEnum):
    """What the claim rests on. Only SHA-256 makes it a fact; the others are weak digests or a likeness."""

    SHA256 = "sha256"
    MD5_AND_SHA1 = "md5_sha1"
    SHA1 = "sha1"
    MD5 = "md5"
    PDQ = "pdq"


class Shard(NamedTuple):
    """Which part of known media a matcher answers for: shard `number` (from 1) of so many."""

    number: int
    of: int

    def holds(self, content: uuid.UUID) -> bool:
        """Whether the rows of this content are this shard's: contents are dealt out by a hash of their ids."""
        if self.of == 1:
            return True
        dealt = hashlib.blake2b(content.bytes, digest_size=8).digest()
        return int.from_bytes(dealt) % self.of == self.number - 1


WHOLE: Final = Shard(1, 1)
"""All known media in one matcher."""


class Asker(Message):
    """In whose name, for what, and by which service a question is put; every request carries it, signed."""

    unit: uuid.UUID
    country: Annotated[str, Field(min_length=1, max_length=3)]
    person: uuid.UUID | None
    service: Annotated[str, Field(min_length=1, max_length=40)]
    case: uuid.UUID | None
    exhibit: uuid.UUID | None
    purpose: Annotated[str, Field(min_length=1, max_length=32)]


class Claimed(Message):
    """Hashes of a file that nobody verified and the asker does not hold.

    MD5 and SHA-1 say "identical" only with an equal size; without a size they say "resembles".

    `pdq` is a picture's code, 32 bytes; below `ENOUGH_DETAIL` of 100 in `quality` it is not looked up (a list that does
    not say is taken to hold no flat pictures). With `variants` "one" the code is looked up as it stands, with "all" also
    turned, mirrored and inverted: exactly when `dihedral` gives the codes of the eight orientations (256 bytes in the
    order of `pdq.Variant`), else with codes derived from `pdq` alone, which lie some bits off and may miss a turned copy.
    """

    sha256: Annotated[bytes, Field(min_length=32, max_length=32)] | None = None
    sha1: Annotated[bytes, Field(min_length=20, max_length=20)] | None = None
    md5: Annotated[bytes, Field(min_length=16, max_length=16)] | None = None
    size: Annotated[int, Field(ge=0)] | None = None
    pdq: Annotated[bytes, Field(min_length=CODE_BYTES, max_length=CODE_BYTES)] | None = None
    quality: Annotated[int, Field(ge=0, le=100)] | None = None
    dihedral: (
        Annotated[bytes, Field(min_length=ORIENTATIONS * CODE_BYTES, max_length=ORIENTATIONS * CODE_BYTES)]
        | None
    ) = None
    variants: Literal["one", "all"] = "one"


class Item(Message):
    """One thing asked about: a content of the asker's unit, whose fingerprints the matcher reads from the truth.

    With `claimed` the id is only the asker's own word for a file it does not hold. A long film is asked about piece by
    piece: `frames` names the piece, from its first millisecond to the one after its last; without it all is asked.
    """

    content: uuid.UUID
    claimed: Claimed | None = None
    frames: tuple[int, int] | None = None


class FullAnswer(Message):
    """The asker may see the other content."""

    level: Literal["full"] = "full"
    holder_unit: uuid.UUID
    holder_country: str
    claim: Claim
    answer_key: bytes
    pair: uuid.UUID
    public_id: uuid.UUID
    by: By
    distance: int | None = None
    """Bits of 256; None where digests are equal."""
    variant: str = ""
    frame_ms: int = -1
    """Time in the other's film, in milliseconds; -1 for a picture."""
    own_frame_ms: int = -1
    """Time in the asker's own film, in milliseconds; -1 for a picture."""


class ContactAnswer(Message):
    """Somebody holds something, and this is whom to ask; one for each holder, however much it holds."""

    level: Literal["contact_only"] = "contact_only"
    holder_unit: uuid.UUID
    holder_country: str
    claim: Claim
    answer_key: bytes
    pair: uuid.UUID


Answer = Annotated[FullAnswer | ContactAnswer, Field(discriminator="level")]


class OwnMatch(Message):
    """The asker's own unit holds this already, or a near copy of it."""

    content: uuid.UUID
    public_id: uuid.UUID
    claim: Claim
    by: By
    distance: int | None = None
    variant: str = ""
    frame_ms: int = -1
    """Time in the film held already, in milliseconds; -1 for a picture."""
    own_frame_ms: int = -1
    """Time in the film asked about, in milliseconds; -1 for a picture."""


class ItemAnswers(Message):
    """All that may be said now about one item; what was said before and is not here holds no longer."""

    content: uuid.UUID
    recognised: bool
    """False when the unit has no such content on record, and no digests were claimed."""
    near_limit: bool = False
    """Whether something that may be told lies within some bits of the limit; what is silent never makes it true."""
    answers: tuple[Answer, ...] = ()
    own: tuple[OwnMatch, ...] = ()


class Found(Message):
    """All that may be said now about one hash of a look-up; where nothing may be said there is none of these."""

    place: int
    """Which hash of the look-up, from 0."""
    answers: tuple[Answer, ...] = ()
    own: tuple[OwnMatch, ...] = ()


class Change(Message):
    """What became of ids the matcher was told to look at again."""

    present: int
    gone: int


class Snapshot(Message):
    """The index files stand on disk, and hold so many codes."""

    codes: int


class Verification(Message):
    """The index compared with the truth, row by row."""

    rows: int
    codes: int
    faults: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """True when nothing wrong was found."""
        return not self.faults
