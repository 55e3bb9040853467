"""What other rooms and shells may know of partners' submissions."""

import enum
import uuid
from datetime import datetime

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
