"""Writes about what partners submit: submitting, comparing it with what is known, and saying what one thinks of it."""

from vigie.rooms.partners.operations.comparing import (
    COMPARE,
    compare,
    compare_later,
    compare_now,
    drop_findings,
    see_findings,
    stop_comparison,
    take_back,
)
from vigie.rooms.partners.operations.submitting import give_opinion, submit

__all__ = [
    "COMPARE",
    "compare",
    "compare_later",
    "compare_now",
    "drop_findings",
    "give_opinion",
    "see_findings",
    "stop_comparison",
    "submit",
    "take_back",
]
