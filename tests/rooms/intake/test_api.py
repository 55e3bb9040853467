"""Submissions over HTTP: the shapes browser and command line rely on, and failures that say what is wrong."""

import csv
import dataclasses
import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from factories.cases import borellian, opened_exhibit
from factories.intake import Neighbour, arrived, line, worked
from factories.intake_http import LET_IN, let_in
from factories.media import picture
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.cases import queries as cases


class Desk:
    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.http = Client(headers={"Authorization": "Bearer me"})
        self.exhibit = opened_exhibit(actor)
        with act_as(actor, clock=utc_now):
            self.case = cases.exhibit(actor, self.exhibit).case_public_id

    def opened(self, **changes: str) -> Any:
        body = {"case": str(self.case), "exhibit": str(self.exhibit), "source": "browser"} | changes
        return self.http.post("/api/v1/submissions", body, "application/json")

    def manifest(self, submission: str, *entries: dict[str, Any]) -> Any:
        address = f"/api/v1/submissions/{submission}/manifest"
        return self.http.post(address, {"entries": list(entries)}, "application/json")


@pytest.fixture
def desk(actor: Actor, matching: Neighbour) -> Iterator[Desk]:
    with let_in("me", actor):
        yield Desk(actor)


def entry(number: int, data: bytes) -> dict[str, Any]:
    return line(number, data).model_dump(mode="json", exclude_none=True)


def test_a_hand_in_from_opening_to_its_chain_of_custody(desk: Desk) -> None:
    opened = desk.opened()
    assert opened.status_code == 201
    submission = opened.json()["id"]
    answer = desk.manifest(submission, entry(0, picture(1)), entry(1, b""))
    assert answer.json() == {
        "results": [
            {"entry": 0, "status": "wanted", "reason": None, "upload": None},
            {"entry": 1, "status": "refused", "reason": "empty", "upload": None},
        ]
    }
    arrived(desk.actor, uuid.UUID(submission), 0, picture(1))
    worked(desk.actor, uuid.UUID(submission))
    status = desk.http.get(f"/api/v1/submissions/{submission}").json()
    assert status["stages"]["matched"] == {"done": 1, "total": 1}
    assert set(status["stages"]) == {"hashed", "checked", "sent", "verified", "analysed", "matched"}
    assert (status["known"], status["new"], status["refused"], status["bytes_saved"]) == (0, 1, 1, 0)
    assert status["answers"] == []
    closed = desk.http.post(f"/api/v1/submissions/{submission}/close")
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    worked(desk.actor, uuid.UUID(submission))
    listed = desk.http.get("/api/v1/submissions", {"exhibit": str(desk.exhibit), "state": "recorded"}).json()
    assert [one["id"] for one in listed] == [submission]
    failures = desk.http.get(f"/api/v1/submissions/{submission}/failures.csv")
    assert failures.headers["Content-Type"].startswith("text/csv")
    assert [row[3] for row in csv.reader(io.StringIO(failures.content.decode()))] == ["reason", "empty"]


def test_what_has_the_wrong_shape_is_named(desk: Desk) -> None:
    submission = desk.opened().json()["id"]
    for wrong in (
        {"sha256": "xyz"},
        {"sha256": "00"},
        {"entry": -1},
        {"entry": 2**53},
        {"bytes": -1},
        {"path": ""},
        {"more": 1},
    ):
        answer = desk.manifest(submission, entry(0, b"x") | wrong)
        assert answer.status_code == 422
        assert any(name in str(answer.json()["errors"]) for name in wrong)
    assert desk.http.get("/api/v1/submissions", {"state": "eaten"}).status_code == 422


def test_a_person_whose_certificate_ended_follows_the_figures_without_the_answers(desk: Desk) -> None:
    submission = desk.opened().json()["id"]
    LET_IN["me"] = dataclasses.replace(desk.actor, certified_until=None)
    status = desk.http.get(f"/api/v1/submissions/{submission}")
    assert (status.status_code, status.json()["answers"]) == (200, [])
    assert desk.opened().status_code == 403


def test_absent_and_hidden_submissions_look_the_same(desk: Desk) -> None:
    submission = desk.opened().json()["id"]
    with let_in("them", borellian()):
        theirs = Client(headers={"Authorization": "Bearer them"})
        for act in (
            lambda which: theirs.get(f"/api/v1/submissions/{which}"),
            lambda which: theirs.post(f"/api/v1/submissions/{which}/close"),
            lambda which: theirs.get(f"/api/v1/submissions/{which}/failures.csv"),
            lambda which: theirs.post(
                f"/api/v1/submissions/{which}/manifest", {"entries": []}, "application/json"
            ),
        ):
            hidden, absent = act(submission), act(uuid.uuid4())
            assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
            assert hidden.status_code == 404
        assert theirs.get("/api/v1/submissions").json() == []


def test_a_submission_needs_an_exhibit_of_its_case(desk: Desk) -> None:
    assert desk.opened(case=str(uuid.uuid4())).status_code == 404
    assert desk.opened(exhibit=str(uuid.uuid4())).status_code == 404
    assert desk.opened(source="pigeon").status_code == 422
