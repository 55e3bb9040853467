"""Countries, units, cases and exhibits for tests, made through the program's own operations."""

import uuid
from datetime import date, timedelta
from typing import Any

from factories.actors import ALVANIA_UNIT, investigator
from vigie.kernel import gate
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.approvals import operations as approvals
from vigie.rooms.cases import operations, queries
from vigie.rooms.cases.schemas import Share
from vigie.rooms.units.models import Country, LegalBasis, Organisation, Unit

BORELLIA_UNIT = uuid.UUID("b0000000-0000-4000-8000-000000000001")
CASTORIA_UNIT = uuid.UUID("c0000000-0000-4000-8000-000000000001")
_UNITS = {
    "ALV": (ALVANIA_UNIT, "Alvania"),
    "BOR": (BORELLIA_UNIT, "Borellia"),
    "CAS": (CASTORIA_UNIT, "Castoria"),
}
BASIS = "act-12"


def directory() -> None:
    """Three countries with one unit and one legal basis each."""
    with gate.opened():
        for code, (unit, name) in _UNITS.items():
            country = Country.objects.create(code=code, name=name, is_fictional=True)
            LegalBasis.objects.create(country=country, code=BASIS, label="Act 12")
            body = Organisation.objects.create(country=country, name=f"Police of {name}", kind="police")
            Unit.objects.create(
                id=unit, organisation=body, country=country, code=f"{code}-1", name=name, desk_name="Desk"
            )


def borellian(**changes: Any) -> Actor:
    """An investigator of another country."""
    return investigator(**({"unit": BORELLIA_UNIT, "country": "BOR"} | changes))


def castorian(**changes: Any) -> Actor:
    """An investigator of a third country."""
    return investigator(**({"unit": CASTORIA_UNIT, "country": "CAS"} | changes))


def opened_case(actor: Actor, reference: str = "C-1", **changes: Any) -> uuid.UUID:
    """A case of the actor's unit, shared with the community unless a test says otherwise; its public id."""
    facts: dict[str, Any] = {
        "title": "",
        "legal_basis": BASIS,
        "purpose": Purpose.VICTIM_IDENTIFICATION,
        "share": Share.COMMUNITY,
    }
    with act_as(actor, clock=utc_now):
        return operations.open_case(actor, reference=reference, **(facts | changes))


def opened_exhibit(
    actor: Actor, reference: str = "E-1", case: uuid.UUID | None = None, **changes: Any
) -> uuid.UUID:
    """An exhibit of a case, made when none is given; its public id."""
    parent = case or opened_case(actor, **changes)
    with act_as(actor, clock=utc_now):
        return operations.add_exhibit(actor, case=parent, reference=reference)


def opened_to_court(
    case: uuid.UUID,
    username: str,
    *,
    supervisors: tuple[Actor, Actor],
    until: date | None = None,
    why: str = "Court of Alvania, file 7",
) -> uuid.UUID:
    """The case (a public id) is open to this person of a court: one supervisor proposed it, the other approved; its public id."""
    first, second = supervisors
    with act_as(first, clock=utc_now):
        waits = operations.propose_court_access(
            first, case=case, username=username, until=until or utc_now().date() + timedelta(days=30), why=why
        )
    with act_as(second, clock=utc_now):
        approvals.approve(second, waits.public_id)
        return queries.court_access(second, case)[-1].public_id
