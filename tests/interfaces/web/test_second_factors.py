"""Confirming: a second factor counts, a password does not once there is one, and every change of a factor has its line."""

from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.test import Client

from factories.clients import browser
from factories.people import PASSWORD, Somebody, add_person, add_unit
from vigie.kernel.actors import utc_now
from vigie.kernel.models import AuditEvent
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.adapter import AccountAdapter

pytestmark = pytest.mark.usefixtures("database")
GUARDED = "/people/-/add/"


@pytest.fixture
def galia(database: None) -> Somebody:
    cache.clear()
    add_unit("alv-ncb", "ALV")
    return add_person("galia", "alv-ncb", Role.GATEWAY, certified_days=0)


def with_records(person: Somebody, *records: dict[str, object]) -> Client:
    """A browser whose session holds these proofs of who its person is, and no others."""
    client = browser(person)
    session = client.session
    session["account_authentication_methods"] = list(records)
    session.save()
    return client


def seconds_ago(seconds: float) -> float:
    return utc_now().timestamp() - seconds


def test_a_second_factor_confirms_for_five_minutes_and_no_longer(galia: Somebody) -> None:
    factor = {"method": "mfa", "type": "webauthn"}
    assert with_records(galia, factor | {"at": seconds_ago(290)}).get(GUARDED).status_code == 200
    old = with_records(galia, factor | {"at": seconds_ago(310)}).get(GUARDED)
    assert old["Location"].startswith("/sign-in/confirm/")


def test_a_password_confirms_nothing_once_there_is_a_second_factor(galia: Somebody) -> None:
    old = {"method": "mfa", "type": "totp", "at": seconds_ago(3600)}
    client = with_records(galia, old, {"method": "password", "at": seconds_ago(1), "reauthenticated": True})
    assert client.get(GUARDED)["Location"].startswith("/sign-in/confirm/")
    offered = client.post("/sign-in/confirm/", {"password": PASSWORD})
    assert offered["Location"].startswith("/sign-in/confirm/code/")  # the password is not even taken
    assert client.get(GUARDED).status_code == 302


def test_the_code_of_somebody_else_confirms_nothing(galia: Somebody) -> None:
    client = browser(galia, confirmed_at=utc_now() - timedelta(minutes=6))
    for code in ("000000", "", "x" * 200):
        assert client.post("/sign-in/confirm/code/", {"code": code}).status_code == 200  # asked again
    assert client.get(GUARDED).status_code == 302


def test_new_recovery_codes_leave_a_line_without_the_codes(galia: Somebody) -> None:
    client = browser(galia)
    RecoveryCodes.activate(galia.user)
    assert client.post("/second-factor/codes/new/").status_code == 302
    line = AuditEvent.objects.using("auditor").get(verb="account:factor:change")
    assert line.facts == {"change": "renewed", "factor": "recovery_codes"}
    assert line.subject_id == galia.user.id


def test_somebody_who_left_is_led_to_the_sign_in(galia: Somebody) -> None:
    answer = AccountAdapter().respond_user_inactive(None, galia.user)  # type: ignore[arg-type]  # not looked at
    assert answer.headers["Location"] == "/sign-in/"


def test_a_passkey_sign_in_without_a_key_opens_nothing(galia: Somebody) -> None:
    client = Client()
    asked = client.get("/sign-in/key/", headers={"Accept": "application/json"}).json()
    assert asked["request_options"]["publicKey"]["userVerification"] == "required"
    for credential in ("", "{}", '{"id": "x", "rawId": "x", "type": "public-key", "response": {}}'):
        assert client.post("/sign-in/key/", {"credential": credential})["Location"] == "/sign-in/"
    assert client.get("/api/v1/me").status_code == 401
