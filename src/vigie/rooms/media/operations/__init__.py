"""Writes of content: recording it, reading it again, opening it for a person, tightening who sees it."""

from vigie.rooms.media.operations.reading import read_at_every_pixel
from vigie.rooms.media.operations.recording import record_claims, record_contents, record_occurrences
from vigie.rooms.media.operations.tightening import take_out, tighten_visibility, visibility_tightened
from vigie.rooms.media.operations.viewing import clear_view, veiled_page

__all__ = [
    "clear_view",
    "read_at_every_pixel",
    "record_claims",
    "record_contents",
    "record_occurrences",
    "take_out",
    "tighten_visibility",
    "veiled_page",
    "visibility_tightened",
]
