"""Known lists over HTTP: added from a file of any kind, with every entry that cannot be used named."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from factories.people import add_person, add_unit
from vigie.kernel.actors import utc_now
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.sign_in import token_for

pytestmark = pytest.mark.usefixtures("database")
FACTS = {"name": "Harmless", "source": "Test", "version": "1", "role": "hide", "legal_basis": "seizure"}


def client(role: Role) -> Client:
    add_unit("alv-viu", "ALV")
    user = add_person("tomas", "alv-viu", role).user
    token = token_for(user, label="test", confirmed_at=utc_now()).token
    return Client(headers={"Authorization": f"Bearer {token}"})


def a_list() -> SimpleUploadedFile:
    lines = [hashlib.sha256(bytes([n])).hexdigest() for n in range(3)]
    return SimpleUploadedFile("known.txt", "\n".join([*lines, "no hash at all"]).encode())


def test_a_supervisor_adds_a_list_and_hears_what_could_not_be_used() -> None:
    http = client(Role.SUPERVISOR)
    answer = http.post("/api/v1/lists", {**FACTS, "file": a_list()})
    assert answer.status_code == 201, answer.content
    assert answer.json()["items"] == 3
    assert len(answer.json()["faults"]) == 1
    shown = http.get("/api/v1/lists").json()
    assert [(row["name"], row["role"], row["items"]) for row in shown] == [("Harmless", "hide", 3)]
    assert http.delete(f"/api/v1/lists/{shown[0]['public_id']}").status_code == 204
    assert http.get("/api/v1/lists").json()[0]["withdrawn_at"] is not None


def test_the_same_version_is_not_taken_twice() -> None:
    http = client(Role.SUPERVISOR)
    http.post("/api/v1/lists", {**FACTS, "file": a_list()})
    assert http.post("/api/v1/lists", {**FACTS, "file": a_list()}).status_code == 409


def test_an_investigator_may_not_add_one() -> None:
    assert client(Role.INVESTIGATOR).post("/api/v1/lists", {**FACTS, "file": a_list()}).status_code == 403


def test_a_file_that_is_no_list_is_refused_with_its_reason() -> None:
    picture = SimpleUploadedFile("x.txt", bytes(range(256)) * 40)
    answer = client(Role.SUPERVISOR).post("/api/v1/lists", {**FACTS, "file": picture})
    assert answer.status_code == 422
    assert answer.json()["detail"]
