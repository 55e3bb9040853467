"""Reads of cases: a unit's own only, whatever anybody else may see of the content; and a court's, of those open to it."""

from vigie.rooms.cases.queries.courts import (
    court_access,
    open_case,
    open_cases,
    open_cases_of,
    open_exhibit,
)
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
    "court_access",
    "custody",
    "exhibit",
    "exhibit_by_reference",
    "exhibits",
    "exhibits_of_cases",
    "hand_in_terms",
    "held_contents",
    "holds",
    "latest_day",
    "open_case",
    "open_cases",
    "open_cases_of",
    "open_exhibit",
    "verify_custody",
]
