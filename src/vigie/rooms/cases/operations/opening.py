"""Writes of cases: opening one, adding an exhibit, and the links of its chain of custody."""

import uuid
from collections.abc import Iterable
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import AnswerOutside, Handling
from vigie.kernel.scope import ownership
from vigie.rooms.cases.models import Case, CourtAccess, CustodyEvent, Exhibit, LegalHold
from vigie.rooms.cases.queries import latest_day
from vigie.rooms.cases.rules import (
    FIRST_LINK,
    CustodyLink,
    Parameters,
    link_digest,
    review_day,
)
from vigie.rooms.cases.schemas import ERASED, Outcome, Sending, Share
from vigie.rooms.units.queries import country_codes, desks, legal_bases


@operation(Permission.CASE_CASE_OPEN)
def open_case(
    actor: Actor,
    *,
    reference: str,
    title: str,
    legal_basis: str,
    purpose: Purpose,
    share: Share,
    listed: Iterable[str] = (),
    excluded: Iterable[str] = (),
    answer_outside: AnswerOutside = AnswerOutside.CONTACT_ONLY,
    handling: Handling = Handling.ORCON,
    sending: Sending = Sending.WHAT_IS_NEW,
) -> uuid.UUID:
    """The case is open in the actor's unit and says with whom its content is shared; returns its public id.

    `listed` and `excluded` name units by id and countries by code; `handling` is what readers may do onwards with what
    is found. Invalid when the legal basis is none of the
    country's, or a party is unknown; Conflict when the unit has a case of this reference.
    """
    _require_reference(reference)
    _require_legal_basis(actor, legal_basis)
    if purpose not in actor.readable_purposes:
        raise Invalid(_("You cannot open a case for this purpose: you could not read it."))
    named, kept_out = _parties(actor, listed), _parties(actor, excluded)
    if (share is Share.LISTED) != bool(named):
        raise Invalid(_("Name the countries or units to share with, and only when sharing with a list."))
    row = Case(
        reference=reference.strip(),
        title=title.strip(),
        audience=share.audience.value,
        listed=named,
        excluded=kept_out,
        answer_outside=answer_outside.value,
        send_everything=sending is Sending.EVERYTHING,
        **_clock(latest_day()),
        **ownership(actor, legal_basis=legal_basis, purpose=purpose, handling=handling),
    )
    _insert(row, _("Your unit has a case %(reference)s already.") % {"reference": row.reference})
    about("case", row.public_id, share=share.value, basis=legal_basis, purpose=purpose.value)
    return row.public_id


@operation(Permission.CASE_EXHIBIT_ADD)
def add_exhibit(
    actor: Actor,
    *,
    case: uuid.UUID,
    reference: str,
    description: str = "",
    seized_in: str = "",
    seized_at_text: str = "",
) -> uuid.UUID:
    """The exhibit belongs to the case (a public id), its chain of custody has its first link; returns its public id.

    `seized_at_text` is kept as written on the form. NotFound when the unit has no such case, Conflict when the case
    is closed or has an exhibit of this reference.
    """
    _require_reference(reference)
    parent = Case.objects.for_actor(actor).filter(public_id=case).first()
    if parent is None:
        raise NotFound
    if parent.state != "open":
        raise Conflict(_("The case is closed."))
    row = Exhibit(
        case=parent,
        reference=reference.strip(),
        description=description.strip(),
        seized_in=seized_in.strip(),
        seized_at_text=seized_at_text,
        **ownership(actor, legal_basis=parent.legal_basis, purpose=Purpose(parent.purpose)),
    )
    _insert(row, _("The case has an exhibit %(reference)s already.") % {"reference": row.reference})
    about("exhibit", row.public_id, case=str(case))
    add_custody(actor, row.public_id, act="registered", tool="vigie", version="1", parameters={})
    return row.public_id


@operation(Permission.CASE_OUTCOME_SET)
def set_not_relevant(actor: Actor, *, case: uuid.UUID, outcome: Outcome) -> None:
    """The case (a public id) is found not relevant, and its short clock runs; or that is taken back, and it stops.

    Saying the same again changes nothing: the clock runs from the first time. NotFound when the unit has no such case,
    Conflict when it was erased.
    """
    row = Case.objects.for_actor(actor).filter(public_id=case).select_for_update().first()
    if row is None:
        raise NotFound
    if row.state == ERASED:
        raise Conflict(_("The case was erased."))
    if outcome is Outcome.NOT_RELEVANT:
        row.not_relevant_at = row.not_relevant_at or context.now()
    else:
        row.not_relevant_at = None
    row.save(update_fields=["not_relevant_at"])
    about("case", row.public_id, outcome=outcome.value)


def keep_until(actor: Actor, case_id: uuid.UUID, last_day: date) -> None:
    """The case of the unit (a row id) may be kept until this day, and its unit is asked six months before.

    Only inside the operation that decides it.
    """
    in_progress()
    Case.objects.for_actor(actor).filter(id=case_id).update(**_clock(last_day))


