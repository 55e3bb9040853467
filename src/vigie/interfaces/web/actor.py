"""Who stands behind a request: a signed-in person's session, a command-line token, or a witness of the log."""

import dataclasses
from datetime import datetime

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import logout
from django.core.cache import cache
from django.http import HttpRequest

from vigie.kernel.actors import Actor, ActorKind
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.adapter import confirmed_at, note_failed_sign_in
from vigie.rooms.accounts.client_certificates import OTHER_CERTIFICATE_CODE, may_go_on
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import actor_for, actor_for_token, person_of
from vigie.rooms.cases.queries import open_cases_of
from vigie.rooms.oversight.queries import actor_for_witness

DEMO_SESSION = "vigie_demo"
"""Set by the demonstration's one-click sign-in; trusted only where the demonstration is installed."""


def actor_of(request: HttpRequest, *, now: datetime) -> Actor | None:
    """The actor of this request at `now` (UTC); None when nobody is signed in."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return with_open_cases(actor_for_token(token.strip(), now=now), now=now)
    if kind.lower() == "witness":
        return actor_for_witness(token.strip())
    if not isinstance(request.user, User):
        return None
    actor = actor_for(request.user, now=now, confirmed_at=confirmed_at(request))
    return with_open_cases(actor, now=now)


def with_open_cases(actor: Actor | None, *, now: datetime) -> Actor | None:
    """The same actor with the cases that are open to it now, when it is a court and nothing besides.

    Read again for every request: what a unit ended, and what the day ended, is closed with the next one.
    """
    if actor is None or actor.roles != {Role.COURT}:
        return actor
    return dataclasses.replace(actor, cases=open_cases_of(actor.id, today=now.date()))


def is_behind_another(request: HttpRequest, actor: Actor, *, now: datetime) -> bool:
    """True for a person whose sign-in was opened behind another client certificate than this request came behind.

    Such a sign-in was carried off: one of a browser has ended with this request, and the log has a line, one a minute
    at most for a token, which somebody may send as often as they like.
    """
    token = _bearer(request)
    if actor.kind is not ActorKind.PERSON or may_go_on(
        request, unit=actor.unit, country=actor.country, token=token, now=now
    ):
        return False
    person = person_of(actor.id)
    told = bool(token) and not cache.add(f"behind-another:{actor.id}", value=True, timeout=60)
    if person is not None and not told:
        note_failed_sign_in(person, method=OTHER_CERTIFICATE_CODE)
    if not token:
        logout(request)
    return True


def _bearer(request: HttpRequest) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def uses_token(request: HttpRequest) -> bool:
    """True for requests of command lines and witnesses, which carry no cookie a foreign page could ride on."""
    return request.headers.get("Authorization", "").lower().startswith(("bearer ", "witness "))


def needs_second_factor(request: HttpRequest) -> bool:
    """True for a signed-in person who has no second factor yet: they may do nothing but set one up."""
    if not isinstance(request.user, User) or uses_token(request):
        return False
    return not request.session.get(DEMO_SESSION, False) and not is_mfa_enabled(request.user)
