"""Writes about people: adding them, their roles and certificates, passwords, tokens, and the record of sign-ins."""

import secrets
import uuid
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, in_progress, operation, refusal
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.policy import Reason
from vigie.kernel.scope import staff_ownership
from vigie.rooms.accounts.models import Certificate, RoleGrant, Token, User
from vigie.rooms.accounts.queries import digest_of
from vigie.rooms.accounts.schemas import Enrolment, IssuedToken
from vigie.rooms.units.schemas import Desk

ENROLMENT_LIFE = timedelta(hours=72)
TOKEN_LIFE = timedelta(hours=8)
"""As long as a browser session may last."""
STAFF_ROLES = frozenset({Role.ADMINISTRATOR, Role.INVESTIGATOR, Role.OVERSIGHT, Role.SUPERVISOR})
"""The roles a person may hold; the others belong to services."""


@operation(Permission.ACCOUNT_USER_ADD)
def add_user(
    actor: Actor,
    *,
    username: str,
    display_name: str,
    unit: Desk,
    language: str,
    same_person_as: uuid.UUID | None = None,
) -> Enrolment:
    """The person is added to the unit and may enrol once within 72 hours; returns the code, shown only now.

    `same_person_as` names an account the same human being has already: where an act needs two persons, the two count
    as one. Conflict when the name is taken anywhere in the installation, NotFound when there is no such account.
    """
    person = uuid.uuid4() if same_person_as is None else _user(same_person_as).natural_person
    code = secrets.token_urlsafe(32)
    expires_at = context.now() + ENROLMENT_LIFE
    try:
        with transaction.atomic():
            user = User.objects.create(
                username=username,
                display_name=display_name,
                unit_id=unit.unit,
                language=language,
                time_zone=unit.time_zone,
                password=make_password(None),
                natural_person=person,
                enrolment_digest=digest_of(code),
                enrolment_until=expires_at,
            )
    except IntegrityError as error:
        raise Conflict(_("The name %(name)s is taken.") % {"name": username}) from error
    about("person", user.id, concerned=unit.unit)
    return Enrolment(user=user.id, username=username, code=code, expires_at=expires_at)


@operation(Permission.ACCOUNT_ROLE_GRANT)
def grant_role(actor: Actor, *, user_id: uuid.UUID, role: Role) -> None:
    """The person holds the role. Nothing changes when they hold it already; Invalid for a service's role."""
    if role not in STAFF_ROLES:
        raise Invalid(_("%(role)s is not a role of people.") % {"role": role.value})
    user = _user(user_id)
    if RoleGrant.objects.for_actor(actor).filter(user=user, role=role, revoked_at=None).exists():
        return
    RoleGrant.objects.create(user=user, role=role.value, **_owned_by(actor, user))
    about("person", user.id, role=role.value, concerned=user.unit_id)


@operation(Permission.ACCOUNT_ROLE_REVOKE)
def revoke_role(actor: Actor, *, user_id: uuid.UUID, role: Role) -> None:
    """The person no longer holds the role, from their next request on. NotFound when they did not hold it."""
    held = RoleGrant.objects.for_actor(actor).filter(user_id=user_id, role=role, revoked_at=None)
    unit = held.values_list("owner_unit", flat=True).first()
    if not held.update(revoked_at=context.now()):
        raise NotFound
    about("person", user_id, role=role.value, concerned=unit)


@operation(Permission.ACCOUNT_PERSON_JOIN)
def join_accounts(actor: Actor, *, user_id: uuid.UUID, same_as: uuid.UUID) -> None:
    """Both accounts, and all that were joined to either, belong to one human being from now on.

    Joined accounts are never parted: whoever proposed with one could approve with the other. A mistake is mended by
    a new account. NotFound for an account that is not there.
    """
    user, other = _user(user_id), _user(same_as)
    User.objects.filter(natural_person=user.natural_person).update(natural_person=other.natural_person)
    about("person", user.id, concerned=user.unit_id, same_as=str(other.id))
    in_progress().concerned.add(other.unit_id)


@operation(Permission.ACCOUNT_CERTIFICATE_GRANT)
def grant_certificate(
    actor: Actor, *, user_id: uuid.UUID, course: str, valid_from: datetime, valid_until: datetime
) -> uuid.UUID:
    """The person is certified for this time; returns the certificate's id. Invalid when it ends before it begins."""
    if valid_until <= valid_from:
        raise Invalid(_("A certificate ends after it begins."))
    user = _user(user_id)
    certificate = Certificate.objects.create(
        user=user, course=course, valid_from=valid_from, valid_until=valid_until, **_owned_by(actor, user)
    )
    about("certificate", certificate.id, concerned=user.unit_id, until=valid_until.isoformat())
    created: uuid.UUID = certificate.id
    return created


@operation(Permission.ACCOUNT_CERTIFICATE_REVOKE)
def revoke_certificate(actor: Actor, *, certificate_id: uuid.UUID) -> None:
    """The certificate opens nothing any more, from the person's next request on. NotFound when there is none."""
    held = Certificate.objects.for_actor(actor).filter(id=certificate_id, revoked_at=None)
    unit = held.values_list("owner_unit", flat=True).first()
    if not held.update(revoked_at=context.now()):
        raise NotFound
    about("certificate", certificate_id, concerned=unit)


@operation(Permission.ACCOUNT_PASSWORD_SET)
def set_password(actor: Actor, *, password: str) -> None:
    """The acting person has this password and no open enrolment. Invalid, with the reasons, when it is too weak."""
    user = _user(actor.id)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    User.objects.filter(id=user.id).update(
        password=make_password(password), enrolment_digest="", enrolment_until=None
    )
    about("person", user.id)


@operation(Permission.ACCOUNT_PREFERENCES_SET)
def set_preferences(actor: Actor, *, language: str, theme: str) -> None:
    """The acting person sees pages in this language and theme."""
    User.objects.filter(id=actor.id).update(language=language, theme=theme)
    about("person", actor.id, language=language, theme=theme)


@operation(Permission.ACCOUNT_TOKEN_ISSUE)
def issue_token(actor: Actor, *, label: str) -> IssuedToken:
    """The acting person has a command-line token for 8 hours; returns it, shown only now.

    It is as fresh as the sign-in behind it: a token is no way round step-up. Refused for somebody whose sign-in was
    never confirmed.
    """
    if actor.confirmed_at is None:
        raise refusal(Reason.STEP_UP, Permission.ACCOUNT_TOKEN_ISSUE)
    token = secrets.token_urlsafe(32)
    now = context.now()
    row = Token.objects.create(
        user_id=actor.id,
        digest=digest_of(token),
        label=label[:80],
        confirmed_at=actor.confirmed_at,
        expires_at=now + TOKEN_LIFE,
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


@operation(Permission.ACCOUNT_SESSION_OPEN)
def record_sign_in(actor: Actor, *, user_id: uuid.UUID, method: str) -> None:
    """The log says that this person signed in, and how."""
    about("person", user_id, method=method, concerned=actor.unit)


@operation(Permission.ACCOUNT_SESSION_REFUSE)
def record_failed_sign_in(actor: Actor, *, user_id: uuid.UUID, method: str) -> None:
    """The log says that somebody failed to sign in as this person, and at which step."""
    about("person", user_id, method=method, concerned=actor.unit)


def _user(user_id: uuid.UUID) -> User:
    user = User.objects.select_related("unit").filter(id=user_id, is_active=True).first()
    if user is None:
        raise NotFound
    return user


def _owned_by(actor: Actor, user: User) -> dict[str, object]:
    return staff_ownership(actor, unit=user.unit_id, country=user.unit.country_id)