def blank_cases(actor: Actor, case_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Cases of the unit (row ids) and their exhibits say nothing any more; returns the row ids of the exhibits.

    Only inside the operation that erases them. What stays: ids, dates, and the chain of custody, which names nobody. No court sees them any more.
    """
    in_progress()
    rows = list(
        Case.objects.for_actor(actor).filter(id__in=list(case_ids)).select_for_update().order_by("id")
    )
    for row in rows:
        row.reference, row.title, row.state = f"{ERASED} {row.public_id.hex[-12:]}", "", ERASED
        row.listed, row.excluded, row.review_at, row.not_relevant_at = [], [], None, None
    standing = CourtAccess.objects.for_actor(actor).filter(case__in=rows)
    standing.filter(ended_at=None).update(ended_at=context.now(), ended_by=actor.on_behalf_of or actor.id)
    standing.update(why="")
    Case.objects.for_actor(actor).bulk_update(
        rows, ["reference", "title", "state", "listed", "excluded", "review_at", "not_relevant_at"]
    )
    exhibits = list(Exhibit.objects.for_actor(actor).filter(case__in=rows).select_for_update().order_by("id"))
    for one in exhibits:
        one.reference, one.description = f"{ERASED} {one.public_id.hex[-12:]}", ""
        one.seized_in = one.seized_at_text = ""
    Exhibit.objects.for_actor(actor).bulk_update(
        exhibits, ["reference", "description", "seized_in", "seized_at_text"]
    )
    return [one.id for one in exhibits]


def _clock(last_day: date) -> dict[str, date]:
    return {"retain_until": last_day, "review_at": review_day(last_day)}


def add_custody(
    actor: Actor, exhibit: uuid.UUID, *, act: str, tool: str, version: str, parameters: Parameters
) -> bytes:
    """The chain of custody of the exhibit (a public id) has one more link; returns the link's digest (32 bytes).

    Only inside the operation that performs the act; its audit line carries the digest, so that a chain whose end was
    cut off no longer fits the log. GuardMissing outside an operation, NotFound when the unit has no such exhibit.
    """
    running = in_progress()
    owner = Exhibit.objects.for_actor(actor).filter(public_id=exhibit).select_for_update().first()
    if owner is None:
        raise NotFound
    last = CustodyEvent.objects.for_actor(actor).filter(exhibit=owner).order_by("-position").first()
    columns = ownership(actor, legal_basis=owner.legal_basis, purpose=Purpose(owner.purpose))
    link = CustodyLink(
        exhibit=owner.public_id,
        position=last.position + 1 if last else 0,
        at=context.now(),
        by=columns["recorded_by"],
        act=act,
        tool=tool,
        tool_version=version,
        parameters=parameters,
    )
    previous = bytes(last.digest) if last else FIRST_LINK
    digest = link_digest(previous, link)
    CustodyEvent.objects.create(
        exhibit=owner,
        position=link.position,
        at=link.at,
        act=act,
        tool=tool,
        tool_version=version,
        parameters=dict(parameters),
        previous=previous,
        digest=digest,
        **columns,
    )
    running.facts["custody"] = digest.hex()
    return digest


def _insert(row: Case | Exhibit, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(taken) from error


def _require_reference(reference: str) -> None:
    if not reference.strip() or len(reference.strip()) > 60:
        raise Invalid(_("A reference has 1 to 60 characters."))


def _require_legal_basis(actor: Actor, legal_basis: str) -> None:
    known = {choice.code for choice in legal_bases(actor)}
    if legal_basis not in known:
        raise Invalid(
            f"{legal_basis!r} is no legal basis of your country; it knows {', '.join(sorted(known))}"
        )


def _parties(actor: Actor, parties: Iterable[str]) -> list[str]:
    """Unit ids and country codes in their stored form; Invalid for a party nobody knows."""
    wanted = [party.strip() for party in parties]
    countries = country_codes()
    units = desks(actor, (unit for party in wanted if (unit := _unit_id(party)) is not None))
    stored = []
    for party in wanted:
        unit = _unit_id(party)
        if party not in countries and unit not in units:
            raise Invalid(_("%(party)s is no country or unit that takes part.") % {"party": party})
        stored.append(party if party in countries else str(unit))
    return sorted(set(stored))


def _unit_id(party: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(party)
    except ValueError:
        return None


@operation(Permission.CASE_HOLD_SET)
def set_hold(
    actor: Actor, *, case: uuid.UUID, ordered_by: str, why: str, until: date | None = None
) -> uuid.UUID:
    """Nothing of the case (a public id) is erased and none of its clocks ends while this stands; returns the hold's public id.

    NotFound when the unit has no such case; Invalid without who and why, or for a last day that has passed.
    """
    row = Case.objects.for_actor(actor).filter(public_id=case).select_for_update().first()
    if row is None:
        raise NotFound
    who, reason = ordered_by.strip(), why.strip()
    if not who or len(who) > 120 or not reason or len(reason) > 500:
        raise Invalid(_("Say who ordered the hold, in up to 120 characters, and why, in up to 500."))
    if until is not None and until < context.now().date():
        raise Invalid(_("The last day of the hold has passed already."))
    hold = LegalHold.objects.create(
        case=row,
        ordered_by=who,
        why=reason,
        until=until,
        **ownership(actor, legal_basis=row.legal_basis, purpose=Purpose(row.purpose)),
    )
    about("case", row.public_id, hold=str(hold.public_id), until=until.isoformat() if until else "")
    return hold.public_id


@operation(Permission.CASE_HOLD_SET)
def lift_hold(actor: Actor, hold: uuid.UUID) -> uuid.UUID:
    """The hold (a public id) stands no more, and its row says who lifted it; returns the case's public id.

    NotFound when the unit has none that stands.
    """
    rows = LegalHold.objects.for_actor(actor).filter(public_id=hold, lifted_at=None).select_related("case")
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise NotFound
    row.lifted_at, row.lifted_by = context.now(), actor.on_behalf_of or actor.id
    row.save(update_fields=["lifted_at", "lifted_by"])
    about("case", row.case.public_id, hold=str(row.public_id), lifted=1)
    return uuid.UUID(str(row.case.public_id))
