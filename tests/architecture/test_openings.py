"""Every address is closed to those who are not signed in, but for a list that is read here in full."""

import uuid

import pytest
from django.test import Client

from support.routes import Route, routes
from vigie.interfaces.web.openings import ONLY_BY, OPEN, SIGNED_IN_ONLY

pytestmark = pytest.mark.usefixtures("database")

EXPECTED_OPEN = {
    "account_login": "the sign-in itself",
    "account_logout": "leaving; nothing happens to somebody who is not there",
    "mfa_authenticate": "the second step of the sign-in",
    "mfa_login_webauthn": "the sign-in with a passkey",
    "enrol": "a new person's one-time address",
    "health": "says that the web server answers",
    "provider_back": "carries on what a sign-in provider sent, and looks at none of it",
    "provider_done": "the answer of a sign-in provider to a sign-in begun in the same session",
    "provider_leave": "leads to a sign-in provider, which asks who one is",
    "set_language": "a visitor's language, kept in a cookie",
    "api:openapi-json": "how the API is spoken to",
    "api:issue_token": "the sign-in of the command line (POST only)",
    "demo:people": "only where `vigie demo` made the home",
    "demo:enter": "only where `vigie demo` made the home",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_the_list_of_openings_is_the_one_read_here() -> None:
    assert set(OPEN) == set(EXPECTED_OPEN)
    assert {"api:issue_token": {"POST"}, "api:openapi-json": {"GET", "HEAD"}} == ONLY_BY


def test_before_the_second_factor_only_setting_one_up_is_open() -> None:
    assert set(SIGNED_IN_ONLY) == {
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_download_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_view_recovery_codes",
        "set_language",
    }


def test_the_program_has_addresses_to_look_at() -> None:
    assert len(routes()) >= 50


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.pattern)
def test_an_address_answers_nobody_who_is_not_signed_in(route: Route) -> None:
    values = dict.fromkeys(route.parameters, str(uuid.uuid4()))
    client = Client(raise_request_exception=False)
    for method in METHODS:
        answer = client.generic(method, route.filled(values))
        opened = route.name in EXPECTED_OPEN and method in ONLY_BY.get(route.name, {method})
        if opened:
            assert answer.status_code < 500, f"{method} {route.pattern}"
            continue
        assert answer.status_code in {401, 302}, f"{method} {route.pattern}: {answer.status_code}"
        if route.pattern.startswith("api/"):
            assert answer.status_code == 401, f"{method} {route.pattern}"
        if answer.status_code == 302:
            assert answer["Location"].startswith("/sign-in/?next=")
