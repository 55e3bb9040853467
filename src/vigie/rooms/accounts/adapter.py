"""What the sign-in library may do here: no self-made accounts, no e-mail, every attempt in the log."""

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as library
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from vigie.kernel.actors import Actor, Purpose, service_actor, utc_now
from vigie.kernel.context import current_or_none
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import is_fresh
from vigie.rooms.accounts import operations
from vigie.rooms.accounts.client_certificates import (
    OTHER_CERTIFICATE,
    OTHER_CERTIFICATE_CODE,
    may_open,
    presented,
)
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import PLUMBING
from vigie.rooms.accounts.sessions import begin


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library ships no types
    """People are added by administrators; the library only signs them in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The log says that somebody failed to sign in as this person; unknown names leave no line of their own."""
        user = (
            User.objects.using(PLUMBING)
            .filter(username=credentials.get("username", ""))
            .select_related("unit")
        )
        for person in user:
            note_failed_sign_in(person, method="password")

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponseBase:
        """Somebody who left is nobody: they are led to the sign-in, as with a wrong password."""
        del request, user
        return redirect("account_login")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """How a person may confirm who they are: by a key, else by a code; by the password only before either exists.

        A password that was watched must not open what a fresh sign-in guards.
        """
        ways: list[dict[str, str]] = super().get_reauthentication_methods(user)
        strong = [way for way in ways if way["id"].startswith("mfa_")]
        return sorted(strong, key=lambda way: "webauthn" not in way["id"]) or ways

    def get_login_stages(self) -> list[str]:
        """The library's steps, with our own way of asking for the second factor."""
        asks, ours = "allauth.mfa.stages.AuthenticateStage", "vigie.rooms.accounts.stages.SecondFactorStage"
        return [ours if stage == asks else stage for stage in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """False within five minutes of a sign-in: who just proved who they are is not asked again for a key's sake."""
        del app, kwargs
        return not is_fresh(confirmed_at(library.request), utc_now())

    def login(self, request: HttpRequest, user: Any) -> None:
        """The person is signed in, after every factor; led back to the door where their client certificate is another."""
        if not may_open(request, unit=user.unit_id, country=user.unit.country_id, now=utc_now()):
            note_failed_sign_in(user, method=OTHER_CERTIFICATE_CODE)
            messages.error(request, OTHER_CERTIFICATE)
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def send_mail(self, *_: Any, **__: Any) -> None:
        """No mail leaves through the sign-in library."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library ships no types
    """The name shown in a person's authenticator."""

    def get_totp_label(self, user: User) -> str:
        """The person's user name."""
        return user.username

    def get_totp_issuer(self) -> str:
        """The name of this installation."""
        return "Vigie"


PROVIDER, PROVIDER_CONFIRMED = "provider", "provider-confirmed"
"""How a sign-in through a provider, and a confirmation it was asked for, stand in the library's records.

The first confirms nothing, however new: the person perhaps only had a living sign-in there.
"""
CONFIRMING = frozenset({"mfa", "demo", PROVIDER_CONFIRMED})
"""How a second factor, a provider's answer to a demand, or in a demonstration a press of a button, stands there."""


def confirmed_at(request: HttpRequest) -> datetime | None:
    """When this session's person last proved who they are (UTC); None when they did not.

    A password counts only while its person has no second factor to confirm with. The records belong to one person:
    without naming them the library gives none (allauth 65.21, since a session may hold the first step of somebody
    else's sign-in).
    """
    user = request.user if isinstance(request.user, User) else None
    records = [one for one in get_authentication_records(request, user) if "at" in one]
    strong = [one for one in records if one.get("method") in CONFIRMING]
    if user is not None and not strong and not is_mfa_enabled(user):
        strong = records
    return datetime.fromtimestamp(max(one["at"] for one in strong), UTC) if strong else None


def begin_session(request: HttpRequest) -> None:
    """The session of somebody who just signed in says since when, in which browser, behind which client certificate."""
    begin(request.session, now=utc_now(), headers=request.headers, behind=presented(request))


def note_factor(request: HttpRequest, *, change: str, factor: str) -> None:
    """The log has a line about the person's change of a second factor.

    The library tells of recovery codes after the request's block was committed: their line has a block of its own.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the ActorBlock middleware
    if current_or_none() is not None:
        operations.record_factor(actor, change=change, factor=factor)
        return
    with act_as(actor, clock=utc_now):
        operations.record_factor(actor, change=change, factor=factor)


def note_failed_sign_in(person: User, *, method: str) -> None:
    """The log has a line about a failed sign-in, readable by the person's unit."""
    actor = _service_for(person)
    with act_as(actor, clock=utc_now):
        operations.record_failed_sign_in(actor, user_id=person.id, method=method)


def note_sign_in(person: User, *, method: str) -> None:
    """The log has a line about a sign-in, readable by the person's unit."""
    actor = _service_for(person)
    with act_as(actor, clock=utc_now):
        operations.record_sign_in(actor, user_id=person.id, method=method)


def _service_for(person: User) -> Actor:
    return service_actor(
        Role.SERVICE_SIGN_IN,
        unit=person.unit_id,
        country=person.unit.country_id,
        purpose=Purpose.OVERSIGHT,
        on_behalf_of=person.id,
    )
