"""Reads of people: who signs in, with which rights, at this moment."""

import hashlib
import uuid
from datetime import datetime

from vigie.kernel.actors import Actor, ActorKind, LogScope, Purpose, StaffScope
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.scope import SystemPurpose
from vigie.rooms.accounts.models import Certificate, RoleGrant, Token, User
from vigie.rooms.accounts.schemas import Person
from vigie.rooms.units.queries import agreed

PLUMBING = "plumbing"
_NO_CASE_DATA = frozenset({Role.ADMINISTRATOR, Role.OVERSIGHT})
"""Who holds these roles only acts for a purpose that reads no case data: the walls then say so too, not the roles alone."""


def person_of(user_id: uuid.UUID) -> User | None:
    """The active person of this id, read through the sign-in role; None when there is none."""
    return User.objects.using(PLUMBING).filter(id=user_id, is_active=True).select_related("unit").first()


def actor_for(user: User, *, now: datetime, confirmed_at: datetime | None) -> Actor:
    """The actor this person is right now: roles, certificate and agreement as they stand at `now` (UTC).

    Read again for every request, so that a revoked right ends with the next one (ASVS 5.0 v5.0.0-8.3.2).
    """
    roles = frozenset(
        Role(grant.role)
        for grant in RoleGrant.objects.using(PLUMBING)
        .system(SystemPurpose.SIGN_IN)
        .filter(user=user, revoked_at=None)
    )
    purpose = Purpose.OVERSIGHT if roles <= _NO_CASE_DATA else Purpose.VICTIM_IDENTIFICATION
    terms = agreed(user.unit_id, purpose=purpose, today=now.date(), alias=PLUMBING)
    return Actor(
        kind=ActorKind.PERSON,
        id=user.id,
        name=user.display_name,
        unit=user.unit_id,
        country=user.unit.country_id,
        roles=roles,
        purpose=purpose,
        certified_until=_certified_until(user, now),
        agreement_until=terms.until,
        agreed=terms.purposes,
        confirmed_at=confirmed_at,
        natural_person=user.natural_person,
        log_scope=_log_scope(roles),
    )


def _certified_until(user: User, now: datetime) -> datetime | None:
    valid = (
        Certificate.objects.using(PLUMBING)
        .system(SystemPurpose.SIGN_IN)
        .filter(user=user, revoked_at=None, valid_from__lte=now)
        .order_by("-valid_until")
        .first()
    )
    return valid.valid_until if valid else None


def _log_scope(roles: frozenset[Role]) -> LogScope:
    if Role.OVERSIGHT in roles:
        return LogScope.INSTALLATION
    return LogScope.UNIT if Role.SUPERVISOR in roles else LogScope.NONE


def digest_of(secret: str) -> str:
    """What is kept of a token or an enrolment code: its SHA-256, in hexadecimal.

    Both are 256 random bits, so a fast hash is enough: there is nothing to guess.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def actor_for_token(token: str, *, now: datetime) -> Actor | None:
    """The actor behind a command-line token; None when it is unknown, ended, revoked or its person inactive."""
    row = (
        Token.objects.using(PLUMBING)
        .system(SystemPurpose.SIGN_IN)
        .filter(digest=digest_of(token), revoked_at=None, expires_at__gt=now)
        .first()
    )
    user = person_of(row.user_id) if row else None
    if row is None or user is None or user.unit_id != row.owner_unit:
        return None
    return actor_for(user, now=now, confirmed_at=row.confirmed_at)


def user_id(actor: Actor, username: str) -> uuid.UUID:
    """The id of the active person of this name; NotFound when there is none the actor looks after."""
    users = User.objects.filter(username=username, is_active=True)
    if actor.staff_scope is StaffScope.UNIT:
        users = users.filter(unit_id=actor.unit)
    found = users.values_list("id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def people(actor: Actor, *, now: datetime) -> list[Person]:
    """The people of the actor's unit, or of all units for administrators, by name. Refused without the right to."""
    require(actor, Permission.ACCOUNT_USER_READ)
    grants = RoleGrant.objects.for_actor(actor).filter(revoked_at=None)
    roles: dict[uuid.UUID, list[Role]] = {}
    for grant in grants:
        roles.setdefault(grant.user_id, []).append(Role(grant.role))
    ends: dict[uuid.UUID, datetime] = {}
    for certificate in Certificate.objects.for_actor(actor).filter(revoked_at=None, valid_from__lte=now):
        ends[certificate.user_id] = max(ends.get(certificate.user_id, now), certificate.valid_until)
    users = User.objects.filter(id__in=roles).order_by("display_name")
    return [
        Person(
            id=user.id,
            username=user.username,
            display_name=user.display_name,
            unit=user.unit_id,
            language=user.language,
            roles=tuple(sorted(roles[user.id])),
            natural_person=user.natural_person,
            certified_until=ends.get(user.id),
        )
        for user in users
    ]
