"""Headers of requests and answers.

A request is a header and `length` bytes of payload; so is an answer. All numbers are little-endian.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

_REQUEST = struct.Struct("<4sBxHIQ")
_ANSWER = struct.Struct("<4sBxxxQ")
_REQUEST_MARK = b"VGq1"
_ANSWER_MARK = b"VGa1"

REQUEST_BYTES = _REQUEST.size
ANSWER_BYTES = _ANSWER.size
LONGEST_REFUSAL = 1024  # bytes


class Asked(IntEnum):
    """What a worker is asked to do."""

    ANALYSE = 1
    ANALYSE_FULL = 2
    CLEAR = 3
    CLEAR_GREY = 4
    OPEN_FILM = 5
    NEXT_FRAMES = 6
    ENCODE_JPEG = 7


class Status(IntEnum):
    """How an answer begins: the result follows, or a refusal (code, line feed, message)."""

    DONE = 0
    REFUSED = 1


class BadMessage(ValueError):  # noqa: N818 - says what it is
    """The other side sent something that is not a message of this protocol."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked: `detail` is a small number of its own (JPEG quality, frames wanted); `seconds` the time allowed."""

    asked: Asked
    detail: int
    seconds: int
    length: int  # bytes of payload

    def pack(self) -> bytes:
        """Return the header."""
        return _REQUEST.pack(_REQUEST_MARK, self.asked, self.detail, self.seconds, self.length)


def unpack_request(header: bytes) -> Request:
    """Return the request of a header of `REQUEST_BYTES`; raises BadMessage for anything else."""
    try:
        mark, asked, detail, seconds, length = _REQUEST.unpack(header)
        _require_mark(mark, _REQUEST_MARK)
        return Request(Asked(asked), detail, seconds, length)
    except (struct.error, ValueError) as error:
        raise BadMessage(f"not a request: {error}") from error


def pack_answer(status: Status, length: int) -> bytes:
    """Return the header of an answer with `length` bytes of payload."""
    return _ANSWER.pack(_ANSWER_MARK, status, length)


def unpack_answer(header: bytes, *, most: int) -> tuple[Status, int]:
    """Return the status and the length of the payload, at most `most` bytes (a refusal: `LONGEST_REFUSAL`).

    Raises BadMessage for anything else, so nothing is allocated on the word of a worker.
    """
    try:
        mark, status, length = _ANSWER.unpack(header)
        _require_mark(mark, _ANSWER_MARK)
        known = Status(status)
    except (struct.error, ValueError) as error:
        raise BadMessage(f"not an answer: {error}") from error
    if length > (most if known == Status.DONE else LONGEST_REFUSAL):
        raise BadMessage(f"an answer of {length} bytes where at most {most} can be")
    return known, length


def _require_mark(found: bytes, wanted: bytes) -> None:
    if found != wanted:
        raise BadMessage("the mark of this protocol is missing")
