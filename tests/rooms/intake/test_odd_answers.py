"""A hand-in told nonsense by whatever stands where the server should: it ends with words, and its token stays here."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from vigie.rooms.intake.client import Interrupted, ServerSaidNo, open_or_resume, send_folder
from vigie.rooms.intake.client.answers import OddAnswer, place_in, reason_of, words_of
from vigie.rooms.intake.client.parcels import send_parcel
from vigie.rooms.intake.client.sending import FileFailed, Line, Order, send_file
from vigie.rooms.intake.client.walking import FoundFile

FILE = b"a drawn file"
HERE = "/api/v1/submissions/00000000-0000-0000-0000-000000000001"
PLACE = "/api/v1/uploads/00000000-0000-0000-0000-000000000002"
ODD = [
    b"",
    b"<h1>portal</h1>",
    b"[]",
    b"{}",
    b'{"results":[{"entry":"x"}]}',
    b"\xff",
    b"[" * 100_000,
    b"null",
]
STAGE = {"done": 1, "total": 1}
STANDING = {"state": "open", "stages": {"matched": STAGE}, "known": 0, "new": 1, "refused": 0, "bytes_saved": 0, "refusals": []}  # fmt: skip

Answer = Callable[[httpx.Request], httpx.Response]


def line(answer: Answer) -> Line:
    transport = httpx.MockTransport(answer)
    http = httpx.Client(
        base_url="http://here.example", transport=transport, headers={"Authorization": "Bearer t"}
    )
    return Line(http, patience=3.0, pause=lambda _seconds: None)


def always(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: httpx.Response(status, content=body, headers=named)


def found() -> FoundFile:
    return FoundFile(1, b"a.jpg", len(FILE), "", lambda: io.BytesIO(FILE))


def order(place: str | None = PLACE) -> Order:
    return Order("1", 1, len(FILE), place)


@pytest.mark.parametrize("body", ODD)
def test_opening_a_submission_names_what_does_not_answer_as_it_should(body: bytes) -> None:
    if body == b"[]":
        return  # no submission is open: a proper answer
    with pytest.raises(ServerSaidNo, match="does not answer as a Vigie does"):
        open_or_resume(line(always(200, body)), case="1", exhibit="2")


@pytest.mark.parametrize("body", ODD)
def test_a_refusal_without_words_is_told_by_its_status(body: bytes) -> None:
    with pytest.raises(ServerSaidNo, match="the server answered 409"):
        open_or_resume(line(always(409, body)), case="1", exhibit="2")


@pytest.mark.parametrize("body", ODD)
def test_a_parcel_nobody_answers_for_is_sent_file_by_file(body: bytes) -> None:
    with pytest.raises(FileFailed, match="odd_answer"):
        list(send_parcel(line(always(200, body)), HERE, [found()], lambda _sent: None))


def test_answers_to_files_that_were_not_sent_are_passed_over() -> None:
    results = [{"entry": entry, "status": "sent", "reason": ""} for entry in (7, 1, 1)]
    body = json.dumps({"results": results, "more": "of a newer server"}).encode()
    outcomes = list(send_parcel(line(always(200, body)), HERE, [found()], lambda _sent: None))
    assert [(one.file.entry, one.reason) for one in outcomes] == [(1, "")]


@pytest.mark.parametrize(
    "place",
    [None, "", "http://elsewhere.example/x", "//elsewhere.example/x", "https://elsewhere.example/api/v1/uploads/x", "uploads/x", f"{PLACE}\n", f"{PLACE}é"],
)  # fmt: skip
def test_a_file_is_sent_to_this_server_and_nowhere_else(place: str | None) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.host))
        headers = [] if place is None else [(b"Location", place.strip().encode())]
        return httpx.Response(201, headers=[*headers, (b"Upload-Offset", b"0")])

    with pytest.raises(OddAnswer):
        place_in(place)
    if place is None or place == place.strip():
        with pytest.raises(FileFailed, match="odd_answer"):
            send_file(line(answer), order(None), io.BytesIO(FILE), lambda _sent: None)
        if place:
            with pytest.raises(FileFailed, match="odd_answer"):
                send_file(line(answer), order(place), io.BytesIO(FILE), lambda _sent: None)
    assert set(asked) <= {"here.example"}


@pytest.mark.parametrize("offset", ["", "-1", "x", "1.5", "9" * 5000, "²", str(len(FILE) + 1)])
def test_a_count_that_is_none_fails_the_file(offset: str) -> None:
    answer = lambda request: httpx.Response(200, headers=[(b"Upload-Offset", offset.encode())])  # noqa: E731 - short
    with pytest.raises(FileFailed, match="odd_answer"):
        send_file(line(answer), order(), io.BytesIO(FILE), lambda _sent: None)


def test_a_server_that_takes_nothing_is_left_alone_after_a_while() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(200 if request.method == "HEAD" else 409, headers={"Upload-Offset": "3"})

    with pytest.raises(Interrupted, match="takes no more"):
        send_file(line(answer), order(), io.BytesIO(FILE), lambda _sent: None)
    assert asked.count("PATCH") == 50


def test_an_answer_packed_wrongly_is_asked_for_again() -> None:
    with pytest.raises(Interrupted):
        open_or_resume(line(always(200, b"no gzip", Content_Encoding="gzip")), case="1", exhibit="2")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"code": 7}', b'{"code": "a\\u001bb"}', b'{"detail": {}}', b"\xff"]
)
def test_a_reason_is_a_word_and_words_are_words(body: bytes) -> None:
    answer = httpx.Response(422, content=body)
    assert reason_of(answer) == "http_422"
    assert words_of(answer) == "the server answered 422"


def test_the_servers_own_words_are_told() -> None:
    answer = httpx.Response(422, json={"code": "digest_differs", "detail": "words", "title": "title"})
    assert (reason_of(answer), words_of(answer)) == ("digest_differs", "words")


def test_a_manifest_that_leaves_a_file_out_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(FILE)

    def answer(request: httpx.Request) -> httpx.Response:
        told: Any = {"results": []} if request.url.path.endswith("/manifest") else STANDING
        return httpx.Response(200, json=told)

    with pytest.raises(ServerSaidNo, match="what is wanted of every file"):
        send_folder(line(answer), HERE, tmp_path, lambda event: None)


def test_a_standing_without_its_last_stage_ends_the_run(tmp_path: Path) -> None:
    answer = lambda request: httpx.Response(200, json=STANDING | {"stages": {}})  # noqa: E731 - short
    with pytest.raises(ServerSaidNo, match="does not answer as a Vigie does"):
        send_folder(line(answer), HERE, tmp_path, lambda event: None)
