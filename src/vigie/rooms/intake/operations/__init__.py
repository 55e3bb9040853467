"""Writes of intake: handing in, answering manifests, receiving files, recording them, opening sealed ones, erasing what is kept of them."""

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
from vigie.rooms.intake.operations.seals import (
    all_opened,
    go_on_opening,
    open_one,
    record_authority,
    waiting_to_open,
)
from vigie.rooms.intake.operations.sending import abandon_upload, file_differs, file_sent, files_sent

__all__ = [
    "abandon_upload",
    "all_opened",
    "blank_entries",
    "blank_entries_of_exhibits",
    "close_submission",
    "continue_work",
    "file_differs",
    "file_sent",
    "files_sent",
    "finish_submission",
    "go_on_opening",
    "manifest",
    "mark_matched",
    "open_one",
    "open_submission",
    "record_authority",
    "record_batch",
    "remove_parts",
    "sweep_parts",
    "wait_then_continue",
    "waiting_to_open",
]
