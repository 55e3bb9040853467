"""Writes of retention: ordering an erasure, carrying it out, certifying it."""

from vigie.rooms.retention.operations.erasing import (
    clear_outside,
    go_on_or_finish,
    order_erasure,
    take_apart,
    wait_then_go_on,
)

__all__ = [
    "clear_outside",
    "go_on_or_finish",
    "order_erasure",
    "take_apart",
    "wait_then_go_on",
]
