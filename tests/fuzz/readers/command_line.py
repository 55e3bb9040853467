"""What a server, or whatever stands in its place, answers to the command line."""

import dataclasses
import io
import itertools
import json
import tempfile
from collections.abc import Callable, Hashable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from fuzz.guidance import sources
from fuzz.reader import Reader, holds
from fuzz.shapes import json_parts
from vigie.backends.remote import Remote, RemoteProblem, client, read_login
from vigie.backends.remote import login as login_file
from vigie.rooms.intake.client import (
    Interrupted,
    ServerSaidNo,
    folder,
    open_or_resume,
    parcels,
    send_folder,
    sending,
)
from vigie.rooms.intake.client.parcels import send_parcel
from vigie.rooms.intake.client.sending import FileFailed, Line, Order, send_file
from vigie.rooms.intake.client.walking import FoundFile, walk
from vigie.rooms.matching.cli import asking
from vigie.rooms.matching.cli.asking import Listed, in_batches, in_bulk

_NEXT = b"\n%%\n"
_FILE = b"a drawn file"
_ADDRESS = "/api/v1/submissions/00000000-0000-0000-0000-000000000001"
_TOKENS = (
    _NEXT, b"200\n", b"201\n", b"204\n", b"404\n", b"503\n", b"Content-Type: application/problem+json\n", b"Content-Type: text/html\n", b"Content-Encoding: gzip\n",
    b"Location: http://elsewhere.example/x\n", b"Location: //x\n", b"Upload-Offset: 12\n", b"[]", b"{}", b'"x"', b'{"results":[]}', b'{"title":null}', b'"state":"recorded"', b"[" * 2000,
)  # fmt: skip


def readers(stack: ExitStack) -> tuple[Reader, ...]:
    """The client of every command, the hand-in, and the file a sign-in is kept in."""
    here = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-fuzz-")))
    (here / "exhibit").mkdir()
    (here / "exhibit" / "a.jpg").write_bytes(_FILE)

    def sign_in(data: bytes) -> Hashable:
        (here / "login").write_bytes(data)
        return "sign-in", read_login(here / "login") is None

    (here / "list").write_text(f"{'0a' * 16}\n{'1b' * 20}\n")
    [file] = walk(here / "exhibit")
    assert isinstance(file, FoundFile)
    answers = [_answers(*one) for one in _conversations(file.entry)]
    declared = (RemoteProblem, Interrupted, ServerSaidNo, FileFailed)
    return (
        Reader("command line answers", lambda: answers, lambda data: _asked(data, file.entry), declared=declared, shaped=json_parts(_NEXT), traced=sources(client, sending, parcels, folder), tokens=_TOKENS),
        Reader("hand-in answers", lambda: answers, lambda data: _handed_in(data, here / "exhibit"), declared=declared,
               traced=sources(sending, parcels, folder), tokens=_TOKENS, shaped=json_parts(_NEXT)),
        Reader("look-up answers", _look_up_answers, lambda data: _looked_up(data, here / "list"), declared=(RemoteProblem,), traced=sources(asking, client), shaped=json_parts(b"\n", before=1),
               tokens=(*_TOKENS, b'"row":1', b'"row":2', b'"row":[]', b'"faults":[', b'"results":[', b'{"done":true}', b'{"stopped":{}}', b'"reason":')),
        Reader("kept sign-ins", lambda: [b'{"server":"http://x","token":"t","expires_at":"2026-01-02T03:04:05+00:00","username":"u"}'], sign_in,
               traced=sources(login_file), weight=0.2),
    )  # fmt: skip


def _answers(*each: tuple[int, dict[str, str], object]) -> bytes:
    parts = []
    for status, headers, body in each:
        lines = [str(status), *(f"{name}: {value}" for name, value in headers.items())]
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        parts.append("\n".join(lines).encode() + b"\n\n" + content)
    return _NEXT.join(parts)


