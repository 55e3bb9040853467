"""Sign-ins of browsers and of the command line: opening them, ending one's own, and the record of who signed in."""

import secrets
import uuid
from datetime import timedelta

from django.conf import settings

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import about, operation, refusal
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Reason
from vigie.kernel.scope import staff_ownership
from vigie.rooms.accounts.models import BrowserSession, Token
from vigie.rooms.accounts.queries import PLUMBING, digest_of
from vigie.rooms.accounts.schemas import IssuedToken


@operation(Permission.ACCOUNT_TOKEN_ISSUE)
def issue_token(actor: Actor, *, label: str, client_certificate: str = "") -> IssuedToken:
    """The acting person has a command-line token for as long as a sign-in lasts; returns it, shown only now.

    It is as fresh as the sign-in behind it: a token is no way round step-up. Where a client certificate is named by its
    SHA-256, it works behind that one only. Refused for somebody whose sign-in was never confirmed.
    """
    if actor.confirmed_at is None:
        raise refusal(Reason.STEP_UP, Permission.ACCOUNT_TOKEN_ISSUE)
    token = secrets.token_urlsafe(32)
    now = context.now()
    row = Token.objects.create(
        user_id=actor.id,
        digest=digest_of(token),
        label=label[:80],
        client_certificate=client_certificate,
        confirmed_at=actor.confirmed_at,
        expires_at=now + timedelta(hours=settings.VIGIE.session_hours),
        **staff_ownership(actor, unit=actor.unit, country=actor.country),
    )
    about("token", row.id)
    return IssuedToken(id=row.id, token=token, expires_at=row.expires_at)


@operation(Permission.ACCOUNT_TOKEN_REVOKE)
def revoke_tokens(actor: Actor) -> int:
    """None of the acting person's tokens works any more; returns how many ended."""
    ended: int = (
        Token.objects.for_actor(actor)
        .filter(user_id=actor.id, revoked_at=None)
        .update(revoked_at=context.now())
    )
    about("person", actor.id, tokens=ended)
    return ended


@operation(Permission.ACCOUNT_SESSION_END)
def end_session(actor: Actor, *, session: uuid.UUID) -> None:
    """One sign-in of the acting person, of a browser or a command line, works no more; NotFound if not theirs."""
    browsers = BrowserSession.objects.using(PLUMBING).filter(public_id=session, person=actor.id)
    tokens = Token.objects.for_actor(actor).filter(id=session, user_id=actor.id, revoked_at=None)
    if not browsers.delete()[0] and not tokens.update(revoked_at=context.now()):
        raise NotFound
    about("person", actor.id)


@operation(Permission.ACCOUNT_SESSION_OPEN)
def record_sign_in(actor: Actor, *, user_id: uuid.UUID, method: str) -> None:
    """The log says that this person signed in, and how."""
    about("person", user_id, method=method, concerned=actor.unit)


@operation(Permission.ACCOUNT_SESSION_REFUSE)
def record_failed_sign_in(actor: Actor, *, user_id: uuid.UUID, method: str) -> None:
    """The log says that somebody failed to sign in as this person, and at which step."""
    about("person", user_id, method=method, concerned=actor.unit)


@operation(Permission.ACCOUNT_FACTOR_CHANGE)
def record_factor(actor: Actor, *, change: str, factor: str) -> None:
    """The log says that the acting person added, removed or renewed a second factor of this kind."""
    about("person", actor.id, change=change, factor=factor)
