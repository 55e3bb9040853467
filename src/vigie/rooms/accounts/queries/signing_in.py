"""Reads of people: who signs in, with which rights, at this moment."""

import hashlib
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from vigie.kernel.actors import Actor, ActorKind, LogScope, Purpose
from vigie.kernel.context import now as present
from vigie.kernel.permissions import Role
from vigie.kernel.policy import CLOCKS_DIFFER
from vigie.kernel.scope import SystemPurpose
from vigie.rooms.accounts.models import Certificate, ProviderIdentity, RoleGrant, Token, User
from vigie.rooms.accounts.rules import INSTALLATION_ROLES, Subject
from vigie.rooms.accounts.schemas import CourtPerson
from vigie.rooms.units.queries import agreed

PLUMBING = "plumbing"
_NO_CASE_DATA = frozenset({Role.ADMINISTRATOR, Role.COURT, Role.GATEWAY, Role.OVERSIGHT, Role.PARTNER})
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
        access_until=_access_until(user, roles, now),
        natural_person=user.natural_person,
        log_scope=_log_scope(roles),
    )


def court_person(username: str) -> CourtPerson | None:
    """The active person of a court who has this name; None for anybody else.

    Read through the sign-in role: a court belongs to another unit, whose staff nobody else looks after.
    """
    user = (
        User.objects.using(PLUMBING).filter(username=username, is_active=True).select_related("unit").first()
    )
    grants = RoleGrant.objects.using(PLUMBING).system(SystemPurpose.SIGN_IN).filter(revoked_at=None)
    if user is None or not grants.filter(user=user, role=Role.COURT).exists():
        return None
    return CourtPerson(id=user.id, username=user.username, unit=user.unit_id, unit_name=user.unit.name)


def review_due(user: User) -> datetime:
    """When this person's access ends unless it is confirmed before (UTC)."""
    due: datetime = user.reviewed_at + timedelta(days=settings.VIGIE_REVIEW_DAYS)
    return due


def _access_until(user: User, roles: frozenset[Role], now: datetime) -> datetime | None:
    """When access ends or ended; None for those nobody else could confirm in time.

    A gateway officer or administrator keeps access past its day while nobody else in good standing could confirm it:
    an installation must not lock out the last who can let anybody in. What was taken stays taken.
    """
    if user.suspended_at is not None:
        return user.suspended_at
    due = review_due(user)
    if due > now or not roles & {Role.ADMINISTRATOR, Role.GATEWAY}:
        return due
    grants = RoleGrant.objects.using(PLUMBING).system(SystemPurpose.SIGN_IN)
    others = _in_good_standing(grants, now=now).exclude(user__natural_person=user.natural_person)
    confirm = Q(role=Role.ADMINISTRATOR)
    if not roles & INSTALLATION_ROLES:
        confirm |= Q(role=Role.GATEWAY, owner_country=user.unit.country_id)
    return due if others.filter(confirm).exists() else None


def _in_good_standing(grants: QuerySet[RoleGrant], *, now: datetime) -> QuerySet[RoleGrant]:
    """Of these grants, those held now by people whose access is confirmed."""
    earliest = now - timedelta(days=settings.VIGIE_REVIEW_DAYS)
    return grants.filter(
        revoked_at=None, user__is_active=True, user__suspended_at=None, user__reviewed_at__gt=earliest
    )


def subject_of(actor: Actor, user: User) -> Subject:
    """The facts of a person that decide who may give and take their rights."""
    grants = RoleGrant.objects.for_actor(actor).filter(revoked_at=None)
    wide = grants.filter(user=user, role__in=INSTALLATION_ROLES).values_list("role", flat=True).first()
    gateways = grants.filter(role=Role.GATEWAY, owner_country=user.unit.country_id).exclude(
        user__natural_person=user.natural_person
    )
    return Subject(
        natural_person=user.natural_person,
        country=user.unit.country_id,
        has_gateway=_in_good_standing(gateways, now=present()).exists(),
        widest_role=Role(wide) if wide else None,
    )


def gateway_units(country: str, *, now: datetime) -> list[uuid.UUID]:
    """The units whose desks answer for this country's gateway now.

    Read through the sign-in role: whom to ask is shown to people who look after nobody's staff records.
    """
    grants = RoleGrant.objects.using(PLUMBING).system(SystemPurpose.SIGN_IN)
    held = _in_good_standing(grants, now=now).filter(role=Role.GATEWAY, owner_country=country)
    return sorted(set(held.values_list("owner_unit", flat=True)))


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
    """The actor behind a command-line token; None when it is unknown, ended, revoked or its person inactive.

    One that was issued later than now says that a clock was set back: it does not count, and lives no longer for it.
    """
    row = (
        Token.objects.using(PLUMBING)
        .system(SystemPurpose.SIGN_IN)
        .filter(
            digest=digest_of(token),
            revoked_at=None,
            expires_at__gt=now,
            recorded_at__lte=now + CLOCKS_DIFFER,
        )
        .first()
    )
    user = person_of(row.user_id) if row else None
    if row is None or user is None or user.unit_id != row.owner_unit:
        return None
    return actor_for(user, now=now, confirmed_at=row.confirmed_at)


def certificate_of_token(token: str) -> str:
    """SHA-256 of the client certificate this command-line token was opened behind; empty for none, and for no token."""
    kept = (
        Token.objects.using(PLUMBING)
        .system(SystemPurpose.SIGN_IN)
        .filter(digest=digest_of(token))
        .values_list("client_certificate", flat=True)
        .first()
    )
    return str(kept or "")


def person_behind(issuer: str, subject: str) -> User | None:
    """The active person joined to this identity at a provider, read through the sign-in role; None when there is none.

    Known by issuer and subject together: the same subject of another issuer is somebody else (ASVS v5.0.0-6.8.1).
    """
    joined = (
        ProviderIdentity.objects.using(PLUMBING)
        .system(SystemPurpose.SIGN_IN)
        .filter(issuer=issuer, subject=subject, ended_at=None)
        .values_list("user_id", flat=True)
        .first()
    )
    return None if joined is None else person_of(joined)


def providers_of(user: User) -> frozenset[str]:
    """The names, in the settings, of the providers this person is joined to an identity at."""
    joined = ProviderIdentity.objects.using(PLUMBING).system(SystemPurpose.SIGN_IN)
    return frozenset(joined.filter(user=user, ended_at=None).values_list("provider", flat=True))
