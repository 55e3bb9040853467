"""Who stands behind a request: a signed-in person's session, a command-line token, or a witness of the log."""

import dataclasses
from datetime import datetime

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.adapter import confirmed_at
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import actor_for, actor_for_token
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


def uses_token(request: HttpRequest) -> bool:
    """True for requests of command lines and witnesses, which carry no cookie a foreign page could ride on."""
    return request.headers.get("Authorization", "").lower().startswith(("bearer ", "witness "))


def needs_second_factor(request: HttpRequest) -> bool:
    """True for a signed-in person who has no second factor yet: they may do nothing but set one up."""
    if not isinstance(request.user, User) or uses_token(request):
        return False
    return not request.session.get(DEMO_SESSION, False) and not is_mfa_enabled(request.user)
