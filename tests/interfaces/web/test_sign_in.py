"""Sign-in: password, second factor, the log's lines, and what a certificate opens."""

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.cache import cache
from django.test import Client

from factories.people import PASSWORD, add_person, add_unit
from vigie.kernel.models import AuditEvent
from vigie.rooms.accounts.adapter import AccountAdapter

pytestmark = pytest.mark.usefixtures("database")
SECRET = base64.b32encode(b"drawn-lamp-on-a-desk").decode()


@pytest.fixture(autouse=True)
def no_attempts_before() -> None:
    cache.clear()


def code_now() -> str:
    """RFC 6238, written a second time: 30 s steps, SHA-1, six digits."""
    key = base64.b32decode(SECRET + "=" * (-len(SECRET) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def lines(verb: str) -> list[str]:
    return [e.outcome for e in AuditEvent.objects.using("auditor").filter(verb=verb)]


def test_without_a_sign_in_every_page_leads_to_it() -> None:
    answer = Client().get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=%2F"


def test_the_api_answers_with_a_problem() -> None:
    answer = Client().get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_first_sign_in_may_only_set_up_the_second_factor() -> None:
    add_unit("alv-viu", "ALV")
    add_person("ines", "alv-viu")
    client = Client()
    answer = client.post("/sign-in/", {"login": "ines", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/api/v1/me")["Location"] == "/second-factor/set-up/"
    assert lines("account:session:open") == ["done"]


def test_with_a_second_factor_the_code_is_asked_and_then_everything_is_open() -> None:
    add_unit("alv-viu", "ALV")
    ines = add_person("ines", "alv-viu")
    TOTP.activate(ines.user, SECRET)
    client = Client()
    assert client.post("/sign-in/", {"login": "ines", "password": PASSWORD})["Location"] == "/sign-in/code/"
    assert client.get("/api/v1/me").status_code == 401
    assert client.post("/sign-in/code/", {"code": code_now()}).status_code == 302
    assert client.get("/api/v1/me").json()["display_name"] == "Ines"
    opened = AuditEvent.objects.using("auditor").get(verb="account:session:open")
    assert (opened.facts, opened.subject_id, opened.unit) == (
        {"method": "mfa+password"},
        ines.user.id,
        ines.user.unit_id,
    )


def test_a_recovery_code_signs_in_once() -> None:
    add_unit("alv-viu", "ALV")
    ines = add_person("ines", "alv-viu")
    TOTP.activate(ines.user, SECRET)
    code = RecoveryCodes.activate(ines.user).get_unused_codes()[0]

    def signs_in() -> bool:
        client = Client()
        client.post("/sign-in/", {"login": "ines", "password": PASSWORD})
        assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 200  # wrong: asked again
        client.post("/sign-in/code/", {"code": code})
        return client.get("/api/v1/me").status_code == 200

    assert signs_in()
    assert not signs_in()


def test_a_wrong_password_is_in_the_log_and_says_nothing_else() -> None:
    add_unit("alv-viu", "ALV")
    add_person("ines", "alv-viu")
    wrong = Client().post("/sign-in/", {"login": "ines", "password": "wrong"})
    unknown = Client().post("/sign-in/", {"login": "nobody", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 200
    assert lines("account:session:refuse") == ["done"]


def test_no_mail_leaves_through_the_sign_in_library(settings: Any) -> None:
    add_unit("alv-viu", "ALV")
    ines = add_person("ines", "alv-viu")
    mail.outbox = []
    AccountAdapter().send_mail("account/email/anything", "ines@example", {"user": ines.user})
    assert mail.outbox == []
    assert AccountAdapter().is_open_for_signup(None) is False  # type: ignore[arg-type]  # not looked at
    assert {"email", "code"} & set(settings.ACCOUNT_LOGIN_METHODS) == set()
