"""Writes of content: recording it, reading it again, opening what was sealed, showing it to a person, tightening who sees it, erasing it."""

from vigie.rooms.media.operations.checking import check_stored
from vigie.rooms.media.operations.erasing import (
    keep_objects,
    remove_contents,
    remove_objects,
    remove_places,
)
from vigie.rooms.media.operations.handling import (
    handling_tightened,
    loosen_found_on,
    tighten_content_handling,
    tighten_found_on,
)
from vigie.rooms.media.operations.reading import read_at_every_pixel
from vigie.rooms.media.operations.recording import record_claims, record_contents, record_occurrences
from vigie.rooms.media.operations.rewrapping import rewrap_later, rewrap_some
from vigie.rooms.media.operations.tightening import take_out, tighten_visibility, visibility_tightened
from vigie.rooms.media.operations.unsealing import open_sealed
from vigie.rooms.media.operations.viewing import clear_view, veiled_page

__all__ = [
    "check_stored",
    "clear_view",
    "handling_tightened",
    "keep_objects",
    "loosen_found_on",
    "open_sealed",
    "read_at_every_pixel",
    "record_claims",
    "record_contents",
    "record_occurrences",
    "remove_contents",
    "remove_objects",
    "remove_places",
    "rewrap_later",
    "rewrap_some",
    "take_out",
    "tighten_content_handling",
    "tighten_found_on",
    "tighten_visibility",
    "veiled_page",
    "visibility_tightened",
]
