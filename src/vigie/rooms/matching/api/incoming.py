"""The lines of a request's body while it arrives: kept on disk unnamed, so that the sender is never held up by answers.

A client that sends everything before it reads anything (most do) would otherwise wait for us while we wait for it.
"""

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

from vigie.rooms.matching.rules.lookups import Unreadable

CHUNK_ROWS: Final = 2_000
"""Rows of one transaction, one line in the log and one stretch of answers: 0.3 s of work."""
LONGEST_LINE: Final = 16_384
"""Bytes; a row with every hash and eight orientations has 900."""
_READ: Final = 1 << 14
"""Bytes asked of the web server at once: it waits until they are there, and a slow sender is to be answered too."""
_TAKEN: Final = 1 << 18
_PATIENCE_SECONDS: Final = 0.5
"""How long rows that are there wait for more of their chunk, when a sender is slow."""

Numbered = tuple[int, Any]


class BodyCutError(Exception):
    """The body ended before its end, or could not be kept."""


def whole(read: Callable[[int], bytes], length: int) -> Callable[[int], bytes]:
    """Reads like `read`, and raises BodyCutError where the body ends before it had `length` bytes.

    The web server tells a body that broke off by nothing but its end (Granian 2.8, tried).
    """
    left = length

    def piece(size: int) -> bytes:
        nonlocal left
        found = read(size)
        left -= len(found)
        if not found and left > 0:
            raise BodyCutError
        return found

    return piece


class Spool:
    """A body on its way in: one thread fills it, one reader takes from it. Close it."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._file = tempfile.TemporaryFile(buffering=0, prefix="vigie-look-up-")  # noqa: SIM115 - closed by close()
        self._there = 0
        self._taken = 0
        self._ended = False
        self._closed = False
        self._fault: Exception | None = None
        self._more = threading.Condition()
        self._filler = threading.Thread(target=self._fill, name="look-up-body", daemon=True)
        self._filler.start()

    def take(self, patience: float | None) -> bytes | None:
        """Bytes that are there, at most 256 KiB; b"" when none came in `patience` seconds; None at the end.

        Raises BodyCutError when the body broke off.
        """
        with self._more:
            self._more.wait_for(lambda: self._ended or self._there > self._taken, patience)
            there, ended, fault = self._there, self._ended, self._fault
        if there == self._taken:
            if fault is not None:
                raise BodyCutError from fault
            return None if ended else b""
        piece = os.pread(self._file.fileno(), min(_TAKEN, there - self._taken), self._taken)
        self._taken += len(piece)
        return piece

    def close(self) -> None:
        """Nothing more is kept; what was is gone."""
        with self._more:
            self._closed = True
            if self._ended:
                self._file.close()

    def _fill(self) -> None:
        fault: Exception | None = None
        try:
            while not self._closed and (piece := self._read(_READ)):
                self._keep(piece)
        except Exception as error:  # noqa: BLE001 - whatever broke the body, its reader is told
            fault = error
        with self._more:
            self._ended, self._fault = True, fault
            if self._closed:
                self._file.close()
            self._more.notify_all()

    def _keep(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            written = self._file.write(left)
            left = left[written:]
            with self._more:
                self._there += written
                self._more.notify_all()


def chunks(spool: Spool, first: int) -> Iterator[list[Numbered]]:
    """The rows of a body, some thousand at a time, numbered from `first`; a line that cannot be read is Unreadable.

    Empty lines have a number and are left out. Raises BodyCutError as the spool.
    """
    rows: list[Numbered] = []
    for row, line in _numbered(spool, first):
        if line is None:  # a slow sender: what is there is answered
            if rows:
                yield rows
                rows = []
            continue
        rows.append((row, _value(line)))
        if len(rows) == CHUNK_ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _numbered(spool: Spool, first: int) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers; None for the line where nothing came for a while. Too long a line is cut, not kept."""
    row, rest = first, b""
    waiting = False
    while (piece := spool.take(_PATIENCE_SECONDS if waiting else None)) is not None:
        if not piece:
            waiting = False
            yield row, None
            continue
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.strip():
                waiting = True
                yield row, line
            row += 1
        rest = rest[: LONGEST_LINE + 1]
    if rest.strip():
        yield row, rest


def _value(line: bytes) -> Any:
    if len(line) > LONGEST_LINE:
        return Unreadable(f"longer than {LONGEST_LINE} bytes")
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return Unreadable("not a line of JSON")
