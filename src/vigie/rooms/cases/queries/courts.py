"""Reads of what is open to courts: for the unit who sees its cases, for a court the cases open to it."""

import uuid
from datetime import date

from django.db.models import QuerySet

from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import SystemPurpose
from vigie.rooms.accounts.queries import PLUMBING
from vigie.rooms.cases.models import Case, CourtAccess, Exhibit
from vigie.rooms.cases.queries.reading import custody_steps, custody_verdict, exhibit_summaries
from vigie.rooms.cases.schemas import CourtAccessView, OpenCase, OpenCaseDetail, OpenExhibit
from vigie.rooms.media.queries import contents_found_on, paths_found_on
from vigie.rooms.units.queries import desks


def open_cases_of(person: uuid.UUID, *, today: date) -> frozenset[uuid.UUID]:
    """The cases (row ids) that are open to this person of a court on this day.

    Read through the sign-in role for every request, before there is an actor: what was ended a moment ago opens nothing.
    """
    rows = CourtAccess.objects.using(PLUMBING).system(SystemPurpose.SIGN_IN)
    standing = rows.filter(person_id=person, ended_at=None, until__gte=today)
    return frozenset(standing.values_list("case_id", flat=True))


def court_access(actor: Actor, case_public_id: uuid.UUID) -> tuple[CourtAccessView, ...]:
    """To whom of a court this case of the unit is open today, the first opened first; NotFound for no case of the unit's."""
    require(actor, Permission.CASE_CASE_READ)
    if not Case.objects.for_actor(actor).filter(public_id=case_public_id).exists():
        raise NotFound
    rows = _standing(actor).filter(case__public_id=case_public_id).select_related("person__unit")
    return tuple(
        CourtAccessView(
            public_id=row.public_id,
            username=row.person.username,
            unit_name=row.person.unit.name,
            why=row.why,
            since=row.recorded_at,
            until=row.until,
        )
        for row in rows.order_by("id")
    )


def open_cases(actor: Actor) -> tuple[OpenCase, ...]:
    """The cases that are open to the acting person of a court, the first to close first.

    Asks no permission of its own: it is read inside the operation that writes down each look.
    """
    rows = list(_standing(actor).filter(person_id=actor.id).select_related("case").order_by("until", "id"))
    names = desks(actor, {row.owner_unit for row in rows})
    return tuple(
        OpenCase(
            public_id=row.case.public_id,
            reference=row.case.reference,
            owner_unit=row.owner_unit,
            owner_name=names[row.owner_unit].unit_name,
            why=row.why,
            until=row.until,
        )
        for row in rows
    )


def open_case(actor: Actor, public_id: uuid.UUID) -> OpenCaseDetail:
    """One case that is open to the acting person of a court; NotFound otherwise. Asks no permission, as `open_cases`."""
    opened = {one.public_id: one for one in open_cases(actor)}
    row = Case.objects.for_actor(actor).filter(public_id=public_id).first()
    if row is None or public_id not in opened:
        raise NotFound
    exhibits = Exhibit.objects.for_actor(actor).select_related("case").filter(case=row).order_by("id")
    return OpenCaseDetail(
        **dict(opened[public_id]),
        legal_basis=row.legal_basis,
        purpose=Purpose(row.purpose),
        opened_at=row.recorded_at,
        exhibits=exhibit_summaries(actor, list(exhibits)),
    )


def open_exhibit(actor: Actor, public_id: uuid.UUID, *, after: uuid.UUID | None = None) -> OpenExhibit:
    """One exhibit of a case that is open to the acting person of a court, with its chain of custody and what was found.

    NotFound otherwise, and when `after` is no content found there. Asks no permission, as `open_cases`.
    """
    rows = Exhibit.objects.for_actor(actor).select_related("case").filter(public_id=public_id)
    row = rows.first()
    if row is None:
        raise NotFound
    found = contents_found_on(actor, public_id, after=after)
    paths = paths_found_on(actor, public_id, [one.public_id for one in found.contents])
    return OpenExhibit(
        owner_unit=row.owner_unit,
        exhibit=exhibit_summaries(actor, [row])[0],
        custody=custody_steps(actor, public_id),
        chain=custody_verdict(actor, public_id),
        contents=found.contents,
        paths={str(content): lie for content, lie in paths.items()},
        after=found.after,
    )


def _standing(actor: Actor) -> QuerySet[CourtAccess]:
    today = context.now().date()
    rows: QuerySet[CourtAccess] = CourtAccess.objects.for_actor(actor).filter(ended_at=None, until__gte=today)
    return rows
