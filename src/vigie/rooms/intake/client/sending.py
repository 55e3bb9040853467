"""Requests that survive a cut line, and one file's bytes on their way by tus 1.0."""

import base64
import dataclasses
import hashlib
import time
from collections.abc import Callable
from typing import BinaryIO

import httpx

from vigie.rooms.intake.client.answers import UPLOADS, OddAnswer, offset_in, place_in, reason_of, words_of

CHUNK = 8 * 1024**2
"""Bytes sent at a time: what a killed run sends again at most."""
PATIENCE_SECONDS = 300.0
"""How long a line may be cut before the run gives up; a rerun goes on where it stopped."""
_LONGEST_PAUSE = 30.0
_TUS = {"Tus-Resumable": "1.0.0"}
_STREAM = {"Content-Type": "application/offset+octet-stream"}
_BUSY = frozenset({408, 423, 425, 429, 500, 502, 503, 504})
_STANDSTILLS = 50
"""Pieces in a row after which a server that acknowledges none of them is left alone."""


class Interrupted(Exception):  # noqa: N818 - says what happened
    """The line stayed cut; nothing is lost, and the same command goes on where it stopped."""


class ServerSaidNo(Exception):  # noqa: N818 - says what happened
    """The server refused the whole run; `status` is its HTTP status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class FileFailed(Exception):  # noqa: N818 - says what happened
    """One file could not be handed in; the others go on. `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """The line to the server, with its patience."""

    http: httpx.Client
    patience: float = PATIENCE_SECONDS
    pause: Callable[[float], None] = time.sleep

    def ask(self, method: str, address: str, **options: object) -> httpx.Response:
        """The server's answer, asked again with growing pauses while it is busy or the line is cut.

        Interrupted when patience ends, ServerSaidNo for 401 and 403. Every request made here may be made twice.
        """
        waited, pause = 0.0, 1.0
        while True:
            answer = self.once(method, address, **options)
            if answer is not None and answer.status_code not in _BUSY:
                return answer
            if waited >= self.patience:
                raise Interrupted("the server cannot be reached")
            self.pause(pause)
            waited, pause = waited + pause, min(_LONGEST_PAUSE, pause * 2)

    def once(self, method: str, address: str, **options: object) -> httpx.Response | None:
        """The server's answer, None when the line was cut; ServerSaidNo for 401 and 403."""
        try:
            answer = self.http.request(method, address, **options)  # type: ignore[arg-type]  # httpx's own keywords
        except (httpx.TransportError, httpx.DecodingError):
            return None
        if answer.status_code in {401, 403}:
            raise ServerSaidNo(answer.status_code, words_of(answer))
        return answer


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """One wanted file: whose entry it is, its size in bytes, where a begun upload goes on."""

    submission: str
    entry: int
    size: int
    place: str | None


def send_file(line: Line, order: Order, file: BinaryIO, sent: Callable[[int], None]) -> None:
    """The server has acknowledged the file, which it does only when its digest agrees; `sent` counts bytes sent.

    FileFailed when it does not agree, when the file is not wanted any more, or when what answers is no Vigie.
    Interrupted when it acknowledges nothing for `_STANDSTILLS` pieces.
    """
    try:
        _send_whole(line, order, file, sent)
    except OddAnswer as odd:
        raise FileFailed("odd_answer") from odd


def _send_whole(line: Line, order: Order, file: BinaryIO, sent: Callable[[int], None]) -> None:
    if order.place is None:
        place, offset = _create(line, order, file, sent)
    else:
        place = place_in(order.place)
        offset = _offset(line, place)
    still = 0
    while offset < order.size:
        reached = _send_piece(line, place, offset, file, sent)
        still = 0 if reached > offset else still + 1
        if still == _STANDSTILLS:
            raise Interrupted("the server takes no more of a file")
        offset = reached
    if offset != order.size:
        raise OddAnswer("more has arrived than the file has")


def _create(line: Line, order: Order, file: BinaryIO, sent: Callable[[int], None]) -> tuple[str, int]:
    named = {"submission": order.submission, "entry": str(order.entry)}
    piece = _read(file, 0)
    headers = {
        **_TUS,
        **_STREAM,
        "Upload-Length": str(order.size),
        "Upload-Metadata": ",".join(f"{key} {_base64(value.encode())}" for key, value in named.items()),
        "Upload-Checksum": f"sha256 {_base64(hashlib.sha256(piece).digest())}",
    }
    answer = line.ask("POST", UPLOADS, content=piece, headers=headers)
    sent(len(piece))
    if answer.status_code != 201:
        raise FileFailed(reason_of(answer))
    place = place_in(answer.headers.get("Location"))
    return place, offset_in(answer) if "Upload-Offset" in answer.headers else _offset(line, place)


def _send_piece(line: Line, place: str, offset: int, file: BinaryIO, sent: Callable[[int], None]) -> int:
    piece = _read(file, offset)
    if not piece:
        raise FileFailed("became_shorter")
    headers = {
        **_TUS,
        **_STREAM,
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {_base64(hashlib.sha256(piece).digest())}",
    }
    answer = line.once("PATCH", place, content=piece, headers=headers)
    sent(len(piece))
    if answer is not None and answer.status_code == 204:
        return offset_in(answer)
    if answer is None or answer.status_code in _BUSY | {409, 460}:
        return _offset(line, place)  # the server's own count decides where to go on
    raise FileFailed(reason_of(answer))


def _offset(line: Line, place: str) -> int:
    answer = line.ask("HEAD", place, headers=_TUS)
    if answer.status_code != 200:
        raise FileFailed(reason_of(answer))
    return offset_in(answer)


def _read(file: BinaryIO, offset: int) -> bytes:
    try:
        file.seek(offset)
        return file.read(CHUNK)
    except OSError as error:
        raise FileFailed("unreadable") from error


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
