"""The API: problems in one form, shapes pointed at, administration end to end, and no trace of what went wrong inside."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from factories.clients import browser, terminal
from factories.people import PASSWORD, Somebody, add_person, add_unit
from vigie.kernel.actors import utc_now
from vigie.kernel.models import AuditEvent
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.queries import actor_for, person_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def no_attempts_before() -> None:
    cache.clear()


@pytest.fixture
def anna(database: None) -> Client:
    add_unit("alv-office", "ALV")
    return terminal(add_person("anna", "alv-office", Role.ADMINISTRATOR))


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    client.raise_request_exception = False
    return getattr(client, method)(f"/api/v1{path}", body, content_type="application/json")


NEW = {"username": "omar", "display_name": "Omar", "unit": "alv-office", "roles": ["investigator"]}


def test_an_administrator_adds_a_country_a_unit_and_a_person_and_certifies_them(anna: Client) -> None:
    country = {"code": "BOR", "name": "Borellia", "legal_bases": {"act": "Act 1"}}
    assert send(anna, "post", "/countries", country).status_code == 201
    unit = {
        "code": "bor-viu",
        "name": "Borellia VIU",
        "country": "BOR",
        "organisation": "Police",
        "agreement_from": "2020-01-01",
        "agreement_until": "2099-01-01",
    }
    made = send(anna, "post", "/units", unit)
    assert made.status_code == 201
    assert made.json()["id"] in {one["unit"] for one in anna.get("/api/v1/units").json()}
    added = send(anna, "post", "/people", NEW | {"unit": "bor-viu"}).json()
    today = utc_now().date()
    dates = {"valid_from": str(today), "valid_until": str(today + timedelta(days=30))}
    granted = send(
        anna,
        "post",
        "/people/omar/certificates",
        {"course": "VI", "issuer": "Police school", "passed_on": str(today), **dates},
    )
    assert granted.status_code == 201
    user = person_of(added["user"])
    assert user is not None
    actor = actor_for(user, now=utc_now(), confirmed_at=None)
    assert (actor.country, actor.roles) == ("BOR", {Role.INVESTIGATOR})
    assert actor.certified_until is not None
    assert actor.certified_until.date() == today + timedelta(days=31)  # the last day is included
    assert send(anna, "delete", f"/certificates/{granted.json()['id']}").status_code == 204
    assert send(anna, "post", "/people/omar/roles", {"role": "supervisor"}).status_code == 204
    assert send(anna, "delete", "/people/omar/roles/supervisor").status_code == 204
    assert "omar" in {one["username"] for one in anna.get("/api/v1/people").json()}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"username": "Omar!"}, 422, "invalid"),
        ({"unit": "nowhere"}, 404, "not-found"),
        ({"roles": ["service-intake"]}, 422, "invalid"),
        ({"display_name": "x" * 200}, 422, "invalid"),
        ({"display_name": "x\0y"}, 422, "invalid"),
    ],
)
def test_what_cannot_be_kept_is_said_and_leaves_nothing(
    anna: Client, change: dict[str, Any], status: int, code: str
) -> None:
    before = AuditEvent.objects.using("auditor").count()
    answer = send(anna, "post", "/people", NEW | change)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert AuditEvent.objects.using("auditor").count() == before
    assert send(anna, "post", "/people", NEW).status_code == 201


def test_a_wrong_shape_is_pointed_at(anna: Client) -> None:
    body = send(anna, "post", "/people", {"username": "omar", "unit": 3}).json()
    assert body["status"] == 422
    pointers = {one["pointer"] for one in body["errors"]}
    assert any(pointer.endswith("/display_name") for pointer in pointers)
    assert any(pointer.endswith("/unit") for pointer in pointers)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("get", "/no/such/address", 404), ("put", "/me", 405), ("post", "/audit/state", 405)],
)
def test_an_address_or_method_that_is_not_there(anna: Client, method: str, path: str, status: int) -> None:
    assert send(anna, method, path).status_code == status


def test_a_body_that_is_no_json_is_refused(anna: Client) -> None:
    answer = anna.post("/api/v1/people", "{", content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"


def test_a_refusal_names_its_reason_and_stands_in_the_log(anna: Client) -> None:
    add_unit("alv-viu", "ALV")
    ines = terminal(add_person("ines", "alv-viu"))
    answer = send(ines, "post", "/people", NEW)
    assert (answer.status_code, answer.json()["code"]) == (403, "no-role")
    line = AuditEvent.objects.using("auditor").get(outcome="refused")
    assert (line.verb, line.reason) == ("account:user:add", "no-role")


class TestTokens:
    """The command line signs in with name, password and second factor; whatever is wrong, the words are the same."""

    def claim(self, **changes: str) -> Any:
        facts = {"username": "ines", "password": PASSWORD, "code": "000000"} | changes
        return send(Client(), "post", "/tokens", facts)

    @pytest.fixture
    def ines(self, database: None) -> Somebody:
        add_unit("alv-viu", "ALV")
        return add_person("ines", "alv-viu")

    def test_every_wrong_claim_is_answered_alike(self, ines: Somebody) -> None:
        browser(ines)  # has a second factor from here on
        answers = [
            self.claim(),
            self.claim(password="wrong"),
            self.claim(username="nobody"),
            self.claim(username="nobody", password="wrong"),
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1

    def test_without_a_second_factor_there_is_no_token(self, ines: Somebody) -> None:
        assert self.claim().status_code == 401

    def test_a_recovery_code_works_once(self, ines: Somebody) -> None:
        from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

        codes = RecoveryCodes.activate(ines.user).get_unused_codes()
        first = self.claim(code=codes[0], label="laptop")
        assert first.status_code == 201
        assert self.claim(code=codes[0]).status_code == 401
        token = first.json()["token"]
        me = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/me").json()
        assert (me["display_name"], me["country"], me["roles"]) == ("Ines", "ALV", ["investigator"])

    def test_guessing_is_slowed_down(self, ines: Somebody) -> None:
        statuses = [self.claim(password="wrong", username="guessed").status_code for _ in range(30)]
        assert 403 in statuses
        assert statuses[0] == 401

    def test_a_failed_attempt_on_a_real_person_is_in_their_units_log(self, ines: Somebody) -> None:
        browser(ines)
        self.claim()
        line = AuditEvent.objects.using("auditor").get(verb="account:session:refuse")
        assert (line.subject_id, line.facts) == (ines.user.id, {"method": "second-factor"})


def test_the_descriptions_of_the_api_need_no_sign_in_and_name_no_record(database: None) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
