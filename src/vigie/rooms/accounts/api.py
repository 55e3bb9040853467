"""Sign-in of the command line, and who one is."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Invalid, Refused
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations, queries, sign_in
from vigie.rooms.accounts.rules import is_username
from vigie.rooms.accounts.schemas import (
    CertificateView,
    Ending,
    Enrolment,
    IdentityView,
    Person,
    SessionView,
)
from vigie.rooms.units.queries import unit_by_code

router = Router(tags=["accounts"])


class Credentials(Schema):
    """A claim to be somebody."""

    username: str
    password: str
    code: str
    label: str = ""


class TokenAnswer(Schema):
    """A token, shown once."""

    token: str
    expires_at: datetime


class Myself(Schema):
    """The acting person."""

    display_name: str
    unit: str
    country: str
    roles: list[str]
    certified_until: datetime | None


class NewPerson(Schema):
    """A person to add."""

    username: str
    display_name: str
    unit: str
    """The unit's code."""
    language: str = "en"
    roles: list[Role] = []
    same_person_as: str = ""
    """The user name of an account the same human being has already."""


class RoleChange(Schema):
    """A role to hold."""

    role: Role


class NaturalPerson(Schema):
    """Whose account it is: that of the human being who has the account `same_as`."""

    same_as: str


class NewCertificate(Schema):
    """A certificate to grant, by a course that was passed."""

    course: str
    issuer: str
    passed_on: date
    valid_from: date
    valid_until: date


class Ended(Schema):
    """How many sign-ins ended."""

    ended: int


class Certified(Schema):
    """The id of a certificate."""

    id: uuid.UUID


@router.post("/tokens", response={201: TokenAnswer}, auth=None, url_name="issue_token")
def issue_token(request: HttpRequest, credentials: Credentials) -> Any:
    """Issue a command-line token for name, password and second factor."""
    if not ratelimit.consume(request, action="login_failed", key=credentials.username):
        raise Refused(_("Too many attempts. Wait a minute, then try again."), code="too-many-attempts")
    claim = sign_in.Claim(credentials.username, credentials.password, credentials.code, credentials.label)
    issued = sign_in.issue_token(claim, request)
    return Status(201, TokenAnswer(token=issued.token, expires_at=issued.expires_at))


@router.delete("/tokens", response={204: None}, url_name="revoke_tokens")
def revoke_tokens(request: Any) -> Any:
    """End all command-line tokens of the acting person."""
    operations.revoke_tokens(request.actor)
    return Status(204, None)


@router.get("/me", response=Myself, url_name="me")
def me(request: Any) -> Myself:
    """Who the acting person is, and until when they are certified."""
    actor = request.actor
    return Myself(
        display_name=actor.name,
        unit=str(actor.unit),
        country=actor.country,
        roles=sorted(role.value for role in actor.roles),
        certified_until=actor.certified_until,
    )


@router.get("/people", response=list[Person], url_name="people")
def people(request: Any) -> list[Person]:
    """The people of the actor's unit; of every unit for administrators."""
    return queries.people(request.actor, now=utc_now())


@router.post("/people", response={201: Enrolment}, url_name="add_person")
def add_person(request: Any, person: NewPerson) -> Any:
    """Add a person to a unit; the answer holds their one-time enrolment code."""
    if not is_username(person.username):
        raise Invalid(
            _("A user name has 3 to 60 lower-case letters, digits and . _ - and begins with a letter.")
        )
    enrolment = operations.add_user(
        request.actor,
        username=person.username,
        display_name=person.display_name,
        unit=unit_by_code(person.unit),
        language=person.language,
        same_person_as=_account(request, person.same_person_as),
    )
    for role in person.roles:
        operations.grant_role(request.actor, user_id=enrolment.user, role=role)
    return Status(201, enrolment)


@router.post("/people/{username}/roles", response={204: None}, url_name="grant_role")
def grant_role(request: Any, username: str, wanted: RoleChange) -> Any:
    """Let a person hold a role."""
    operations.grant_role(request.actor, user_id=queries.user_id(request.actor, username), role=wanted.role)
    return Status(204, None)


@router.post("/people/{username}/natural-person", response={204: None}, url_name="join_accounts")
def join_accounts(request: Any, username: str, whose: NaturalPerson) -> Any:
    """Say that two accounts belong to one human being, for good."""
    operations.join_accounts(
        request.actor,
        user_id=queries.user_id(request.actor, username),
        same_as=queries.user_id(request.actor, whose.same_as),
    )
    return Status(204, None)


@router.delete("/people/{username}/roles/{role}", response={204: None}, url_name="revoke_role")
def revoke_role(request: Any, username: str, role: Role) -> Any:
    """Take a role from a person."""
    operations.revoke_role(request.actor, user_id=queries.user_id(request.actor, username), role=role)
    return Status(204, None)


