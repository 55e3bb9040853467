"""Reads of what partners submitted: for the partner its own, for a unit what was submitted to it and what is known of it."""

from vigie.rooms.partners.queries.comparing import (
    FINDINGS,
    comparison,
    comparisons,
    findings,
    findings_unseen,
)
from vigie.rooms.partners.queries.reading import hash_lines, submission, submissions

__all__ = [
    "FINDINGS",
    "comparison",
    "comparisons",
    "findings",
    "findings_unseen",
    "hash_lines",
    "submission",
    "submissions",
]
