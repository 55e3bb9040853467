"""Reads of people for those who look after them."""

import math
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from vigie.kernel.actors import Actor, StaffScope
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.policy import looks_after
from vigie.rooms.accounts.models import (
    BrowserSession,
    Certificate,
    ProviderIdentity,
    RoleGrant,
    Token,
    User,
)
from vigie.rooms.accounts.queries.signing_in import PLUMBING, review_due
from vigie.rooms.accounts.rules import CERTIFICATE_REMINDERS, REVIEW_REMINDER
from vigie.rooms.accounts.schemas import (
    Access,
    CertificateView,
    Ending,
    IdentityView,
    Person,
    SessionView,
)


def _looked_after(actor: Actor) -> QuerySet[User]:
    """The active people whose staff records are within the actor's reach."""
    users = User.objects.select_related("unit").filter(is_active=True)
    if actor.staff_scope is StaffScope.INSTALLATION:
        return users
    own = Q(unit_id=actor.unit)
    if actor.staff_scope is StaffScope.COUNTRY:
        own |= Q(unit__country_id=actor.country)
    return users.filter(own)


def user_id(actor: Actor, username: str) -> uuid.UUID:
    """The id of the active person of this name; NotFound when there is none the actor looks after."""
    found = _looked_after(actor).filter(username=username).values_list("id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def active_user(actor: Actor, user_id: uuid.UUID) -> User:
    """The active person of this id; NotFound when there is none whose staff records the actor reaches."""
    user = User.objects.select_related("unit").filter(id=user_id, is_active=True).first()
    if user is None or not looks_after(actor, unit=user.unit_id, country=user.unit.country_id):
        raise NotFound
    return user


def people(actor: Actor, *, now: datetime, username: str = "") -> list[Person]:
    """The people the actor looks after, by name; the one of this user name alone when it is given.

    Those of the own unit for a supervisor, of the country for its gateway, of every unit for administrators. Refused
    without the right to.
    """
    require(actor, Permission.ACCOUNT_USER_READ)
    roles: dict[uuid.UUID, list[Role]] = {}
    for grant in RoleGrant.objects.for_actor(actor).filter(revoked_at=None):
        roles.setdefault(grant.user_id, []).append(Role(grant.role))
    ends: dict[uuid.UUID, datetime] = {}
    for certificate in Certificate.objects.for_actor(actor).filter(revoked_at=None, valid_from__lte=now):
        known = ends.get(certificate.user_id)
        ends[certificate.user_id] = max(known or certificate.valid_until, certificate.valid_until)
    users = _looked_after(actor).order_by("display_name")
    return [
        Person(
            id=user.id,
            username=user.username,
            display_name=user.display_name,
            unit=user.unit_id,
            language=user.language,
            roles=tuple(sorted(roles.get(user.id, []))),
            natural_person=user.natural_person,
            certified_until=ends.get(user.id),
            access=_access(user, now),
            review_due=review_due(user),
        )
        for user in (users.filter(username=username) if username else users)
    ]


def person(actor: Actor, username: str, *, now: datetime) -> Person:
    """One person the actor looks after; NotFound when there is none of this name."""
    found = people(actor, now=now, username=username)
    if not found:
        raise NotFound
    return found[0]


def _access(user: User, now: datetime) -> Access:
    if user.suspended_at is not None:
        return Access.SUSPENDED
    due = review_due(user)
    if due <= now:
        return Access.OVERDUE
    return Access.DUE if due - now <= REVIEW_REMINDER else Access.CONFIRMED


def certificates(actor: Actor, user_id: uuid.UUID) -> list[CertificateView]:
    """The certificates of a person within the actor's reach, the latest to end first."""
    rows = Certificate.objects.for_actor(actor).filter(user_id=user_id).order_by("-valid_until")
    return [
        CertificateView(
            id=row.id,
            course=row.course,
            issuer=row.issuer,
            passed_on=row.passed_on,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def endings(actor: Actor, *, now: datetime) -> list[Ending]:
    """The certificates of the actor's people that end within 60 days or ended in the last 60, the first to end first."""
    span = timedelta(days=max(CERTIFICATE_REMINDERS))
    return sorted(
        (
            Ending(
                username=one.username,
                display_name=one.display_name,
                until=one.certified_until,
                days=max(0, math.ceil((one.certified_until - now) / timedelta(days=1))),
            )
            for one in people(actor, now=now)
            if one.certified_until is not None and abs(one.certified_until - now) <= span
        ),
        key=lambda ending: ending.until,
    )


def sessions(actor: Actor, user_id: uuid.UUID, *, now: datetime) -> list[SessionView]:
    """The sign-ins that work now, newest first: the actor's own, or those of a person they look after."""
    if user_id != actor.id:
        require(actor, Permission.ACCOUNT_SESSION_REVOKE)
        active_user(actor, user_id)
    idle = now - timedelta(seconds=settings.VIGIE_SESSION_IDLE_SECONDS)
    oldest = now - timedelta(hours=settings.VIGIE.session_hours)
    browsers = BrowserSession.objects.using(PLUMBING).filter(
        person=user_id, seen_at__gt=idle, opened_at__gt=oldest, expire_date__gt=now
    )
    tokens = Token.objects.for_actor(actor).filter(user_id=user_id, revoked_at=None, expires_at__gt=now)
    found = [
        SessionView(
            id=row.public_id,
            browser=row.browser,
            label="",
            opened_at=row.opened_at,
            seen_at=row.seen_at,
            is_command_line=False,
        )
        for row in browsers
    ] + [
        SessionView(
            id=row.id,
            browser="",
            label=row.label,
            opened_at=row.recorded_at,
            seen_at=None,
            is_command_line=True,
        )
        for row in tokens
    ]
    return sorted(found, key=lambda one: one.opened_at or oldest, reverse=True)


def identities(actor: Actor, user_id: uuid.UUID) -> list[IdentityView]:
    """Who a person within the actor's reach is at sign-in providers, by the provider's name."""
    require(actor, Permission.ACCOUNT_USER_READ)
    rows = ProviderIdentity.objects.for_actor(actor).filter(user_id=user_id, ended_at=None)
    names = {key: one.name for key, one in settings.VIGIE.providers.items()}
    return sorted(
        (
            IdentityView(
                provider=row.provider,
                name=names.get(row.provider, row.provider),
                subject=row.subject,
                joined_at=row.recorded_at,
            )
            for row in rows
        ),
        key=lambda one: one.name,
    )
