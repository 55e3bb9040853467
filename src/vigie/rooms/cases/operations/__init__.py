"""Writes of cases: opening one, its exhibits and holds, how its content is handled, and what a court sees of it."""

from vigie.rooms.cases.operations.courts import (
    COURT_OPEN,
    close_to_court,
    court_access_as_it_is,
    court_access_in_words,
    look_at_case,
    look_at_cases,
    look_at_exhibit,
    open_to_court,
    propose_court_access,
)
from vigie.rooms.cases.operations.handling import (
    loosen_handling,
    set_handling,
    terms_held,
    tighten_handling,
)
from vigie.rooms.cases.operations.opening import (
    add_custody,
    add_exhibit,
    blank_cases,
    keep_until,
    lift_hold,
    open_case,
    set_hold,
    set_not_relevant,
)

__all__ = [
    "COURT_OPEN",
    "add_custody",
    "add_exhibit",
    "blank_cases",
    "close_to_court",
    "court_access_as_it_is",
    "court_access_in_words",
    "keep_until",
    "lift_hold",
    "look_at_case",
    "look_at_cases",
    "look_at_exhibit",
    "loosen_handling",
    "open_case",
    "open_to_court",
    "propose_court_access",
    "set_handling",
    "set_hold",
    "set_not_relevant",
    "terms_held",
    "tighten_handling",
]
