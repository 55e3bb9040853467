"""Who acts: a person, a service on somebody's behalf, or a partner; with unit, country and purpose."""

import dataclasses
import enum
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from vigie.kernel.permissions import Role

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class ActorKind(enum.StrEnum):
    """What sort of actor stands behind an act."""

    PERSON = "person"
    SERVICE = "service"
    PARTNER = "partner"


class Purpose(enum.StrEnum):
    """Why personal data are processed: a closed list, one per record and one per act."""

    VICTIM_IDENTIFICATION = "victim_identification"
    INVESTIGATION = "investigation"
    SAFEGUARDING = "safeguarding"
    OVERSIGHT = "oversight"
    TRAINING = "training"


READABLE_FOR: dict[Purpose, frozenset[Purpose]] = {
    Purpose.VICTIM_IDENTIFICATION: frozenset(
        {Purpose.VICTIM_IDENTIFICATION, Purpose.INVESTIGATION, Purpose.SAFEGUARDING}
    ),
    Purpose.INVESTIGATION: frozenset({Purpose.VICTIM_IDENTIFICATION, Purpose.INVESTIGATION}),
    Purpose.SAFEGUARDING: frozenset({Purpose.VICTIM_IDENTIFICATION, Purpose.SAFEGUARDING}),
    Purpose.OVERSIGHT: frozenset(),
    Purpose.TRAINING: frozenset({Purpose.TRAINING}),
}
"""For an act's purpose, the purposes of the records it may read (purpose limitation, design.md section 5)."""


class LogScope(enum.StrEnum):
    """How far an actor may read the log."""

    NONE = "none"
    UNIT = "unit"
    INSTALLATION = "installation"


class StaffScope(enum.StrEnum):
    """Whose staff an actor looks after."""

    UNIT = "unit"
    COUNTRY = "country"
    INSTALLATION = "installation"


@dataclasses.dataclass(frozen=True, slots=True)
class Actor:
    """Everything a decision may depend on, read once at the start of a request, command or job."""

    kind: ActorKind
    id: uuid.UUID
    """The person's id; for a service, an id derived from its name."""
    name: str
    """A service's name; for a person, the name shown to themselves (never written to the log)."""
    unit: uuid.UUID
    country: str
    roles: frozenset[Role] = frozenset()
    purpose: Purpose = Purpose.VICTIM_IDENTIFICATION
    certified_until: datetime | None = None
    agreement_until: datetime | None = None
    """Until when an agreement of the person's organisation runs that covers what they act for."""
    agreed: frozenset[Purpose] | None = None
    """The purposes those agreements cover; None where no agreement is asked, as for services."""
    confirmed_at: datetime | None = None
    """When this person last proved who they are (UTC); None when not in this session."""
    access_until: datetime | None = None
    """When this person's access ends or ended (UTC); None for services, whose access nobody confirms."""
    on_behalf_of: uuid.UUID | None = None
    natural_person: uuid.UUID | None = None
    """The human being behind the account: two accounts of one person have the same; None for services."""
    log_scope: LogScope = LogScope.NONE
    cases: frozenset[uuid.UUID] = frozenset()
    """The cases (row ids) opened to this person, a court, and to nobody besides; seen whatever unit and purpose say."""

    @property
    def staff_scope(self) -> StaffScope:
        """Administrators and the first enrolment reach every unit's staff records, a gateway those of its country."""
        if self.roles & {Role.ADMINISTRATOR, Role.SERVICE_ENROLMENT}:
            return StaffScope.INSTALLATION
        return StaffScope.COUNTRY if Role.GATEWAY in self.roles else StaffScope.UNIT

    @property
    def readable_purposes(self) -> frozenset[Purpose]:
        """The purposes of the records this act may read."""
        readable = READABLE_FOR[self.purpose]
        return readable if self.agreed is None else readable & self.agreed


_SERVICE_SPACE = uuid.UUID("6f0a7a52-7a34-4a5e-9d53-0f6a51b5e2c1")


def service_id(name: str) -> uuid.UUID:
    """The fixed id of a service actor, the same on every installation."""
    return uuid.uuid5(_SERVICE_SPACE, name)


def service_actor(
    role: Role, *, unit: uuid.UUID, country: str, purpose: Purpose, on_behalf_of: uuid.UUID | None = None
) -> Actor:
    """The actor of a service's work inside one unit, with that service's rights and no others."""
    return Actor(
        kind=ActorKind.SERVICE,
        id=service_id(role.value),
        name=role.value,
        unit=unit,
        country=country,
        roles=frozenset({role}),
        purpose=purpose,
        on_behalf_of=on_behalf_of,
    )
