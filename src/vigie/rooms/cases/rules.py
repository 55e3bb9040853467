"""How the chain of custody is linked, and when a case's clock asks and ends. Pure."""

import calendar
import dataclasses
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

REVIEW_MONTHS = 6
"""How long before a case may be kept no more its unit is asked."""
LONGEST_COURT_ACCESS = timedelta(days=365)
"""So long a case is opened to a court at most; two persons decide anew after that (reference domain.md section 7)."""
FIRST_LINK = bytes(32)
"""What the first link of a chain stands on."""

Parameters = Mapping[str, str | int]
"""A tool's parameters: words and whole numbers only, because they read back from storage exactly as written."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CustodyLink:
    """One link of a chain of custody: who did what to which exhibit, when and with which tool."""

    exhibit: uuid.UUID
    position: int
    at: datetime
    by: uuid.UUID
    act: str
    tool: str
    tool_version: str
    parameters: Parameters


def review_day(retain_until: date) -> date:
    """Six months before the last day, when the unit is asked (INTERPOL's rules on processing, articles 49 to 51)."""
    year, month = divmod(retain_until.year * 12 + retain_until.month - 1 - REVIEW_MONTHS, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(retain_until.day, last))


def years_later(day: date, years: int) -> date:
    """The same day so many years later; the 28th of February for the 29th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def link_digest(previous: bytes, link: CustodyLink) -> bytes:
    """SHA-256 over the digest of the link before and this link as JSON (keys sorted, no spaces, UTF-8, times in UTC)."""
    row = {
        "exhibit": str(link.exhibit),
        "position": link.position,
        "at": link.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "by": str(link.by),
        "act": link.act,
        "tool": link.tool,
        "tool_version": link.tool_version,
        "parameters": dict(link.parameters),
    }
    written = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + written.encode()).digest()
