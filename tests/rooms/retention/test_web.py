"""Erasures and legal holds as pages, over HTTP and on the command line."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from factories.cases import opened_case, opened_exhibit
from factories.matching import RunningMatcher
from factories.media import picture
from factories.people import Somebody, add_person, add_unit
from factories.retention import approved, erased, given, others_told, stored
from factories.web import browser
from support.installed import checkpoint_key
from vigie.backends.remote import Remote
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.permissions import Role
from vigie.kernel.vault import Vault
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.retention import cli


@pytest.fixture
def boss(database: None, stored_vault: Vault, matcher: RunningMatcher) -> Iterator[Somebody]:
    add_unit("alv", "ALV")
    with checkpoint_key():
        yield add_person("sara", "alv", Role.SUPERVISOR)


@pytest.fixture
def client(boss: Somebody) -> Client:
    return browser(boss)


@pytest.fixture
def case(boss: Somebody) -> uuid.UUID:
    """A case with one picture."""
    found = opened_case(boss.actor, "ALV-7", legal_basis="seizure")
    given(boss.actor, picture(1), exhibit=opened_exhibit(boss.actor, case=found))
    return found


def order(client: Client, case: uuid.UUID, **changes: str) -> Any:
    form = {"authority": "court", "words": "Order 12/26", "reference": "ALV-7"}
    return client.post(f"/erasures/order/{case}/", form | changes)


def second_says_yes(actor: Actor) -> uuid.UUID:
    """Another supervisor approves the one proposal; the erasure's public id."""
    [(proposal,)] = stored("SELECT public_id FROM approvals_proposal")
    approved(actor, proposal)
    [(erasure,)] = stored("SELECT public_id FROM retention_erasure")
    return uuid.UUID(str(erasure))


def carried_out(actor: Actor) -> uuid.UUID:
    [(erasure,)] = stored("SELECT public_id FROM retention_erasure")
    erased(actor, erasure)
    others_told()
    erased(actor, erasure)
    return uuid.UUID(str(erasure))


def test_an_empty_list_says_where_an_erasure_begins(client: Client) -> None:
    shown = client.get("/erasures/").content.decode()
    assert "Nothing was erased yet" in shown
    assert 'href="/cases/"' in shown


