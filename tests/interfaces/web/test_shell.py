"""The shell around every request: one block, nothing open by default, and a failed request leaves nothing behind."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import OperationalError
from django.test import Client
from psycopg.errors import DiskFull

from factories.clients import browser, terminal
from factories.people import PASSWORD, Somebody, add_person, add_unit
from support.addresses import FAILURES
from support.installed import checkpoint_key
from vigie.interfaces.web import middleware
from vigie.interfaces.web.middleware import LAST_SEEN
from vigie.kernel import context
from vigie.kernel.actors import Actor, Clock, utc_now
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations
from vigie.rooms.accounts.queries import person_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def more_addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = "support.addresses"


@pytest.fixture
def ines(database: None) -> Somebody:
    add_unit("alv-viu", "ALV")
    return add_person("ines", "alv-viu", Role.SUPERVISOR)


def language_of(person: Somebody) -> str:
    user = person_of(person.user.id)
    assert user is not None
    return user.language


def answer(client: Client, address: str, **headers: str) -> Any:
    client.raise_request_exception = False
    return client.get(address, headers=headers)


@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("asked", ["text/html", "application/json"])
def test_a_view_that_fails_leaves_nothing_behind(ines: Somebody, how: str, asked: str) -> None:
    client = browser(ines)
    before = AuditEvent.objects.using("auditor").filter(outcome="done").count()
    page = answer(client, f"/failing/{how}/", Accept=asked)
    expected = {"crash": 500, "http404": 404, "denied": 403}.get(how) or FAILURES[how].status  # type: ignore[union-attr]
    assert page.status_code == expected
    assert language_of(ines) == "en"
    assert AuditEvent.objects.using("auditor").filter(outcome="done").count() == before
    assert context.current_or_none() is None


def test_a_refusal_of_the_api_framework_leaves_nothing_behind(ines: Somebody) -> None:
    page = answer(browser(ines), "/api/v1/failing")
    assert (page.status_code, page["Content-Type"]) == (400, "application/problem+json")
    assert language_of(ines) == "en"


@pytest.mark.parametrize("address", ["/unstorable/", "/api/v1/unstorable"])
def test_a_text_the_database_cannot_keep_is_the_senders_to_correct(ines: Somebody, address: str) -> None:
    page = answer(browser(ines), address)
    assert page.status_code == 422
    assert "too long" in page.content.decode()
    assert language_of(ines) == "en"


@pytest.mark.parametrize(("cause", "status"), [(DiskFull("could not extend file"), 503), (None, 500)])
@pytest.mark.parametrize("when", ["in the view", "at the commit"])
def test_a_database_without_room_says_so_and_any_other_failure_of_it_is_ours(
    ines: Somebody, monkeypatch: pytest.MonkeyPatch, when: str, cause: Exception | None, status: int
) -> None:
    failure = OperationalError("could not extend file")
    failure.__cause__ = cause

    def fails(*_: Any, **__: Any) -> None:
        raise failure

    @contextlib.contextmanager
    def fails_at_its_end(actor: Actor, *, clock: Clock) -> Iterator[None]:
        with act_as(actor, clock=clock):
            yield
        raise failure

    client = browser(ines)
    if when == "in the view":
        monkeypatch.setattr(operations, "set_preferences", fails)
    else:
        monkeypatch.setattr(middleware, "act_as", fails_at_its_end)
        monkeypatch.setattr(operations, "set_preferences", lambda *_, **__: None)
    page = answer(client, "/unstorable/", Accept="application/json")
    assert page.status_code == status
    assert ("There is no room left on the server." in page.content.decode()) == (status == 503)


@pytest.mark.parametrize("how", [name for name in FAILURES if name not in {"crash", "denied"}])
def test_a_page_of_a_failure_says_what_happened_what_is_safe_and_what_to_do(ines: Somebody, how: str) -> None:
    text = answer(browser(ines), f"/failing/{how}/").content.decode()
    assert text.count("<h1") == 1
    assert "What is safe" in text


def test_a_hidden_record_and_an_absent_address_are_the_same_page(ines: Somebody) -> None:
    client = browser(ines)
    hidden, absent = answer(client, "/failing/not-found/"), answer(client, "/no/such/address/")
    assert hidden.status_code == absent.status_code == 404
    for page in (hidden, absent):
        assert "<h1" in page.content.decode()


def test_a_failure_of_an_open_address_has_its_page_too() -> None:
    page = Client().get("/enrol/no-such-code/")
    assert page.status_code == 404
    assert "<h1" in page.content.decode()


class TestSignedOut:
    """Nothing answers but what the list of openings names."""

    def test_a_page_leads_to_the_sign_in_and_back(self) -> None:
        page = Client().get("/who/?x=1")
        assert (page.status_code, page["Location"]) == (302, "/sign-in/?next=%2Fwho%2F%3Fx%3D1")

    def test_an_address_that_does_not_exist_looks_no_different(self) -> None:
        assert Client().get("/no/such/").status_code == 302
        assert Client().get("/api/v1/no/such").status_code == 401

    def test_a_caller_that_wants_json_gets_a_problem(self) -> None:
        page = answer(Client(), "/who/", Accept="application/json")
        assert page.status_code == 401
        assert page.json()["type"] == "/help/problems/not-signed-in"

    @pytest.mark.parametrize("value", ["Bearer x", "Bearer ", "Bearer", "bearer  y", "Basic eA==", ""])
    def test_a_made_up_authorization_opens_nothing(self, value: str) -> None:
        assert answer(Client(), "/api/v1/me", Authorization=value).status_code == 401

    def test_health_says_that_the_web_server_answers_and_nothing_else(self) -> None:
        assert Client().get("/health").json() == {"ready": True}


def test_a_token_stands_for_its_person_until_it_is_revoked(ines: Somebody) -> None:
    client = terminal(ines)
    assert client.get("/who/").json() == {"id": str(ines.user.id), "confirmed": True}
    assert client.delete("/api/v1/tokens").status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_a_token_wins_over_a_cookie_and_needs_no_form_token(ines: Somebody) -> None:
    bruno = add_person("bruno", "alv-viu")
    client = browser(bruno)
    own = terminal(ines).defaults["HTTP_AUTHORIZATION"]
    assert answer(client, "/who/", Authorization=own).json()["id"] == str(ines.user.id)
    strict = Client(enforce_csrf_checks=True, headers={"Authorization": own})
    assert strict.delete("/api/v1/tokens").status_code == 204


def test_a_cookie_alone_cannot_change_anything_through_the_api(ines: Somebody) -> None:
    client = browser(ines)
    client.handler.enforce_csrf_checks = True
    assert client.delete("/api/v1/tokens").status_code == 403
    assert client.get("/api/v1/me").status_code == 200


def test_a_browser_silent_for_too_long_is_signed_out(ines: Somebody, settings: Any) -> None:
    client = browser(ines)
    assert client.get("/who/").status_code == 200
    session = client.session
    session[LAST_SEEN] = utc_now().timestamp() - settings.VIGIE_SESSION_IDLE_SECONDS - 1
    session.save()
    assert client.get("/who/").status_code == 302
    assert client.get("/who/").status_code == 302


def test_a_browser_in_use_stays_signed_in_and_notes_it_once_a_minute(ines: Somebody) -> None:
    client = browser(ines)
    client.get("/who/")
    first = client.session[LAST_SEEN]
    client.get("/who/")
    assert client.session[LAST_SEEN] == first
    session = client.session
    session[LAST_SEEN] = first - 61
    session.save()
    client.get("/who/")
    assert client.session[LAST_SEEN] >= first


def test_without_a_second_factor_every_page_leads_to_setting_it_up(ines: Somebody) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "ines", "password": PASSWORD})
    for address in ("/who/", "/api/v1/me", "/no/such/"):
        assert client.get(address)["Location"] == "/second-factor/set-up/"
    assert client.get("/second-factor/set-up/").status_code == 200  # who just signed in is not asked again
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    confirm = client.get("/second-factor/set-up/")["Location"]
    assert confirm.startswith("/sign-in/confirm/")
    assert client.post(confirm, {"password": PASSWORD})["Location"] == "/second-factor/set-up/"
    assert client.get("/second-factor/set-up/").status_code == 200


def test_a_person_whose_password_changed_is_signed_out_everywhere(ines: Somebody) -> None:
    from vigie.kernel.operation import act_as
    from vigie.rooms.accounts import operations

    client = browser(ines)
    with act_as(ines.actor, clock=utc_now):
        operations.set_password(ines.actor, password="another drawn lamp, taller")
    assert client.get("/who/").status_code == 302


def test_a_browser_says_when_its_person_was_confirmed(ines: Somebody) -> None:
    assert browser(ines).get("/who/").json() == {"id": str(ines.user.id), "confirmed": True}
    client = browser(ines)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    assert client.get("/who/").json()["confirmed"] is False


def test_a_step_up_leads_to_the_confirmation_and_back(ines: Somebody) -> None:
    olga = add_person("olga", "alv-viu", Role.OVERSIGHT)
    with checkpoint_key():
        fresh = browser(olga, confirmed_at=utc_now() - timedelta(minutes=4, seconds=50)).get("/log/export/")
    assert (fresh.status_code, fresh["Content-Type"]) == (200, "application/zip")
    stale = browser(olga, confirmed_at=utc_now() - timedelta(minutes=5, seconds=1))
    page = stale.get("/log/export/")
    assert page.status_code == 302
    assert page["Location"].startswith("/sign-in/confirm/?next=%2Flog%2Fexport%2F")
    refused = AuditEvent.objects.using("auditor").get(outcome="refused")
    assert (refused.verb, refused.reason) == ("audit:log:export", "step-up-needed")
    assert answer(stale, "/api/v1/audit/bundle").json()["code"] == "step-up-needed"


def test_every_answer_forbids_caches_frames_foreign_code_and_sniffing(ines: Somebody) -> None:
    client = browser(ines)
    for page in (
        client.get("/who/"),
        Client().get("/who/"),
        Client().get("/sign-in/"),
        client.get("/nowhere/"),
    ):
        assert page["Cache-Control"] == "no-store" or "no-cache" in page["Cache-Control"]
        assert page["X-Content-Type-Options"] == "nosniff"
        assert page["Referrer-Policy"] == "no-referrer"
        assert page["Cross-Origin-Resource-Policy"] == "same-origin"
        policy = page["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


def test_cookies_stay_with_this_site_and_away_from_scripts(ines: Somebody) -> None:
    client = browser(ines)
    client.get("/who/")
    session = client.cookies["vigie-session"]
    assert session["samesite"] in {"Strict", ""}
    page = Client().post("/sign-in/", {"login": "ines", "password": PASSWORD})
    assert page.cookies["vigie-session"]["samesite"] == "Strict"
    assert page.cookies["vigie-session"]["httponly"]


class TestLanguage:
    """Pages speak the person's language, else the browser's, of those the program offers."""

    def spoken(self, client: Client, **headers: str) -> str:
        text = client.get("/no/such/", headers=headers).content.decode()
        return text.split('lang="', 1)[1].split('"', 1)[0]

    def test_the_persons_own(self, ines: Somebody) -> None:
        client = browser(ines)
        assert self.spoken(client, **{"Accept-Language": "fr"}) == "en"
        client.post("/preferences/", {"language": "es", "theme": "dark"})
        assert self.spoken(client) == "es"
        assert language_of(ines) == "es"

    def test_a_choice_nobody_offers_changes_nothing(self, ines: Somebody) -> None:
        client = browser(ines)
        client.post(
            "/preferences/", {"language": "xx", "theme": "pink", "next": "https://elsewhere.example/"}
        )
        assert language_of(ines) == "en"

    def test_nobody_is_led_elsewhere(self, ines: Somebody) -> None:
        for place in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"):
            page = Client().post("/language/", {"language": "fr", "next": place})
            assert page["Location"] == "/"
        assert Client().post("/language/", {"language": "fr", "next": "/sign-in/"})["Location"] == "/sign-in/"

    def test_a_visitors_browser(self) -> None:
        def sign_in(language: str) -> str:
            return Client().get("/sign-in/", headers={"Accept-Language": language}).content.decode()

        assert 'lang="ar"' in sign_in("ar")
        assert 'dir="rtl"' in sign_in("ar")
        assert 'lang="en"' in sign_in("de")


def test_the_page_of_last_resort_needs_neither_database_nor_actor(ines: Somebody) -> None:
    client = browser(ines)
    page = answer(client, "/failing/crash/")
    assert page.status_code == 500
    assert "What is safe" in page.content.decode()
    as_json = answer(client, "/failing/crash/", Accept="application/json").json()
    assert as_json["status"] == 500
    assert "ZeroDivision" not in str(as_json)


def test_a_form_without_its_token_says_so(ines: Somebody) -> None:
    client = browser(ines)
    client.handler.enforce_csrf_checks = True
    page = client.post("/preferences/", {"language": "fr"})
    assert page.status_code == 403
    assert "<h1" in page.content.decode()
    assert staticfiles_storage is not None
