"""The sending side of parcels: small files travel together."""

import dataclasses
import struct
from collections.abc import Callable, Iterable, Iterator

import httpx

from vigie.rooms.intake.client.answers import OddAnswer, Parcel, read, reason_of
from vigie.rooms.intake.client.sending import FileFailed, Line
from vigie.rooms.intake.client.walking import FoundFile

SMALL_BYTES = 2 * 1024**2
"""A file up to this size travels in a parcel; larger ones are sent by themselves, in pieces that can be resumed."""
PARCEL_BYTES = 8 * 1024**2
PARCEL_FILES = 32
_HEAD = struct.Struct(">QQ")
_AGAIN = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file of a parcel; `reason` is empty when it was acknowledged."""

    file: FoundFile
    reason: str


def parcels(files: Iterable[FoundFile]) -> Iterator[list[FoundFile]]:
    """The files in rows that fit one parcel, in order."""
    row: list[FoundFile] = []
    weight = 0
    for file in files:
        if row and (len(row) == PARCEL_FILES or weight + file.size > PARCEL_BYTES):
            yield row
            row, weight = [], 0
        row.append(file)
        weight += file.size
    if row:
        yield row


def send_parcel(
    line: Line, address: str, files: list[FoundFile], sent: Callable[[int], None]
) -> Iterator[Outcome]:
    """Every file is acknowledged by the server, or named with the reason why not; `sent` counts bytes sent.

    Raises FileFailed when the server takes no parcels: its files are then sent one by one.
    """
    waiting = {file.entry: file for file in files}
    for _ in range(_AGAIN):
        body, unreadable = _packed(waiting.values())
        for file in unreadable:
            yield Outcome(waiting.pop(file.entry), "unreadable")
        if not waiting:
            return
        answer = line.ask(
            "POST", f"{address}/parcel", content=body, headers={"Content-Type": "application/octet-stream"}
        )
        sent(len(body) - _HEAD.size * len(waiting))
        for result in _results(answer).results:
            if result.status != "busy" and result.entry in waiting:
                yield Outcome(waiting.pop(result.entry), result.reason)
        if not waiting:
            return
        line.pause(1.0)
    for file in waiting.values():
        yield Outcome(file, "busy")


def _results(answer: httpx.Response) -> Parcel:
    if answer.status_code != 200:
        raise FileFailed(reason_of(answer))
    try:
        return read(Parcel, answer)
    except OddAnswer as odd:
        raise FileFailed("odd_answer") from odd


def _packed(files: Iterable[FoundFile]) -> tuple[bytes, list[FoundFile]]:
    pieces, unreadable = [], []
    for file in files:
        try:
            with file.open() as opened:
                content = opened.read()
        except OSError:
            unreadable.append(file)
            continue
        pieces += [_HEAD.pack(file.entry, len(content)), content]
    return b"".join(pieces), unreadable
