"""Who asked about what a unit holds or lists: counts by asker, item and week, and the lines behind them."""

import uuid
from datetime import date, datetime

from vigie.backends.known import By, Claim
from vigie.rooms.matching.rules import Level
from vigie.rooms.units.schemas import Desk, Frozen


class AskedAbout(Frozen):
    """One unit asked about one item: never who in that unit, nor under which case."""

    public_id: uuid.UUID
    """The notice's."""
    content: uuid.UUID
    desk: Desk | None
    level: Level
    """What the asker was told."""
    claim: Claim
    told_at: datetime


class ListAsked(Frozen):
    """One unit came upon one item of a list of this unit."""

    public_id: uuid.UUID
    list_name: str
    list_version: str
    item: str
    desk: Desk | None
    by: By
    told_at: datetime


class Tally(Frozen):
    """How often one unit asked, or one item was asked about."""

    id: uuid.UUID
    """A unit's, or a content's public id."""
    name: str
    number: int
    silent: int
    """How many of them were told nothing."""
    last: datetime


class Week(Frozen):
    """How often was asked in one week, by its Monday (UTC)."""

    monday: date
    number: int


class AskedSummary(Frozen):
    """What a page of lines is part of."""

    number: int
    units: tuple[Tally, ...]
    items: tuple[Tally, ...]
    weeks: tuple[Week, ...]
