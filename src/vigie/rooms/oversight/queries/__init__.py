"""Reads of the log: its lines, how far it is proven, who witnessed it."""

from vigie.rooms.oversight.queries.console import LONGEST_EXPORT, counts, groups, lines_of
from vigie.rooms.oversight.queries.lines import (
    LogFilter,
    line_of,
    log_line,
    log_page,
    log_state,
    narrowed,
    proof,
)
from vigie.rooms.oversight.queries.witnessing import (
    actor_for_witness,
    cosigned,
    request_from,
    stamps,
    unwitnessed_since,
    witness_keys,
    witnessing,
)

__all__ = [
    "LONGEST_EXPORT",
    "LogFilter",
    "actor_for_witness",
    "cosigned",
    "counts",
    "groups",
    "line_of",
    "lines_of",
    "log_line",
    "log_page",
    "log_state",
    "narrowed",
    "proof",
    "request_from",
    "stamps",
    "unwitnessed_since",
    "witness_keys",
    "witnessing",
]
