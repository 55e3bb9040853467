"""Writes of intake: handing in, answering manifests, receiving files, recording them, erasing what is kept of them."""

from vigie.rooms.intake.operations.erasing import blank_entries, blank_entries_of_exhibits, remove_parts
from vigie.rooms.intake.operations.handing_in import close_submission, open_submission
from vigie.rooms.intake.operations.manifests import manifest
from vigie.rooms.intake.operations.recording import (
    continue_work,
    finish_submission,
    mark_matched,
    record_batch,
    sweep_parts,
    wait_then_continue,
)
from vigie.rooms.intake.operations.sending import abandon_upload, file_differs, file_sent, files_sent

__all__ = [
    "abandon_upload",
    "blank_entries",
    "blank_entries_of_exhibits",
    "close_submission",
    "continue_work",
    "file_differs",
    "file_sent",
    "files_sent",
    "finish_submission",
    "manifest",
    "mark_matched",
    "open_submission",
    "record_batch",
    "remove_parts",
    "sweep_parts",
    "wait_then_continue",
]
