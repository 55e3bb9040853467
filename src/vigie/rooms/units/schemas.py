"""What other rooms and shells may know of the directory."""

import enum
import uuid
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from vigie.kernel.actors import Purpose
from vigie.rooms.units.rules import AgreementState


class Frozen(BaseModel):
    """A value that crosses a border: it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class UnviewedFiles(enum.StrEnum):
    """What a country's law makes of files that a provider reported without looking at them.

    After a ruling of a United States court of appeals (*United States v. Wilson*, 9th Cir. 2021) such a file stays
    closed until a legal authority is recorded; other countries know no such rule.
    """

    COMPARED = "compared"
    """Sealed; its digests may be compared with those of known files."""
    CLOSED = "closed"
    """Sealed, and not even its digests are compared."""
    OPEN = "open"
    """No seal: the file is treated like any other."""


class Desk(Frozen):
    """Whom to call: a unit's desk, never an officer."""

    unit: uuid.UUID
    code: str
    unit_name: str
    country: str
    country_name: str
    town: str
    desk: str
    phone: str
    mail: str
    languages: str
    hours: str
    time_zone: str


class AgreementView(Frozen):
    """An organisation's agreement as administrators see it."""

    id: uuid.UUID
    organisation: uuid.UUID
    organisation_name: str
    country: str
    country_name: str
    valid_from: date
    valid_until: date
    """The last day it runs."""
    purposes: tuple[Purpose, ...]
    terms: str
    state: AgreementState
    because: str
    """Why it is suspended, or was ended."""


class OrganisationChoice(Frozen):
    """An organisation that takes part."""

    id: uuid.UUID
    name: str
    country: str


class LegalBasisChoice(Frozen):
    """A ground on which a record may be kept, as a country's profile names it."""

    code: str
    label: str


class ClientCertificateView(Frozen):
    """A client certificate as those see it who look after its unit."""

    id: uuid.UUID
    unit: uuid.UUID
    unit_name: str
    fingerprint: str
    """SHA-256, 64 small hexadecimal letters."""
    label: str
    whole_country: bool
    """Whether people of every unit of the country come in behind it."""
    valid_until: datetime
    ended_at: datetime | None
