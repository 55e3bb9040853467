"""What other rooms and shells may know of matches."""

import uuid
from datetime import datetime

from vigie.backends.known import By, Claim
from vigie.rooms.matching.rules import Digests, Level, ListRole, Opinion, State
from vigie.rooms.media.schemas import ContentFacts
from vigie.rooms.series.schemas import SeriesSummary
from vigie.rooms.units.schemas import Desk, Frozen

__all__ = [
    "By",
    "Claim",
    "Digests",
    "KnownHit",
    "KnownListAdded",
    "KnownListSummary",
    "KnownState",
    "Level",
    "ListRole",
    "MatchCounts",
    "MatchNoticeView",
    "MatchView",
    "Matched",
    "Opinion",
    "OwnCopy",
    "QuestionView",
    "State",
    "VerdictView",
]


class VerdictView(Frozen):
    """What one side said last about a pair."""

    opinion: Opinion
    by_own_unit: bool
    person: uuid.UUID | None
    """Who said it, in one's own unit; other units are a desk, never an officer."""
    method: str
    """The engine whose answer was judged, kept with the verdict."""
    at: datetime


class QuestionView(Frozen):
    """A question to the owner of a record."""

    public_id: uuid.UUID
    from_unit: uuid.UUID
    words: str
    at: datetime


class MatchView(Frozen):
    """The asker's side of an answer. With a contact only, everything that would describe the other record is empty."""

    public_id: uuid.UUID
    content: uuid.UUID
    """The public id of the unit's own content."""
    level: Level
    claim: Claim
    by: By | None
    distance: int | None
    """Bits of 256; None for equal digests."""
    variant: str
    """How the other picture was turned, mirrored or inverted to become this one."""
    frame_ms: int
    """Time in the other's film, in milliseconds; -1 when the other is no film or is not shown."""
    own_frame_ms: int = -1
    """Time in the unit's own film, in milliseconds; -1 when its own item is no film or the other is not shown."""
    state: State
    holder_unit: uuid.UUID
    holder_country: str
    desk: Desk | None
    other: ContentFacts | None
    series: tuple[SeriesSummary, ...] = ()
    engine: str
    published_at: datetime
    seen_at: datetime | None
    may_judge: bool
    """False while the other item is not shown: the one act is then to ask the owner."""
    verdicts: tuple[VerdictView, ...] = ()
    version: int = 0
    """How often the own unit has spoken about this pair; given back with a verdict it keeps two people apart."""
    questions: tuple[QuestionView, ...] = ()


class MatchNoticeView(Frozen):
    """The owner's side: who asked about something this unit holds, and how to reach them."""

    public_id: uuid.UUID
    content: uuid.UUID
    level: Level
    """What the asker was told."""
    claim: Claim
    by: By | None
    distance: int | None
    variant: str
    state: State
    asker_unit: uuid.UUID
    asker_country: str
    desk: Desk | None
    other: ContentFacts | None
    told_at: datetime
    seen_at: datetime | None
    may_judge: bool
    verdicts: tuple[VerdictView, ...] = ()
    version: int = 0
    questions: tuple[QuestionView, ...] = ()


class MatchCounts(Frozen):
    """What waits for the viewer, counted from what the viewer may see."""

    new_matches: int = 0
    new_notices: int = 0


class OwnCopy(Frozen):
    """The unit holds this already, or a near copy of it (row id of the content asked about, public id of the other)."""

    content_id: uuid.UUID
    other: uuid.UUID
    claim: Claim
    distance: int | None
    variant: str


class Matched(Frozen):
    """What asking about a set of contents came to: how many were asked about, answers new to the unit, own copies."""

    asked: int
    new_answers: int
    own: tuple[OwnCopy, ...] = ()
    near_limit: tuple[uuid.UUID, ...] = ()
    """Contents (row ids) with a likeness so weak that the quick reading of a JPEG may have decided it."""


class KnownListSummary(Frozen):
    """A known list of the unit."""

    public_id: uuid.UUID
    name: str
    source: str
    version: str
    role: ListRole
    terms: str
    items: int
    added_at: datetime
    withdrawn_at: datetime | None


class KnownListAdded(Frozen):
    """What became of a list's entries."""

    public_id: uuid.UUID
    items: int
    withdrawn: int
    """Items the list took back, here and in its earlier versions."""
    faults: tuple[str, ...] = ()
    """In words, the first entries that could not be used."""
    more_faults: int = 0


class KnownHit(Frozen):
    """An item of a list that means a file, and by which digest."""

    list_id: uuid.UUID
    list_name: str
    list_version: str
    item: str
    by: str
    category: str
    series: str


class KnownState(Frozen):
    """What the unit's lists say of one file."""

    hidden: bool
    """True when a list says it is harmless and none flags it."""
    hides: tuple[KnownHit, ...] = ()
    flags: tuple[KnownHit, ...] = ()
