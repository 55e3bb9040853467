"""A list on its way to the server: in calls of ten thousand rows, or in one stream that goes on after a cut."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from vigie.backends.remote import Remote, RemoteProblem
from vigie.backends.remote.client import odd_answer, problem_of, unreachable
from vigie.engines.formats.hash_lists import ListEntry, ListFault, read_list
from vigie.rooms.matching.rules.lookups import MOST_ROWS

LOOKUPS: Final = "/api/v1/lookups"
_NDJSON: Final = "application/x-ndjson"
_SECONDS: Final = httpx.Timeout(120, connect=10)
_WIRE: Final = ("md5", "sha1", "sha256", "pdq")


class Answer(NamedTuple):
    """What the server says of one row: how the list names it, its result, and what could not be used of it."""

    item: str
    said: dict[str, Any]
    faults: list[str]


class _Said(BaseModel):
    """A part of an answer: what is printed of it is there, and what else the server says goes with it."""

    model_config = ConfigDict(extra="allow")


class _Likeness(_Said):
    claim: str
    by: str | None
    distance: int | None


class _Content(_Said):
    public_id: str


class _Own(_Likeness):
    content: _Content


class _OnList(_Said):
    list_name: str
    list_version: str
    item: str


class _Flag(_OnList):
    category: str


class _Holder(_Likeness):
    level: str
    desk: dict[str, Any] | None
    holder_country: str


class _Result(_Said):
    row: int
    own: list[_Own]
    hidden: bool
    hides: list[_OnList]
    flags: list[_Flag]
    answers: list[_Holder]


class _Line(_Result):
    faults: list[str]


class _Fault(_Said):
    row: int
    reason: str


class _Told(_Said):
    results: list[_Result]
    faults: list[_Fault]


class _Stop(_Said):
    status: int
    title: str
    detail: str
    code: str


class Listed:
    """The rows of a list file, read anew whenever they are asked for; faults are told once."""

    def __init__(self, path: Path, tell: Callable[[ListFault], None]) -> None:
        self._path = path
        self._tell = tell
        self.faults = 0
        self._told = False

    def rows(self, first: int) -> Iterator[ListEntry]:
        """The entries from number `first` on, as they stand in the file."""
        return islice(self._entries(), first - 1, None)

    def _entries(self) -> Iterator[ListEntry]:
        tells, self._told = not self._told, True
        for record in read_list(self._path):
            if isinstance(record, ListEntry):
                yield record
            elif isinstance(record, ListFault) and tells:
                self.faults += 1
                self._tell(record)


def in_batches(remote: Remote, listed: Listed, place: dict[str, str], first: int) -> Iterator[Answer]:
    """The answers to a list's rows, ten thousand a call; RemoteProblem says from which row to go on."""
    rows = listed.rows(first)
    while batch := list(islice(rows, MOST_ROWS)):
        try:
            told = remote.post(LOOKUPS, place | {"entries": [wire(entry) for entry in batch]})
        except RemoteProblem as problem:
            if first == 1:
                raise
            raise _go_on(problem, first) from problem
        try:
            read = _Told.model_validate(told)
        except ValidationError as error:
            raise _go_on(odd_answer(remote.http.base_url), first) from error
        results = {one.row: one.model_dump() for one in read.results}
        faults: dict[int, list[str]] = {}
        for fault in read.faults:
            faults.setdefault(fault.row, []).append(fault.reason)
        for place_in, entry in enumerate(batch, 1):
            said = results.get(place_in, _NOTHING)
            yield Answer(entry.item, said | {"row": first + place_in - 1}, faults.get(place_in, []))
        first += len(batch)


def in_bulk(remote: Remote, listed: Listed, asked: dict[str, str], first: int) -> Iterator[Answer]:
    """The answers to a list's rows as they come; a line that is cut is opened again behind the last answer."""
    while True:
        begun = first
        try:
            for answer in _streamed(remote.http, listed, asked, first):
                first = answer.said["row"] + 1
                yield answer
        except httpx.HTTPError as error:
            if first == begun:  # no row came through this time: whoever calls decides when to try again
                raise _go_on(unreachable(remote.http, error), first) from error
            continue
        except RemoteProblem as problem:
            raise _go_on(problem, first) from problem
        return


def wire(entry: ListEntry) -> dict[str, Any]:
    """The entry as a row of a look-up: its hashes and the numbers beside them, and nothing that names it."""
    row: dict[str, Any] = {name: value.hex() for name in _WIRE if (value := getattr(entry, name)) is not None}
    if entry.pdq is not None and entry.pdq_quality is not None:
        row["quality"] = entry.pdq_quality
    if entry.size is not None:
        row["size"] = entry.size
    return row


_NOTHING: Final[dict[str, Any]] = {"own": [], "hidden": False, "hides": [], "flags": [], "answers": []}


def _streamed(http: httpx.Client, listed: Listed, asked: dict[str, str], first: int) -> Iterator[Answer]:
    """Answers of one stream, each with the name its row has in the list, which is read a second time beside them."""
    names = enumerate(listed.rows(first), first)
    options: dict[str, Any] = {
        "params": asked | {"first_row": str(first)},
        "content": _lines(listed.rows(first)),
        "headers": {"Content-Type": _NDJSON, "Accept": _NDJSON},
        "timeout": _SECONDS,
    }
    with http.stream("POST", f"{LOOKUPS}/bulk", **options) as response:
        if not response.is_success:
            response.read()
            raise problem_of(response)
        for line in response.iter_lines():
            try:
                told = _line(json.loads(line))
                if told is None:
                    return
                item = next(entry.item for row, entry in names if row == told.row)
            except (ValueError, RecursionError, StopIteration) as error:
                raise odd_answer(http.base_url) from error
            said = told.model_dump()
            yield Answer(item, {name: said[name] for name in ("row", *_NOTHING)}, told.faults)
    raise httpx.ReadError("the answers ended before the list did")


def _line(said: Any) -> _Line | None:
    """The answer of one line; None for the last. RemoteProblem where the server stopped, ValueError for anything else."""
    if isinstance(said, Mapping) and "done" in said:
        return None
    if isinstance(said, Mapping) and "stopped" in said:
        stop = _Stop.model_validate(said["stopped"])
        raise RemoteProblem(stop.status, stop.title, stop.detail, stop.code)
    return _Line.model_validate(said)


def _lines(entries: Iterable[ListEntry]) -> Iterator[bytes]:
    """Pieces of the body: some hundred rows each, for a piece a row costs a system call each."""
    left = iter(entries)
    while rows := list(islice(left, 500)):
        yield b"".join(json.dumps(wire(entry)).encode() + b"\n" for entry in rows)


def _go_on(problem: RemoteProblem, row: int) -> RemoteProblem:
    """The failure, with where to go on once it is mended."""
    detail = f"{problem.detail} Rows before {row} were answered; go on with --first-row {row}.".strip()
    return RemoteProblem(problem.status, problem.title, detail, problem.code)