def _conversations(entry: int) -> Sequence[Sequence[tuple[int, dict[str, str], Any]]]:
    kind = {"Content-Type": "application/json"}
    problem = {"Content-Type": "application/problem+json"}
    stage = {"done": 1, "total": 1}
    stages = dict.fromkeys(("hashed", "checked", "sent", "verified", "analysed", "matched"), stage)
    status: dict[str, Any] = {
        "id": "1",
        "state": "open",
        "stages": stages,
        "refusals": [],
        "known": 0,
        "new": 1,
        "refused": 0,
        "bytes_saved": 0,
    }
    return [
        [(200, kind, [{"id": "00000000-0000-0000-0000-000000000001", "source": "command_line"}])],
        [(200, kind, status), (200, kind, {"results": [{"entry": entry, "status": "wanted", "upload": None, "reason": None}]}),
         (200, kind, {"results": [{"entry": entry, "status": "sent", "reason": ""}]}), (200, kind, {**status, "state": "recorded"})],
        [(201, {"Location": "/api/v1/uploads/x", "Upload-Offset": "0"}, b""), (204, {"Upload-Offset": str(len(_FILE))}, b"")],
        [(200, {"Upload-Offset": "3"}, b""), (204, {"Upload-Offset": str(len(_FILE))}, b"")],
        [(422, problem, {"title": "no", "status": 422, "code": "digest_differs", "detail": "words"})],
        [(403, problem, {"title": "no", "detail": "words", "code": "refused"})],
        [(502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>")],
        [(200, {"Content-Type": "text/html"}, b"<h1>Please pay for this network</h1>")],
    ]  # fmt: skip


def _server(data: bytes) -> httpx.Client:
    """Gives the answers of the input, one after the other and from the start again; never called elsewhere."""
    written = data.split(_NEXT)
    count = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal count
        holds(request.url.host == "here.example", f"the token went to {request.url.host}")
        head, _, body = written[count % len(written)].partition(b"\n\n")
        count += 1
        status, *lines = head.decode("latin-1").split("\n")
        headers = [
            (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
        ]
        sendable = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers if n and n.isascii()]
        number = int(status) if status.isascii() and status.isdecimal() and len(status) == 3 else 200
        return httpx.Response(max(100, number), headers=sendable, content=body)

    return httpx.Client(
        base_url="http://here.example",
        transport=httpx.MockTransport(answer),
        headers={"Authorization": "Bearer t"},
    )


def _asked(data: bytes, entry: int) -> Hashable:
    """One of the ways the command line asks, chosen by the input, told the input as the answer."""
    kind = len(data) % 7
    found = FoundFile(entry, b"a.jpg", len(_FILE), "", lambda: io.BytesIO(_FILE))
    with Remote(_server(data)) as remote:
        line = Line(remote.http, patience=2.0, pause=lambda _seconds: None)
        order = Order("1", entry, len(_FILE), None if kind == 4 else "/api/v1/uploads/x")
        acts: tuple[Callable[[], object], ...] = (
            lambda: remote.get("/api/v1/x"),
            lambda: remote.post("/api/v1/x", {}),
            lambda: remote.download("/api/v1/x"),
            lambda: list(send_parcel(line, _ADDRESS, [found], lambda _sent: None)),
            lambda: send_file(line, order, io.BytesIO(_FILE), lambda _sent: None),
            lambda: send_file(line, order, io.BytesIO(_FILE), lambda _sent: None),
            lambda: open_or_resume(line, case="1", exhibit="2"),
        )
        return "answered", kind, type(acts[kind]()).__name__


def _handed_in(data: bytes, exhibit: Path) -> Hashable:
    """A whole hand-in of one file, told the input as its answers."""
    events: list[str] = []
    with Remote(_server(data)) as remote:
        line = Line(remote.http, patience=2.0, pause=lambda _seconds: None)
        summary = send_folder(line, _ADDRESS, exhibit, lambda event: events.append(event["event"]))
    return "handed in", tuple(sorted(set(events))), summary.exit_status, len(dataclasses.asdict(summary))


def _look_up_answers() -> Sequence[bytes]:
    kind = {"Content-Type": "application/json"}
    lines = {"Content-Type": "application/x-ndjson"}
    row: dict[str, Any] = {"own": [], "hidden": False, "hides": [], "flags": [], "answers": []}
    told = [row | {"row": number, "faults": ["words"]} for number in (1, 2)]
    stopped = {"stopped": {"status": 429, "title": "no", "detail": "words", "code": "quota"}}

    def stream(*each: object) -> bytes:
        return b"".join(json.dumps(one).encode() + b"\n" for one in each)

    return [
        b"a" + _answers((200, kind, {"results": [told[0]], "faults": [{"row": 2, "reason": "words"}]})),
        b"b" + _answers((200, lines, stream(*told, {"done": True}))),
        b"b" + _answers((200, lines, stream(told[0], stopped))),
        b"b" + _answers((200, lines, stream(told[0])), (200, lines, stream(told[1], {"done": True}))),
        b"a" + _answers((403, {"Content-Type": "application/problem+json"}, {"title": "no", "detail": "words"})),
    ]  # fmt: skip


def _looked_up(data: bytes, path: Path) -> Hashable:
    """A list of two rows is looked up, in one call or in a stream; nothing is said of a row that is not in it."""
    listed = Listed(path, lambda _fault: None)
    place = {"case": "1", "exhibit": "1"}
    with Remote(_server(data[1:])) as remote:
        ask = in_batches if data[:1] == b"a" else in_bulk
        answers = list(itertools.islice(ask(remote, listed, place, 1), 10))
    holds(
        [one.said["row"] for one in answers] in ([], [1], [2], [1, 2]), "answers to rows nobody asked about"
    )
    for one in answers:
        holds(isinstance(one.item, str), "an answer to no item")
        holds(all(isinstance(fault, str) for fault in one.faults), "a fault without words")
        holds(
            isinstance(one.said["own"], list) and isinstance(one.said["answers"], list),
            "answers that are none",
        )
    return "looked up", len(answers), tuple(len(one.faults) for one in answers)
