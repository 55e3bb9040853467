"""What other rooms and shells may know of people."""

import enum
import uuid
from datetime import date, datetime

from vigie.kernel.permissions import Role
from vigie.rooms.units.schemas import Frozen


class Access(enum.StrEnum):
    """How a person's access stands with their gateway."""

    CONFIRMED = "confirmed"
    DUE = "due"
    """It ends within 14 days unless it is confirmed."""
    OVERDUE = "overdue"
    """Nobody confirmed it in time: it is suspended."""
    SUSPENDED = "suspended"
    """It was taken."""


class CourtPerson(Frozen):
    """Somebody of a court, as a unit names them to whom it opens a case: by their sign-in name, never their own."""

    id: uuid.UUID
    username: str
    unit: uuid.UUID
    unit_name: str


class Person(Frozen):
    """A person as their own unit, their country's gateway and administrators see them."""

    id: uuid.UUID
    username: str
    display_name: str
    unit: uuid.UUID
    language: str
    roles: tuple[Role, ...]
    natural_person: uuid.UUID
    """Equal for two accounts of one human being."""
    certified_until: datetime | None
    access: Access
    review_due: datetime
    """When access ends unless it is confirmed before."""


class CertificateView(Frozen):
    """A certificate as those who look after its person see it."""

    id: uuid.UUID
    course: str
    issuer: str
    passed_on: date | None
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None


class SessionView(Frozen):
    """A sign-in that works now; `browser` is empty for one of the command line, `label` for one of a browser."""

    id: uuid.UUID
    browser: str
    label: str
    opened_at: datetime | None
    seen_at: datetime | None
    is_command_line: bool


class Ending(Frozen):
    """A certificate that ends soon, for those who can renew it."""

    username: str
    display_name: str
    until: datetime
    days: int
    """Whole days left, rounded up; 0 when it has ended."""


class Enrolment(Frozen):
    """A one-time link for a new person; shown once, only its digest is kept."""

    user: uuid.UUID
    username: str
    code: str
    expires_at: datetime


class IssuedToken(Frozen):
    """A command-line sign-in; shown once, only its digest is kept."""

    id: uuid.UUID
    token: str
    expires_at: datetime


class IdentityView(Frozen):
    """Who a person is at a sign-in provider, as those see it who look after them."""

    provider: str
    """Its name in the settings."""
    name: str
    """What people call it; the name in the settings where it stands there no more."""
    subject: str
    joined_at: datetime
