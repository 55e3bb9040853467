"""What other rooms and shells may know of people."""

import uuid
from datetime import datetime

from vigie.kernel.permissions import Role
from vigie.rooms.units.schemas import Frozen


class Person(Frozen):
    """A person as their own unit and administrators see them."""

    id: uuid.UUID
    username: str
    display_name: str
    unit: uuid.UUID
    language: str
    roles: tuple[Role, ...]
    natural_person: uuid.UUID
    """Equal for two accounts of one human being."""
    certified_until: datetime | None


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
