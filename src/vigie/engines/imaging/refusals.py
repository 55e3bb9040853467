"""How a file that cannot be shown or hashed is refused: a stable word and a sentence."""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a file was refused; these words are stored and translated, so they never change."""

    EMPTY = "empty"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    UNKNOWN_FORMAT = "unknown_format"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    WORKER_KILLED = "worker_killed"
    UNREADABLE = "unreadable"
    UNSUPPORTED_HERE = "unsupported_here"


class MediaRefused(Exception):  # noqa: N818 - a refusal is the expected answer to a bad file, not a fault of ours
    """A file was refused: `code` is a stable word, `message` an English sentence without the file's name."""

    def __init__(self, code: RefusalCode | str, message: str) -> None:
        super().__init__(f"{RefusalCode(code)}: {message}")
        self.code = RefusalCode(code)
        self.message = message

    def __reduce__(self) -> tuple[type["MediaRefused"], tuple[str, str]]:
        return MediaRefused, (str(self.code), self.message)
