"""On whose authority things are erased, how far an erasure has come, and when a clock runs out. Pure."""

import enum
from datetime import date, datetime, timedelta

CHUNK = 256
"""Contents one run of the job erases before it makes room for other work."""
BATCH = 64
"""Contents of one transaction."""
MOST_NAMED = 500
"""Contents named one by one in one order; what a case holds is named by the case."""
PAUSE_SECONDS = 10
"""How long an erasure waits for the matcher, or for others to be told, before it looks again."""


class Authority(enum.StrEnum):
    """On whose authority contents are erased: a closed list."""

    DECISION = "decision"
    COURT = "court"
    DATA_SUBJECT = "data_subject"
    ORIGINATOR = "originator"
    NOT_RELEVANT = "not_relevant"
    RETENTION = "retention"

    @property
    def is_for_people(self) -> bool:
        """True for those a person may name; the others are the clocks'."""
        return self not in {Authority.NOT_RELEVANT, Authority.RETENTION}


class Answer(enum.StrEnum):
    """What a supervisor answers before a case may be kept no more."""

    KEEP = "keep"
    ERASE = "erase"


class Stage(enum.StrEnum):
    """How far one content of an erasure has come."""

    ORDERED = "ordered"
    UNOPENABLE = "unopenable"
    """Its keys and its rows are gone; the object and its traces in index files are being removed."""
    GONE = "gone"


class ErasureState(enum.StrEnum):
    """How far an erasure has come."""

    UNDER_WAY = "under_way"
    DONE = "done"


def gone_from_backups(done: datetime, horizon_days: int) -> date:
    """The day from which on no backup, and no archive of the database's log, may hold what was erased.

    One day more than the horizon: a backup made in the last minute before the erasure counts from its own day.
    """
    return (done + timedelta(days=horizon_days + 1)).date()
