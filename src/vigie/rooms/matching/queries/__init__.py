"""Reads of matching: answers for the asker, notices for the owner, known lists for their unit, releases."""

from vigie.rooms.matching.queries.lists import known_for, known_lists, listed
from vigie.rooms.matching.queries.lookups import results_of
from vigie.rooms.matching.queries.matches import answers_of_submission, candidate, counts, new_matches
from vigie.rooms.matching.queries.notices import notice, notices
from vigie.rooms.matching.queries.releases import releases, require_release
from vigie.rooms.matching.queries.withdrawals import untold_withdrawals

__all__ = [
    "answers_of_submission",
    "candidate",
    "counts",
    "known_for",
    "known_lists",
    "listed",
    "new_matches",
    "notice",
    "notices",
    "releases",
    "require_release",
    "results_of",
    "untold_withdrawals",
]
