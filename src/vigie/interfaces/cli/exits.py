"""The exit codes every command keeps to."""

from enum import IntEnum


class Exit(IntEnum):
    """What a script may conclude from the end of a command."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_SIGNED_IN = 3
    NOT_FOUND = 4
    CONFLICT = 5
    PARTLY_DONE = 6
    NETWORK = 7
    REFUSED = 8
    INTERRUPTED = 130
