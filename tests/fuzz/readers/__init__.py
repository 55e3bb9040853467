"""Every reader of what others wrote, ready to be fuzzed."""

from contextlib import ExitStack

from fuzz.pools import Pools
from fuzz.reader import Reader
from fuzz.readers import (
    archives,
    asked,
    backups,
    command_line,
    hash_lists,
    intake,
    media,
    notes,
    providers,
    sealed,
    worker_answers,
)

__all__ = ["MEDIA", "Pools", "all_readers"]

MEDIA = media.NAMES
"""The readers whose inputs go through confined workers."""


def all_readers(stack: ExitStack, pools: Pools) -> tuple[Reader, ...]:
    """The readers, in the order they are fuzzed; what they hold open is closed with the stack."""
    return (
        *media.readers(pools),
        worker_answers.reader(),
        *hash_lists.readers(stack),
        *archives.readers(stack),
        *notes.readers(stack),
        *sealed.readers(),
        *intake.readers(stack),
        *command_line.readers(stack),
        *asked.readers(),
        *providers.readers(),
        *backups.readers(stack),
    )
