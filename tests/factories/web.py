"""Browsers of people who proved a moment ago who they are, for tests of pages without a browser."""

from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client, RequestFactory

from factories.people import Somebody
from support.database import administrator
from vigie.rooms.accounts.sessions import SessionStore

SECRET = "MRZGC53OFVWGC3LQFVXW4LLBFVSGK43L"
_AUTHENTICATED = "account_authentication_methods"


def browser(person: Somebody, *, confirmed: timedelta = timedelta(0), **headers: Any) -> Client:
    """A client signed in as this person, who last proved who they are so long ago."""
    if not person.user.authenticator_set.exists():
        TOTP.activate(person.user, SECRET)
    session = SessionStore()
    session[SESSION_KEY] = str(person.user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.user.get_session_auth_hash()
    request = RequestFactory().get("/")
    request.session = session
    record_authentication(request, person.user, "mfa", type="totp")
    for method in session[_AUTHENTICATED]:
        method["at"] -= confirmed.total_seconds()
    session.save()
    client = Client(headers=headers)
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
    return client


def lines_of(verb: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Outcome, reason and facts of the log's lines of this verb, in order."""
    with administrator() as look:
        rows = look.execute(
            "SELECT outcome, reason, facts FROM audit_event WHERE verb = %s ORDER BY id", [verb]
        )
        return [(outcome, reason, facts) for outcome, reason, facts in rows.fetchall()]


def publish_now() -> None:
    """Answers that wait for their second are published, and owners were told of them."""
    from vigie.rooms.matching.tasks import deliver

    with administrator() as connection:
        connection.execute("UPDATE matching_candidate SET published_at = published_at - interval '5 seconds'")
        connection.execute("UPDATE match_delivery SET deliver_after = now() - interval '1 second'")
    deliver(0)
