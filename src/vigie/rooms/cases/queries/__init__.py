"""Reads of cases: a unit's own only, whatever anybody else may see of the content."""

from vigie.rooms.cases.queries.keeping import (
    clocks,
    contents_of_case_alone,
    exhibits_of_cases,
    held_contents,
    holds,
    latest_day,
)
from vigie.rooms.cases.queries.reading import (
    PAGE,
    case,
    case_by_reference,
    cases,
    custody,
    exhibit,
    exhibit_by_reference,
    exhibits,
    hand_in_terms,
    verify_custody,
)

__all__ = [
    "PAGE",
    "case",
    "case_by_reference",
    "cases",
    "clocks",
    "contents_of_case_alone",
    "custody",
    "exhibit",
    "exhibit_by_reference",
    "exhibits",
    "exhibits_of_cases",
    "hand_in_terms",
    "held_contents",
    "holds",
    "latest_day",
    "verify_custody",
]
