"""Signed-in browsers and terminals for tests."""

from datetime import datetime

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from factories.people import Somebody
from vigie.kernel.actors import utc_now
from vigie.rooms.accounts.sign_in import token_for


def browser(person: Somebody, *, confirmed_at: datetime | None = None) -> Client:
    """A browser this person is signed in with, second factor and all, confirmed now unless a test says when."""
    if not _has_second_factor(person):
        TOTP.activate(person.user, generate_totp_secret())
    client = Client()
    client.force_login(person.user, backend="vigie.rooms.accounts.backend.PlumbingBackend")
    session = client.session
    moment = (confirmed_at or utc_now()).timestamp()
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "type": "totp", "at": moment}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(person.user.pk)
    session.save()
    return client


def terminal(person: Somebody) -> Client:
    """A command line this person is signed in at."""
    issued = token_for(person.user, label="test", confirmed_at=utc_now())
    return Client(headers={"Authorization": f"Bearer {issued.token}"})


def _has_second_factor(person: Somebody) -> bool:
    from allauth.mfa.utils import is_mfa_enabled

    return bool(is_mfa_enabled(person.user))
