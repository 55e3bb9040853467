"""Writes of content: recording it, opening it for a person, tightening who sees it."""

from vigie.rooms.media.operations.recording import record_claims, record_contents, record_occurrences
from vigie.rooms.media.operations.tightening import tighten_visibility, visibility_tightened
from vigie.rooms.media.operations.viewing import clear_view, veiled_page

__all__ = [
    "clear_view",
    "record_claims",
    "record_contents",
    "record_occurrences",
    "tighten_visibility",
    "veiled_page",
    "visibility_tightened",
]
