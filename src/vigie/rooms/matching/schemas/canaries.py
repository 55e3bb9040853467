"""Canaries and alarms, as those see them who read the log."""

import uuid
from datetime import datetime

from vigie.backends.known import Claim
from vigie.rooms.matching.rules import Level
from vigie.rooms.units.schemas import Desk, Frozen


class CanaryView(Frozen):
    """One invented item of a unit."""

    public_id: uuid.UUID
    unit: Desk | None
    sha256: str
    sha1: str
    md5: str
    pdq: str
    level: Level
    note: str
    planted_at: datetime
    retired_at: datetime | None
    alarms: int


class AlarmView(Frozen):
    """Somebody asked about something invented."""

    public_id: uuid.UUID
    canary: uuid.UUID
    unit: Desk | None
    """Whose canary it is."""
    asker: Desk | None
    asker_unit: uuid.UUID
    level: Level
    """What the asker was told."""
    claim: Claim
    by_manifest: bool
    note: str
    asked_at: datetime
