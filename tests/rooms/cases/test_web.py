"""Cases as pages: nothing opens without the owner's word on sharing, and nobody else's case is told from none."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from factories.people import Somebody, add_person, add_unit
from factories.web import browser
from vigie.kernel.actors import Purpose, utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.policy import Audience
from vigie.rooms.cases import operations, queries
from vigie.rooms.cases.schemas import Share

FILLED = {
    "reference": "ALV-1",
    "title": "Drive",
    "legal_basis": "seizure",
    "purpose": "victim_identification",
    "share": "community",
    "answer_outside": "contact_only",
    "handling": "orcon",
}


@pytest.fixture
def ines(database: None) -> Somebody:
    add_unit("alv", "ALV")
    add_unit("bor", "BOR")
    return add_person("ines", "alv")


@pytest.fixture
def client(ines: Somebody) -> Client:
    return browser(ines)


def opened(person: Somebody, reference: str = "C-1") -> uuid.UUID:
    with act_as(person.actor, clock=utc_now):
        return operations.open_case(
            person.actor, reference=reference, title="", legal_basis="seizure",
            purpose=Purpose.VICTIM_IDENTIFICATION, share=Share.NONE,
        )  # fmt: skip


def test_an_empty_list_says_the_next_act(client: Client) -> None:
    shown = client.get("/cases/").content.decode()
    assert "No case yet" in shown
    assert 'href="/cases/open/"' in shown


def test_a_case_opens_with_what_was_filled_in(client: Client, ines: Somebody) -> None:
    answer = client.post("/cases/open/", FILLED)
    assert answer.status_code == 302
    public_id = uuid.UUID(answer["Location"].split("/")[2])
    with act_as(ines.actor, clock=utc_now):
        found = queries.case(ines.actor, public_id)
    assert (found.reference, found.title, found.audience) == ("ALV-1", "Drive", Audience.COMMUNITY)
    shown = client.get(answer["Location"]).content.decode()
    assert "every unit" in shown
    assert "Seizure order" in shown
    assert "ALV-1" in client.get("/cases/").content.decode()


@pytest.mark.parametrize("missing", ["reference", "legal_basis", "share", "purpose"])
def test_what_is_missing_is_named_and_the_rest_is_kept(client: Client, missing: str) -> None:
    answer = client.post("/cases/open/", {**FILLED, missing: ""})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "The case is not open yet" in shown
    assert 'value="Drive"' in shown
    assert "No case yet" in client.get("/cases/").content.decode()


def test_sharing_has_no_default(client: Client) -> None:
    shown = client.get("/cases/open/").content.decode()
    assert shown.count('name="share"') == 4
    assert "checked" not in shown.split('name="answer_outside"')[0]


def test_named_countries_must_be_named(client: Client, ines: Somebody) -> None:
    answer = client.post("/cases/open/", {**FILLED, "share": "listed"})
    assert answer.status_code == 422
    assert "Name at least one country" in answer.content.decode()
    answer = client.post("/cases/open/", {**FILLED, "share": "listed", "listed": ["BOR"]})
    shown = client.get(answer["Location"]).content.decode()
    assert "named countries: Bor" in shown


def test_a_country_ticked_by_mistake_counts_only_when_sharing_with_named_ones(client: Client) -> None:
    answer = client.post("/cases/open/", {**FILLED, "share": "none", "listed": ["BOR"]})
    assert "my unit alone" in client.get(answer["Location"]).content.decode()


def test_a_reference_is_used_once(client: Client, ines: Somebody) -> None:
    opened(ines, "ALV-1")
    answer = client.post("/cases/open/", FILLED)
    assert answer.status_code == 422
    assert "Your unit has a case ALV-1 already" in answer.content.decode()


def test_every_file_may_be_asked_for(client: Client) -> None:
    answer = client.post("/cases/open/", {**FILLED, "send_everything": "on"})
    assert "every file" in client.get(answer["Location"]).content.decode()


def test_another_unit_s_case_and_no_case_look_the_same(client: Client) -> None:
    theirs = opened(add_person("marek", "bor"))
    hidden, absent = client.get(f"/cases/{theirs}/"), client.get(f"/cases/{uuid.uuid4()}/")
    assert hidden.status_code == absent.status_code == 404
    assert "C-1" not in client.get("/cases/").content.decode()


def test_an_exhibit_is_added_and_its_page_opens(client: Client, ines: Somebody) -> None:
    case = opened(ines)
    answer = client.post(f"/cases/{case}/exhibits/", {"reference": "3", "description": "Drive"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/exhibits/")
    shown = client.get(f"/cases/{case}/").content.decode()
    assert answer["Location"] in shown
    again = client.post(f"/cases/{case}/exhibits/", {"reference": "3"})
    assert again.status_code == 422
    assert "The case has an exhibit 3 already" in again.content.decode()
    assert client.post(f"/cases/{case}/exhibits/", {"reference": ""}).status_code == 422


def test_without_a_certificate_the_forms_say_what_is_missing(ines: Somebody) -> None:
    lea = add_person("lea", "alv", certified_days=0)
    client = browser(lea)
    case = opened(ines)
    assert "needs a valid certificate" in client.get("/cases/").content.decode()
    assert "needs a valid certificate" in client.get("/cases/open/").content.decode()
    assert "needs a valid certificate" in client.get(f"/cases/{case}/").content.decode()
    assert client.post("/cases/open/", FILLED).status_code == 403


def test_long_lists_come_in_pages(client: Client, ines: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(51):
        opened(ines, f"C-{number:02d}")
    first = client.get("/cases/").content.decode()
    assert "C-00" not in first
    older = first.split('rel="next" href="')[1].split('"')[0]
    assert "C-00" in client.get(f"/cases/{older}").content.decode()
    assert client.get("/cases/?after=x").status_code == 404


def test_an_administrator_sees_no_cases(ines: Somebody) -> None:
    from vigie.kernel.permissions import Role

    admin = add_person("admin", "alv", Role.ADMINISTRATOR, certified_days=0)
    assert browser(admin, confirmed=timedelta(0)).get("/cases/").status_code == 403
