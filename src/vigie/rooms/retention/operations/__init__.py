"""Writes of retention: ordering an erasure, carrying it out, certifying it."""

from vigie.rooms.retention.operations.clocks import answer_review, run_clocks
from vigie.rooms.retention.operations.erasing import (
    clear_outside,
    go_on_or_finish,
    order_erasure,
    take_apart,
    wait_then_go_on,
)

__all__ = [
    "answer_review",
    "clear_outside",
    "go_on_or_finish",
    "order_erasure",
    "run_clocks",
    "take_apart",
    "wait_then_go_on",
]
