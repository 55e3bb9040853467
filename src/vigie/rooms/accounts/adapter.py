"""What the sign-in library may do here: no self-made accounts, no e-mail, every attempt in the log."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from vigie.kernel.actors import Actor, Purpose, service_actor, utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import PLUMBING


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