@router.post("/people/{username}/certificates", response={201: Certified}, url_name="grant_certificate")
def grant_certificate(request: Any, username: str, certificate: NewCertificate) -> Any:
    """Certify a person from one day to another (UTC, the last day included)."""
    granted = operations.grant_certificate(
        request.actor,
        user_id=queries.user_id(request.actor, username),
        course=certificate.course,
        issuer=certificate.issuer,
        passed_on=certificate.passed_on,
        valid_from=datetime.combine(certificate.valid_from, time.min, UTC),
        valid_until=datetime.combine(certificate.valid_until + timedelta(days=1), time.min, UTC),
    )
    return Status(201, Certified(id=granted))


@router.get("/people/{username}/certificates", response=list[CertificateView], url_name="certificates")
def certificates(request: Any, username: str) -> list[CertificateView]:
    """The certificates of a person the actor looks after, the latest to end first."""
    found = queries.person(request.actor, username, now=utc_now())
    return queries.certificates(request.actor, found.id)


@router.get("/certificates/ending", response=list[Ending], url_name="certificates_ending")
def certificates_ending(request: Any) -> list[Ending]:
    """Certificates of the actor's people that end within 60 days, or ended in the last 60."""
    return queries.endings(request.actor, now=utc_now())


@router.delete("/certificates/{certificate_id}", response={204: None}, url_name="revoke_certificate")
def revoke_certificate(request: Any, certificate_id: uuid.UUID) -> Any:
    """End a certificate now."""
    operations.revoke_certificate(request.actor, certificate_id=certificate_id)
    return Status(204, None)


@router.post("/people/{username}/access", response={204: None}, url_name="confirm_access")
def confirm_access(request: Any, username: str) -> Any:
    """Confirm a person's access until the next review; what was suspended opens again."""
    operations.confirm_access(request.actor, user_id=queries.user_id(request.actor, username))
    return Status(204, None)


@router.delete("/people/{username}/access", response={204: None}, url_name="suspend_access")
def suspend_access(request: Any, username: str) -> Any:
    """Suspend a person's access from their next request on, and end their sign-ins."""
    operations.suspend_access(request.actor, user_id=queries.user_id(request.actor, username))
    return Status(204, None)


@router.get("/people/{username}/sessions", response=list[SessionView], url_name="sessions_of")
def sessions_of(request: Any, username: str) -> list[SessionView]:
    """The sign-ins of a person the actor looks after that work now."""
    return queries.sessions(request.actor, queries.user_id(request.actor, username), now=utc_now())


@router.delete("/people/{username}/sessions", response=Ended, url_name="revoke_sessions")
def revoke_sessions(request: Any, username: str) -> Ended:
    """End every sign-in of a person, of browsers and of the command line."""
    ended = operations.revoke_sessions(request.actor, user_id=queries.user_id(request.actor, username))
    return Ended(ended=ended)


@router.get("/sessions", response=list[SessionView], url_name="sessions")
def sessions(request: Any) -> list[SessionView]:
    """The acting person's sign-ins that work now."""
    return queries.sessions(request.actor, request.actor.id, now=utc_now())


@router.delete("/sessions/{session}", response={204: None}, url_name="end_session")
def end_session(request: Any, session: uuid.UUID) -> Any:
    """End one of the acting person's sign-ins."""
    operations.end_session(request.actor, session=session)
    return Status(204, None)


def _account(request: Any, username: str) -> uuid.UUID | None:
    return queries.user_id(request.actor, username) if username else None


class NewIdentity(Schema):
    """Who a person is at a sign-in provider: its name in the settings, and the subject it knows them by."""

    provider: str
    subject: str


@router.get("/people/{username}/identities", response=list[IdentityView], url_name="identities")
def identities(request: Any, username: str) -> list[IdentityView]:
    """Who a person the actor looks after is at sign-in providers."""
    return queries.identities(request.actor, queries.user_id(request.actor, username))


@router.post("/people/{username}/identities", response={204: None}, url_name="join_identity")
def join_identity(request: Any, username: str, identity: NewIdentity) -> Any:
    """Join a person to who they are at a sign-in provider of their country."""
    operations.join_identity(
        request.actor,
        user_id=queries.user_id(request.actor, username),
        provider=identity.provider,
        subject=identity.subject,
    )
    return Status(204, None)


@router.delete("/people/{username}/identities/{provider}", response={204: None}, url_name="part_identity")
def part_identity(request: Any, username: str, provider: str) -> Any:
    """Part a person from who they are at a sign-in provider."""
    operations.part_identity(
        request.actor, user_id=queries.user_id(request.actor, username), provider=provider
    )
    return Status(204, None)
