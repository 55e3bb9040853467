"""Reads of cases: a unit's own only, whatever anybody else may see of the content."""

import uuid

from django.db.models import Count

from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.rooms.cases.models import Case, CustodyEvent, Exhibit
from vigie.rooms.cases.queries.keeping import short_clock
from vigie.rooms.cases.rules import FIRST_LINK, CustodyLink, link_digest
from vigie.rooms.cases.schemas import (
    CaseDetail,
    CasePage,
    CaseSummary,
    CustodyStep,
    CustodyVerdict,
    ExhibitSummary,
    HandInTerms,
    Sending,
)
from vigie.rooms.media.queries import counts_by_exhibit

PAGE = 50


def cases(actor: Actor, *, after: uuid.UUID | None = None, limit: int = PAGE) -> CasePage:
    """The unit's cases, newest first, from behind the case `after` (a public id); NotFound when that is none."""
    require(actor, Permission.CASE_CASE_READ)
    rows = Case.objects.for_actor(actor).annotate(exhibit_count=Count("exhibits")).order_by("-id")
    if after is not None:
        last = Case.objects.for_actor(actor).filter(public_id=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(id__lt=last.id)
    found = list(rows[: limit + 1])
    shown = found[:limit]
    return CasePage(
        cases=tuple(CaseSummary(**_summary(row)) for row in shown),
        after=shown[-1].public_id if len(found) > limit else None,
    )


def case(actor: Actor, public_id: uuid.UUID) -> CaseDetail:
    """One case of the unit; NotFound otherwise."""
    return _detail(actor, public_id=public_id)


def case_by_reference(actor: Actor, reference: str) -> CaseDetail:
    """The unit's case of this reference; NotFound otherwise."""
    return _detail(actor, reference=reference)


def exhibits(actor: Actor, case_public_id: uuid.UUID) -> tuple[ExhibitSummary, ...]:
    """The exhibits of one case of the unit, in the order they were added, with how much was found on each."""
    require(actor, Permission.CASE_CASE_READ)
    rows = Exhibit.objects.for_actor(actor).select_related("case").filter(case__public_id=case_public_id)
    return exhibit_summaries(actor, list(rows.order_by("id")))


def exhibit(actor: Actor, public_id: uuid.UUID) -> ExhibitSummary:
    """One exhibit of the unit; NotFound otherwise."""
    require(actor, Permission.CASE_CASE_READ)
    rows = Exhibit.objects.for_actor(actor).select_related("case").filter(public_id=public_id)
    return _one(exhibit_summaries(actor, list(rows)))


def exhibit_by_reference(actor: Actor, case_reference: str, reference: str) -> ExhibitSummary:
    """The exhibit of this reference in the unit's case of that reference; NotFound otherwise."""
    require(actor, Permission.CASE_CASE_READ)
    rows = (
        Exhibit.objects.for_actor(actor)
        .select_related("case")
        .filter(reference=reference, case__reference=case_reference)
    )
    return _one(exhibit_summaries(actor, list(rows)))


def custody(actor: Actor, exhibit_public_id: uuid.UUID) -> tuple[CustodyStep, ...]:
    """The chain of custody of one exhibit of the unit, first link first."""
    require(actor, Permission.CASE_CASE_READ)
    return custody_steps(actor, exhibit_public_id)


def custody_steps(actor: Actor, exhibit_public_id: uuid.UUID) -> tuple[CustodyStep, ...]:
    """The chain of custody of one exhibit the actor sees, first link first; NotFound for any other. Asks no permission."""
    return tuple(
        CustodyStep(
            position=row.position,
            at=row.at,
            by=row.recorded_by,
            act=row.act,
            tool=row.tool,
            tool_version=row.tool_version,
            parameters=row.parameters,
            digest=bytes(row.digest).hex(),
        )
        for row in _links(actor, exhibit_public_id)
    )


def verify_custody(actor: Actor, exhibit_public_id: uuid.UUID) -> CustodyVerdict:
    """Whether every link of the exhibit's chain of custody fits the one before, from the first link on.

    A chain whose end is missing still fits; the log's lines carry each digest and show that.
    """
    require(actor, Permission.CASE_CASE_READ)
    return custody_verdict(actor, exhibit_public_id)


def custody_verdict(actor: Actor, exhibit_public_id: uuid.UUID) -> CustodyVerdict:
    """Whether the chain of custody of one exhibit the actor sees is whole; NotFound for any other. Asks no permission."""
    previous, links, first_bad = FIRST_LINK, 0, None
    for position, row in enumerate(_links(actor, exhibit_public_id)):
        links += 1
        digest = link_digest(previous, _link(row, exhibit_public_id))
        fits = row.position == position and bytes(row.previous) == previous and bytes(row.digest) == digest
        if not fits and first_bad is None:
            first_bad = position
        previous = bytes(row.digest)
    return CustodyVerdict(links=links, first_bad=first_bad)


def hand_in_terms(actor: Actor, exhibit_public_id: uuid.UUID) -> HandInTerms:
    """What material under this exhibit of the actor's unit takes over from its case; NotFound otherwise.

    Asks no permission of its own: services of the unit read it too, inside the operation that needs it.
    """
    row = Exhibit.objects.for_actor(actor).select_related("case").filter(public_id=exhibit_public_id).first()
    if row is None:
        raise NotFound
    parent = row.case
    return HandInTerms(
        exhibit_id=row.id,
        exhibit_public_id=row.public_id,
        exhibit_reference=row.reference,
        case_public_id=parent.public_id,
        case_reference=parent.reference,
        case_open=parent.state == "open",
        legal_basis=parent.legal_basis,
        purpose=Purpose(parent.purpose),
        audience=Audience(parent.audience),
        listed=tuple(parent.listed),
        excluded=tuple(parent.excluded),
        answer_outside=AnswerOutside(parent.answer_outside),
        handling=Handling(parent.handling),
        sending=_sending(parent),
    )


def _detail(actor: Actor, **by: object) -> CaseDetail:
    require(actor, Permission.CASE_CASE_READ)
    rows = Case.objects.for_actor(actor).annotate(exhibit_count=Count("exhibits"))
    row = rows.filter(**by).first()
    if row is None:
        raise NotFound
    return CaseDetail(
        **_summary(row),
        legal_basis=row.legal_basis,
        purpose=Purpose(row.purpose),
        listed=tuple(row.listed),
        excluded=tuple(row.excluded),
        answer_outside=AnswerOutside(row.answer_outside),
        handling=Handling(row.handling),
        sending=_sending(row),
        retain_until=row.retain_until,
        not_relevant_until=short_clock(row),
    )


def _summary(row: Case) -> dict[str, object]:
    return {
        "public_id": row.public_id,
        "reference": row.reference,
        "title": row.title,
        "state": row.state,
        "audience": Audience(row.audience),
        "opened_at": row.recorded_at,
        "exhibits": row.exhibit_count,  # type: ignore[attr-defined]  # annotated by the queries above
    }


def _sending(row: Case) -> Sending:
    return Sending.EVERYTHING if row.send_everything else Sending.WHAT_IS_NEW


def exhibit_summaries(actor: Actor, rows: list[Exhibit]) -> tuple[ExhibitSummary, ...]:
    """These exhibits, rows with their case, and how much the actor sees was found on each. Asks no permission."""
    counts = counts_by_exhibit(actor, [row.id for row in rows])
    return tuple(
        ExhibitSummary(
            public_id=row.public_id,
            case_public_id=row.case.public_id,
            case_reference=row.case.reference,
            reference=row.reference,
            description=row.description,
            seized_in=row.seized_in,
            seized_at_text=row.seized_at_text,
            files=counts[row.id].files if row.id in counts else 0,
            contents=counts[row.id].contents if row.id in counts else 0,
        )
        for row in rows
    )


def _one(found: tuple[ExhibitSummary, ...]) -> ExhibitSummary:
    if not found:
        raise NotFound
    return found[0]


def _links(actor: Actor, exhibit_public_id: uuid.UUID) -> list[CustodyEvent]:
    if not Exhibit.objects.for_actor(actor).filter(public_id=exhibit_public_id).exists():
        raise NotFound
    rows = CustodyEvent.objects.for_actor(actor).filter(exhibit__public_id=exhibit_public_id)
    return list(rows.order_by("position"))


def _link(row: CustodyEvent, exhibit_public_id: uuid.UUID) -> CustodyLink:
    return CustodyLink(
        exhibit=exhibit_public_id,
        position=row.position,
        at=row.at,
        by=row.recorded_by,
        act=row.act,
        tool=row.tool,
        tool_version=row.tool_version,
        parameters=row.parameters,
    )
