"""What other rooms and shells may know of the directory."""

import uuid

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that crosses a border: it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class LegalBasisChoice(Frozen):
    """A ground on which a record may be kept, as a country's profile names it."""

    code: str
    label: str
