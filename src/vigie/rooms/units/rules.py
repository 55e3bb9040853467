"""The facts of a unit, where an agreement stands, and behind which client certificates its people come in."""

import dataclasses
import enum
import re
import zoneinfo
from datetime import UTC, date, datetime
from typing import Any

from vigie.kernel.actors import Purpose

_COUNTRY = re.compile(r"[A-Z]{2,3}", re.ASCII)


def is_country_code(text: str) -> bool:
    """True for two or three capital letters: what the keys of a country's media are named by."""
    return _COUNTRY.fullmatch(text) is not None


def is_time_zone(text: str) -> bool:
    """True for a zone of the IANA database, as in Europe/Paris."""
    return text in zoneinfo.available_timezones()


def is_period(begin: date, end: date) -> bool:
    """True when an agreement may run from one day to the other, both included."""
    return begin <= end


NEVER = datetime.fromtimestamp(0, UTC)
"""When an agreement ended that is not there."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What the running agreements of an organisation open."""

    until: datetime
    """When the last of them ends that covers the purpose acted for (UTC); the epoch when none does."""
    purposes: frozenset[Purpose]
    """All they cover."""


class AgreementState(enum.StrEnum):
    """Where an agreement stands on a day."""

    AHEAD = "ahead"
    RUNNING = "running"
    SUSPENDED = "suspended"
    ENDED = "ended"


def state_of(
    begins: date, ends: date, ended_on: date | None, suspended_at: datetime | None, today: date
) -> AgreementState:
    """Where an agreement stands today: its end is final, and a suspension holds also before it begins."""
    if ended_on is not None or today > ends:
        return AgreementState.ENDED
    if suspended_at is not None:
        return AgreementState.SUSPENDED
    return AgreementState.RUNNING if today >= begins else AgreementState.AHEAD


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """What is known of a unit when it is added."""

    code: str
    name: str
    country: str
    organisation: str
    kind: str = "police"
    town: str = ""
    time_zone: str = "UTC"
    desk_name: str = ""
    desk_phone: str = ""
    desk_mail: str = ""
    desk_languages: str = ""
    desk_hours: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The columns of the unit's row."""
        columns = dataclasses.asdict(self)
        del columns["organisation"], columns["kind"]
        columns["country_id"] = columns.pop("country")
        columns["desk_name"] = columns["desk_name"] or self.name
        return columns


class Covers(enum.Enum):
    """Whose people come in behind a client certificate."""

    UNIT = "unit"
    COUNTRY = "country"
