"""What crosses the border of a look-up: rows of hashes in, answers at the level each owner allows out."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, WithJsonSchema

from vigie.backends.known import By, Claim
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.rules.lookups import Variants
from vigie.rooms.matching.schemas import KnownHit
from vigie.rooms.media.schemas import ContentFacts
from vigie.rooms.series.schemas import SeriesSummary
from vigie.rooms.units.schemas import Desk, Frozen

_HEX = {"type": "string", "description": "hexadecimal digits"}
Row = Annotated[
    Any,
    WithJsonSchema(
        {
            "title": "LookUpRow",
            "description": "The hashes of one file, as far as they are known; at least one.",
            "type": "object",
            "properties": {
                "md5": _HEX,
                "sha1": _HEX,
                "sha256": _HEX,
                "pdq": _HEX,
                "quality": {"type": "integer", "minimum": 0, "maximum": 100},
                "dihedral": {"type": "array", "items": _HEX, "minItems": 8, "maxItems": 8},
                "size": {"type": "integer", "minimum": 0, "description": "bytes"},
            },
            "additionalProperties": False,
        }
    ),
]
"""Read row by row: one that cannot be used is named, and the others are answered."""


class LookUpRequest(Frozen):
    """Hashes to look up, under the case and the exhibit (public ids) they come from."""

    case: uuid.UUID
    exhibit: uuid.UUID
    variants: Variants = Variants.ONE
    entries: tuple[Row, ...]


class HeldHere(Frozen):
    """The unit holds this file already, or one that resembles it."""

    content: ContentFacts
    claim: Claim
    by: By
    distance: int | None
    """Bits of 256; None for equal digests."""
    variant: str
    frame_ms: int
    """Time in the film held, in milliseconds; -1 for a picture."""


class HeldElsewhere(Frozen):
    """What another owner allows to be said. With a contact only, everything that would describe its record is empty."""

    level: Level
    claim: Claim
    by: By | None = None
    distance: int | None = None
    variant: str = ""
    frame_ms: int = -1
    holder_unit: uuid.UUID
    holder_country: str
    desk: Desk | None
    other: ContentFacts | None = None
    series: tuple[SeriesSummary, ...] = ()


class LookUpResult(Frozen):
    """All that may be said of one row: what the unit holds, what its lists say, what others allow. Rows count from 1."""

    row: int
    own: tuple[HeldHere, ...] = ()
    hidden: bool = False
    """True when a list of the unit says it is harmless and none flags it."""
    hides: tuple[KnownHit, ...] = ()
    flags: tuple[KnownHit, ...] = ()
    answers: tuple[HeldElsewhere, ...] = ()


class LookUpFault(Frozen):
    """Something in a row that could not be used, and why."""

    row: int
    reason: str


class LookUpLine(LookUpResult):
    """One row of a long list: what may be said of it, and what of it could not be used."""

    asked: bool
    """False for a row that carries nothing usable, or the same as another one."""
    faults: tuple[str, ...] = ()


class LookUpQuota(Frozen):
    """How many hashes the person may still ask about, and when the count begins anew (UTC)."""

    left: int
    until: datetime


class LookUpAnswer(Frozen):
    """The answers to the rows that could be used, in their order, and what could not be used."""

    results: tuple[LookUpResult, ...]
    faults: tuple[LookUpFault, ...]
    hashes: int
    """What the call counted as."""
    quota: LookUpQuota


class NewLookUpRelease(Frozen):
    """A person of the unit may look up so many hashes in this case until then, beyond what a day allows."""

    person: str
    """The username."""
    case: uuid.UUID
    most_hashes: Annotated[int, Field(ge=1, le=10**9)]
    valid_until: AwareDatetime
    words: str = ""
    """Why, to the second supervisor: needed for more hashes than one supervisor releases alone."""


class LookUpReleased(Frozen):
    """The public id of a release."""

    id: uuid.UUID


class LookUpProposed(Frozen):
    """The public id of a proposal: the release waits for a second supervisor."""

    proposal: uuid.UUID


class LookUpReleaseView(Frozen):
    """A release as it stands."""

    public_id: uuid.UUID
    person: uuid.UUID
    case: uuid.UUID
    most_hashes: int
    used: int
    valid_until: datetime
    revoked_at: datetime | None
    given_by: uuid.UUID
    given_at: datetime
