"""What other rooms and shells may know of partners' submissions."""

import enum
import uuid
from datetime import datetime

from vigie.rooms.matching.schemas.lookups import LookUpResult
from vigie.rooms.units.schemas import Frozen


class Opinion(enum.StrEnum):
    """What a unit says of a submission."""

    USEFUL = "useful"
    KNOWN = "known"
    NOT_RELEVANT = "not_relevant"
    MORE_NEEDED = "more_needed"


class Received(Frozen):
    """What a partner is told of a submission: always this, whatever anybody holds."""

    id: uuid.UUID
    hashes: int
    at: datetime


class OpinionView(Frozen):
    """An opinion on a submission."""

    opinion: Opinion
    words: str
    at: datetime


class SubmissionView(Frozen):
    """A submission as the two units see it between whom it stands."""

    id: uuid.UUID
    is_own: bool
    """True for the partner that made it, False for the unit it was made to."""
    other_name: str
    """The other of the two."""
    title: str
    words: str
    hashes: int
    at: datetime
    opinion: OpinionView | None
    """The newest one; None while nobody said anything."""


class ComparisonState(enum.StrEnum):
    """How far the comparison of a submission has come."""

    WAITING = "waiting"
    COMPARED = "compared"
    STOPPED = "stopped"
    """Nothing was compared the last time; what was found before stays."""


class ComparisonView(Frozen):
    """The comparison of a submission, for the unit that received it."""

    submission: uuid.UUID
    case: uuid.UUID
    exhibit: uuid.UUID
    state: ComparisonState
    stopped: str
    """Why it stopped: the code of a refusal; empty otherwise."""
    asked_at: datetime
    compared_at: datetime | None
    found: int
    """Rows of which something was known when it was compared."""
    left_out: int
    """Rows that were not compared: the same as another one, or the digests of an empty file."""
    seen: bool


class FindingView(LookUpResult):
    """What is known of one row of a submission: what may be shown now of what was found when it was compared."""

    digests: tuple[str, ...]
    """In hexadecimal: MD5, SHA-1, SHA-256, as far as the partner knew them."""
    withdrawn: int = 0
    """Answers whose owner erased the item since."""
    same_as: int | None = None
    """The row it repeats, for one that was left out because of that."""
    left_out: bool = False


class FindingPage(Frozen):
    """Findings in the order of the rows; `next_row` is where the next page begins, None on the last."""

    findings: tuple[FindingView, ...]
    next_row: int | None
