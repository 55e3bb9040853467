"""Access: confirmed by the gateway now and then, taken by it at any time, and given back by the next confirmation."""

import uuid

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import about, in_progress, in_words, operation, refusal
from vigie.kernel.permissions import Permission
from vigie.rooms.accounts.models import BrowserSession, Token, User
from vigie.rooms.accounts.queries import PLUMBING, active_user, subject_of
from vigie.rooms.accounts.rules import against_deciding, against_taking


@operation(Permission.ACCOUNT_ACCESS_CONFIRM)
def confirm_access(actor: Actor, *, user_id: uuid.UUID) -> None:
    """The person's access is confirmed from now until the next review, also when it was suspended.

    Refused for one's own, for an administrator where a gateway decides, and for a gateway of people whose role reaches
    beyond its country.
    """
    user = active_user(actor, user_id)
    subject = subject_of(actor, user)
    against = against_deciding(actor, subject, role=subject.widest_role)
    if against is not None:
        raise refusal(against, Permission.ACCOUNT_ACCESS_CONFIRM)
    User.objects.filter(id=user.id).update(reviewed_at=context.now(), suspended_at=None)
    about("person", user.id, concerned=user.unit_id)


@operation(Permission.ACCOUNT_ACCESS_SUSPEND)
def suspend_access(actor: Actor, *, user_id: uuid.UUID, why: str = "") -> None:
    """The person may do nothing from their next request on, and every sign-in of theirs has ended.

    Their account, roles and certificates stay, and a confirmation gives the access back. Refused for oneself, and for a
    gateway of people whose role reaches beyond its country.
    """
    user = active_user(actor, user_id)
    against = against_taking(actor, user.natural_person, role=subject_of(actor, user).widest_role)
    if against is not None:
        raise refusal(against, Permission.ACCOUNT_ACCESS_SUSPEND)
    User.objects.filter(id=user.id).update(suspended_at=context.now())
    about("person", user.id, concerned=user.unit_id, sessions=_end_all(actor, user.id))
    if why:
        in_words(why)


@operation(Permission.ACCOUNT_SESSION_REVOKE)
def revoke_sessions(actor: Actor, *, user_id: uuid.UUID, session: uuid.UUID | None = None) -> int:
    """One sign-in of the person, or every one for None, works no more; returns how many ended.

    NotFound when the person has no such sign-in.
    """
    user = active_user(actor, user_id)
    against = against_taking(actor, user.natural_person, role=subject_of(actor, user).widest_role)
    if against is not None:
        raise refusal(against, Permission.ACCOUNT_SESSION_REVOKE)
    ended = _end_all(actor, user.id, session)
    if session is not None and not ended:
        raise NotFound
    about("person", user.id, concerned=user.unit_id, sessions=ended)
    return ended


def end_others(actor: Actor, *, keep: uuid.UUID | None) -> int:
    """Every sign-in of the acting person but this one of a browser has ended; returns how many. Only in an operation."""
    in_progress()
    browsers = BrowserSession.objects.using(PLUMBING).filter(person=actor.id)
    if keep is not None:
        browsers = browsers.exclude(public_id=keep)
    tokens = Token.objects.for_actor(actor).filter(user_id=actor.id, revoked_at=None)
    ended: int = browsers.delete()[0] + tokens.update(revoked_at=context.now())
    return ended


def _end_all(actor: Actor, user_id: uuid.UUID, session: uuid.UUID | None = None) -> int:
    """Sessions of browsers go through the sign-in role, at once; tokens end with the operation."""
    browsers = BrowserSession.objects.using(PLUMBING).filter(person=user_id)
    tokens = Token.objects.for_actor(actor).filter(user_id=user_id, revoked_at=None)
    if session is not None:
        browsers, tokens = browsers.filter(public_id=session), tokens.filter(id=session)
    ended: int = browsers.delete()[0] + tokens.update(revoked_at=context.now())
    return ended