def test_a_case_is_erased_from_its_page_and_the_certificate_can_be_kept(
    client: Client, boss: Somebody, case: uuid.UUID
) -> None:
    assert f"/erasures/order/{case}/" in client.get(f"/cases/{case}/").content.decode()
    assert "1 file was found in this case" in client.get(f"/erasures/order/{case}/").content.decode()
    answer = order(client, case)
    assert answer.status_code == 302
    assert "Erase 1 file of your unit for good." in client.get(answer["Location"]).content.decode()
    page = f"/erasures/{second_says_yes(boss.actor)}/"
    assert "under way" in client.get(page).content.decode()
    assert client.get(f"{page}certificate/").status_code == 409
    carried_out(boss.actor)
    shown = client.get(page).content.decode()
    assert "vigie erasure certificate 1" in shown
    assert "an order of a court" in client.get("/erasures/").content.decode()
    file = client.get(f"{page}certificate/")
    assert file["Content-Disposition"].startswith("attachment")
    assert file.content.decode().startswith("vigie erasure certificate 1\n")
    assert "There is nothing to erase" in client.get(f"/erasures/order/{case}/").content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reference": "ALV-8"}, "This is not the reference of the case."),
        ({"words": ""}, "This field is required"),
        ({"authority": "retention"}, "Select a valid choice"),
    ],
)
def test_a_slip_erases_nothing(client: Client, case: uuid.UUID, changes: dict[str, str], said: str) -> None:
    answer = order(client, case, **changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert stored("SELECT count(*) FROM retention_erasure") == [(0,)]


def test_an_old_sign_in_is_asked_for_again(boss: Somebody, case: uuid.UUID) -> None:

    tired = browser(boss, confirmed=timedelta(minutes=6))
    assert order(tired, case).status_code in {302, 403}
    assert stored("SELECT count(*) FROM retention_erasure") == [(0,)]


def test_an_investigator_reads_what_was_erased_and_orders_nothing(boss: Somebody, case: uuid.UUID) -> None:
    person = browser(add_person("ines", "alv"))
    assert "Put on legal hold" not in person.get(f"/cases/{case}/").content.decode()
    assert order(person, case).status_code == 403
    assert person.get("/erasures/").status_code == 200


def test_a_hold_is_set_shown_and_lifted(client: Client, boss: Somebody, case: uuid.UUID) -> None:
    answer = client.post(
        f"/cases/{case}/hold/", {"ordered_by": "Court of Appeal", "why": "Appeal", "until": ""}
    )
    assert answer.status_code == 302
    for page in (f"/cases/{case}/", f"/erasures/order/{case}/"):
        shown = client.get(page).content.decode()
        assert "On legal hold" in shown
        assert "Court of Appeal" in shown
    refused = order(client, case)
    assert refused.status_code == 422
    [(hold,)] = stored("SELECT public_id FROM cases_legalhold")
    assert client.post(f"/cases/holds/{hold}/lift/").status_code == 302
    assert "On legal hold" not in client.get(f"/cases/{case}/").content.decode()
    assert client.post(f"/cases/holds/{hold}/lift/").status_code == 404
    lines = stored(
        "SELECT facts FROM audit_event WHERE verb = 'case:hold:set' AND outcome = 'done' ORDER BY id"
    )
    assert [set(facts) for (facts,) in lines] == [{"hold", "until"}, {"hold", "lifted"}]


def test_a_hold_that_ended_yesterday_is_refused_and_says_so(client: Client, case: uuid.UUID) -> None:
    answer = client.post(
        f"/cases/{case}/hold/", {"ordered_by": "Court", "why": "Appeal", "until": "2020-01-01"}
    )
    assert answer.status_code == 422
    assert "has passed already" in answer.content.decode()


def test_the_command_line_orders_follows_and_prints_the_certificate(
    boss: Somebody, case: uuid.UUID, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = token_for(boss.user, label="test", confirmed_at=utc_now()).token
    headers = {"Authorization": f"Bearer {token}"}

    def remote(*_: object) -> Remote:
        transport = httpx.WSGITransport(app=WSGIHandler())
        return Remote(httpx.Client(base_url="http://127.0.0.1", transport=transport, headers=headers))

    monkeypatch.setattr(cli, "signed_in", remote)

    def said(*words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["erasure", *words])
        assert ended.value.code == 0
        return capsys.readouterr().out

    [(content,)] = stored("SELECT public_id FROM media_content")
    made = json.loads(said("order", str(content), "--authority", "decision", "--words", "Why", "--json"))
    assert set(made) == {"proposal"}
    erasure = str(second_says_yes(boss.actor))
    assert "under way" in said("show", erasure)
    carried_out(boss.actor)
    assert json.loads(said("list", "--json"))["state"] == "done"
    assert "done" in said("list")
    assert str(content) in said("certificate", erasure)


def test_holds_are_set_and_lifted_over_http(boss: Somebody, case: uuid.UUID) -> None:
    from factories.clients import terminal

    api = terminal(boss)
    body = {"ordered_by": "Court", "why": "Appeal", "until": "2999-01-01"}
    made = api.post(f"/api/v1/cases/{case}/holds", body, content_type="application/json")
    assert made.status_code == 201
    [hold] = api.get(f"/api/v1/cases/{case}/holds").json()
    assert (hold["public_id"], hold["until"]) == (made.json()["id"], "2999-01-01")
    assert api.post(f"/api/v1/holds/{hold['public_id']}/lift").status_code == 204
    assert api.get(f"/api/v1/cases/{case}/holds").json() == []


def test_a_case_whose_last_day_is_near_is_answered_on_its_page(client: Client, case: uuid.UUID) -> None:
    from support.database import administrator
    from vigie.rooms.retention import tasks

    assert "Nothing to answer" in client.get("/reviews/").content.decode()
    with administrator() as look:
        look.execute("UPDATE cases_case SET retain_until = current_date + 90, review_at = current_date - 1")
    tasks.look_at_clocks(utc_now)
    shown = client.get("/reviews/").content.decode()
    assert "ALV-7" in shown
    assert '<span class="count">1</span>' in shown, "the rail counts it"
    [(review,)] = stored("SELECT public_id FROM retention_review")
    page = f"/reviews/{review}/"
    for form in (
        {"answer": "", "words": "Why"},
        {"answer": "keep", "words": "Why", "last_day": "2020-01-01"},
    ):
        assert client.post(page, form).status_code == 422
    day = (utc_now().date() + timedelta(days=300)).isoformat()
    assert client.post(page, {"answer": "keep", "words": "Trial", "last_day": day}).status_code == 302
    assert day in client.get(f"/cases/{case}/").content.decode()
    assert "Nothing to answer" in client.get("/reviews/").content.decode()
    assert client.post(page, {"answer": "", "words": ""}).status_code == 404


def test_a_case_is_found_not_relevant_and_that_is_taken_back(client: Client, case: uuid.UUID) -> None:
    assert client.post(f"/cases/{case}/outcome/", {"outcome": "not_relevant"}).status_code == 302
    assert "Found not relevant" in client.get(f"/cases/{case}/").content.decode()
    assert client.post(f"/cases/{case}/outcome/", {"outcome": "relevant"}).status_code == 302
    assert "Found not relevant" not in client.get(f"/cases/{case}/").content.decode()
    assert client.post(f"/cases/{case}/outcome/", {"outcome": "perhaps"}).status_code == 422


def test_reviews_and_outcomes_over_http(boss: Somebody, case: uuid.UUID) -> None:
    from factories.clients import terminal
    from support.database import administrator
    from vigie.rooms.retention import tasks

    api = terminal(boss)
    said = api.post(
        f"/api/v1/cases/{case}/outcome", {"outcome": "not_relevant"}, content_type="application/json"
    )
    assert said.status_code == 204
    with administrator() as look:
        look.execute("UPDATE cases_case SET retain_until = current_date + 90, review_at = current_date - 1")
    tasks.look_at_clocks(utc_now)
    [review] = api.get("/api/v1/reviews").json()
    body = {"answer": "erase", "words": "Done"}
    place = f"/api/v1/reviews/{review['public_id']}"
    assert api.post(place, body, content_type="application/json").status_code == 204
    assert api.get("/api/v1/reviews").json() == []
