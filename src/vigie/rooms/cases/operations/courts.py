"""A case is opened to a person of a court by two supervisors, closed by its unit at once, and each look is written down."""

import uuid
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.ledger import Subject
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.accounts.queries import court_person
from vigie.rooms.accounts.schemas import CourtPerson
from vigie.rooms.approvals.operations import propose
from vigie.rooms.approvals.schemas import Payload, ProposalView
from vigie.rooms.cases import queries
from vigie.rooms.cases.models import Case, CourtAccess
from vigie.rooms.cases.rules import LONGEST_COURT_ACCESS
from vigie.rooms.cases.schemas import ERASED, OpenCase, OpenCaseDetail, OpenExhibit

COURT_OPEN = "court-open"
"""The name of the act that takes two supervisors."""


def propose_court_access(
    actor: Actor, *, case: uuid.UUID, username: str, until: date, why: str
) -> ProposalView:
    """Opening the case (a public id) to this person of a court waits for a second supervisor, inside `propose`.

    NotFound when the unit has no such case; Conflict when it was erased; Invalid when nobody of a court has this name,
    without a reason, or for a last day that has passed or lies more than a year away; and whatever `propose` raises.
    """
    row, person = _case(actor, case), _person(username)
    _require_day(until)
    if not why.strip() or len(why.strip()) > 500:
        raise Invalid(_("Say why, in up to 500 characters: the court, and the reference of its request."))
    payload = {
        "case": str(case),
        "reference": row.reference,
        "person": str(person.id),
        "username": person.username,
        "unit": person.unit_name,
        "until": until.isoformat(),
        "why": why.strip(),
    }
    return propose(actor, COURT_OPEN, Subject("case", case), payload, why)


def open_to_court(actor: Actor, payload: Payload) -> None:
    """The case is open to the person, inside the operation of the supervisor who approves it. Raises as proposing does."""
    row, person = _case(actor, uuid.UUID(payload["case"])), _person(payload["username"])
    until = date.fromisoformat(payload["until"])
    _require_day(until)
    CourtAccess.objects.create(
        case=row,
        person_id=person.id,
        why=payload["why"],
        until=until,
        **ownership(actor, legal_basis=row.legal_basis, purpose=Purpose(row.purpose)),
    )
    in_progress().facts |= {"person": str(person.id), "until": until.isoformat()}


def court_access_as_it_is(actor: Actor, payload: Payload) -> dict[str, str]:
    """What a proposed opening rests on, inside the operations that propose and approve it: the case's state, and that the person is still the one of that court."""
    person = court_person(payload["username"])
    row = _case(actor, uuid.UUID(payload["case"]))
    return {
        "state": row.state,
        "person": str(person.id) if person else "",
        "unit": str(person.unit) if person else "",
    }


def court_access_in_words(payload: Payload) -> str | Promise:
    """The act in one sentence; it may stand inside an operation or outside of one."""
    return _("Open case %(reference)s to %(person)s (%(unit)s) until %(until)s, read only.") % {
        "reference": payload["reference"],
        "person": payload["username"],
        "unit": payload["unit"],
        "until": payload["until"],
    }


@operation(Permission.CASE_COURT_CLOSE)
def close_to_court(actor: Actor, access: uuid.UUID) -> uuid.UUID:
    """The case is open to this person no more, from their next request on; returns the case's public id.

    NotFound when the unit has no such access (a public id) that stands.
    """
    rows = CourtAccess.objects.for_actor(actor).filter(public_id=access, ended_at=None).select_related("case")
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise NotFound
    row.ended_at, row.ended_by = context.now(), actor.on_behalf_of or actor.id
    row.save(update_fields=["ended_at", "ended_by"])
    about("case", row.case.public_id, person=str(row.person_id))
    return uuid.UUID(str(row.case.public_id))


@operation(Permission.COURT_CASE_READ)
def look_at_cases(actor: Actor) -> tuple[OpenCase, ...]:
    """The cases that are open to the acting person of a court; their units see in the log that they looked."""
    found = queries.open_cases(actor)
    about("person", actor.id, cases=len(found))
    in_progress().concerned.update(one.owner_unit for one in found)
    return found


@operation(Permission.COURT_CASE_READ)
def look_at_case(actor: Actor, public_id: uuid.UUID) -> OpenCaseDetail:
    """One of these cases with its exhibits; its unit sees in the log that they looked. NotFound for any other."""
    found = queries.open_case(actor, public_id)
    about("case", public_id, concerned=found.owner_unit)
    return found


@operation(Permission.COURT_CASE_READ)
def look_at_exhibit(actor: Actor, public_id: uuid.UUID, *, after: uuid.UUID | None = None) -> OpenExhibit:
    """An exhibit of one of these cases: its chain of custody and a page of what was found, from behind `after`.

    Its unit sees in the log that they looked, and at how much. NotFound for any other, and for an unknown `after`.
    """
    found = queries.open_exhibit(actor, public_id, after=after)
    about("exhibit", public_id, concerned=found.owner_unit, contents=len(found.contents))
    return found


def _case(actor: Actor, public_id: uuid.UUID) -> Case:
    row: Case | None = (
        Case.objects.for_actor(actor).filter(public_id=public_id, owner_unit=actor.unit).first()
    )
    if row is None:
        raise NotFound
    if row.state == ERASED:
        raise Conflict(_("The case was erased."))
    return row


def _person(username: str) -> CourtPerson:
    found = court_person(username.strip())
    if found is None:
        raise Invalid(
            _("Nobody of a court has this user name. Their gateway adds them, with the role Court.")
        )
    return found


def _require_day(until: date) -> None:
    today = context.now().date()
    if until < today or until > today + LONGEST_COURT_ACCESS:
        raise Invalid(_("The last day is today at the earliest and a year from today at the latest."))
