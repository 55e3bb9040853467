"""What a look-up makes of answers no Vigie gives: a gateway, another program or another version may give them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from vigie.backends.remote import Remote, RemoteProblem
from vigie.rooms.matching.cli.asking import Listed, in_batches, in_bulk

ROW: dict[str, Any] = {
    "row": 1,
    "own": [
        {"claim": "identical", "by": "sha256", "distance": None, "content": {"public_id": "p"}, "more": 1}
    ],
    "hidden": False,
    "hides": [{"list_name": "l", "list_version": "1", "item": "7"}],
    "flags": [],
    "answers": [
        {
            "claim": "identical",
            "by": None,
            "distance": None,
            "level": "contact_only",
            "desk": None,
            "holder_country": "B",
        }
    ],
}
LINE = ROW | {"faults": ["words"]}
PLACE = {"case": "1", "exhibit": "1"}


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    (tmp_path / "list").write_text(f"{'0a' * 16}\n{'1b' * 20}\n")
    return Listed(tmp_path / "list", lambda fault: None)


def told(content: bytes) -> Remote:
    handler = httpx.MockTransport(lambda request: httpx.Response(200, content=content))
    return Remote(httpx.Client(transport=handler, base_url="http://here.example"))


def stream(*lines: object) -> bytes:
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines)


def without(whole: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in whole.items() if other != name}


def test_answers_are_handed_on_with_what_else_the_server_says(listed: Listed) -> None:
    batch = {"results": [ROW], "faults": [{"row": 2, "reason": "words"}]}
    first, second = in_batches(told(json.dumps(batch).encode()), listed, PLACE, 1)
    assert (first.said, first.faults) == (ROW, [])
    assert (second.said["row"], second.said["own"], second.faults) == (2, [], ["words"])
    [only] = in_bulk(told(stream(LINE, {"done": True})), listed, PLACE, 1)
    assert (only.said, only.faults) == (ROW, ["words"])


def odd_batches() -> Iterator[bytes]:
    for odd in (None, [], 7, {}, {"results": []}, {"results": [], "faults": [{"row": 1}]}):
        yield json.dumps(odd).encode()
    for name in ROW:
        yield json.dumps({"results": [without(ROW, name)], "faults": []}).encode()
    for row in ([], "one", None):
        yield json.dumps({"results": [ROW | {"row": row}], "faults": []}).encode()
    yield json.dumps({"results": [ROW | {"own": [{"claim": "identical"}]}], "faults": []}).encode()


@pytest.mark.parametrize("content", list(odd_batches()))
def test_a_call_answered_otherwise_is_said_and_is_no_fault_of_the_program(
    listed: Listed, content: bytes
) -> None:
    with pytest.raises(RemoteProblem, match=r"does not answer as a Vigie does"):
        list(in_batches(told(content), listed, PLACE, 1))


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"[" * 5_000, b"1" * 5_000, b"7", b"null", b"[]", {}, LINE | {"row": 3}, LINE | {"row": "x"}, without(LINE, "faults"), without(LINE, "answers"),
        LINE | {"answers": [7]}, LINE | {"faults": [7]}, {"stopped": 7}, {"stopped": {"status": 429}},
    ],
    ids=lambda line: str(line)[:30],
)  # fmt: skip
def test_a_stream_of_anything_else_is_said_with_where_to_go_on(listed: Listed, line: object) -> None:
    answers = in_bulk(told(stream(LINE, line)), listed, PLACE, 1)
    assert next(answers).said["row"] == 1
    with pytest.raises(RemoteProblem, match=r"does not answer as a Vigie does.*go on with --first-row 2"):
        next(answers)
