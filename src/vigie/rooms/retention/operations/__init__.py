"""Writes of retention: ordering an erasure, carrying it out, certifying it."""

from vigie.rooms.retention.operations.clocks import answer_review, run_clocks
from vigie.rooms.retention.operations.erasing import (
    clear_outside,
    go_on_or_finish,
    take_apart,
    wait_then_go_on,
)
from vigie.rooms.retention.operations.ordering import (
    EVIDENCE_ERASE,
    erase_proposed,
    erasure_in_words,
    evidence_as_it_is,
    propose_case_erasure,
    propose_erasure,
)

__all__ = [
    "EVIDENCE_ERASE",
    "answer_review",
    "clear_outside",
    "erase_proposed",
    "erasure_in_words",
    "evidence_as_it_is",
    "go_on_or_finish",
    "propose_case_erasure",
    "propose_erasure",
    "run_clocks",
    "take_apart",
    "wait_then_go_on",
]
