"""Cases, exhibits and series of the demonstration: each opened by a person of its unit, shared as the plan says."""

from itertools import groupby

from vigie.demo.plan import Case, Plan, Series, Sharing
from vigie.demo.preparing.directory import actor_of, recorder_of
from vigie.kernel.actors import Actor, Clock, Purpose
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.cases import operations as cases
from vigie.rooms.cases.queries import case_by_reference, exhibit_by_reference
from vigie.rooms.cases.schemas import Share
from vigie.rooms.series import operations as series
from vigie.rooms.series.queries import series_list
from vigie.rooms.series.schemas import SeriesSummary

INCOMING_SHARING = Sharing("community")
"""The exhibit of the day is shared with everybody, so that both sides of a match can look at both pictures."""


def make_records(plan: Plan, clock: Clock) -> None:
    """The plan's cases, exhibits and series exist, each once, however often this was begun before."""
    for case in plan.cases:
        actor = actor_of(recorder_of(plan.people, case.unit).key, clock)
        with act_as(actor, clock=clock):
            _open(actor, case)
    for unit, wanted in groupby(sorted(plan.series, key=lambda one: one.unit), key=lambda one: one.unit):
        actor = actor_of(recorder_of(plan.people, unit).key, clock)
        with act_as(actor, clock=clock):
            there = own_series(actor)
            for one in wanted:
                if one.name not in there:
                    _create(actor, one, next(case.sharing for case in plan.cases if case.key == one.case))
    _open_incoming(plan, clock)


def exhibit_reference(number: int) -> str:
    """The reference of a case's n-th exhibit, counted from 1."""
    return f"E-{number}"


def own_series(actor: Actor) -> dict[str, SeriesSummary]:
    """The series of the actor's unit, by name."""
    found: dict[str, SeriesSummary] = {}
    after = None
    while True:
        page = series_list(actor, after=after)
        found |= {one.name: one for one in page.series if one.is_own}
        if page.after is None:
            return found
        after = page.after


def _open(actor: Actor, case: Case) -> None:
    legal_basis = "report" if case.unit.endswith("hotline") else "order"
    _ensure_case(actor, case.reference, case.title, case.sharing, legal_basis)
    for number, exhibit in enumerate(case.exhibits, 1):
        _ensure_exhibit(actor, case.reference, exhibit_reference(number), exhibit.label)


def _open_incoming(plan: Plan, clock: Clock) -> None:
    """The case and the exhibit of the day wait for their files."""
    incoming = plan.incoming
    actor = actor_of(incoming.person, clock)
    with act_as(actor, clock=clock):
        _ensure_case(actor, incoming.case, incoming.label, INCOMING_SHARING, "order")
        _ensure_exhibit(actor, incoming.case, incoming.exhibit, incoming.label)


def _ensure_case(actor: Actor, reference: str, title: str, sharing: Sharing, legal_basis: str) -> None:
    try:
        case_by_reference(actor, reference)
    except NotFound:
        cases.open_case(
            actor,
            reference=reference,
            title=title,
            legal_basis=legal_basis,
            purpose=Purpose.VICTIM_IDENTIFICATION,
            share=Share(sharing.share),
            listed=sharing.listed,
            excluded=sharing.excluded,
            answer_outside=AnswerOutside(sharing.answer_outside),
        )


def _ensure_exhibit(actor: Actor, case: str, reference: str, description: str) -> None:
    try:
        exhibit_by_reference(actor, case, reference)
    except NotFound:
        parent = case_by_reference(actor, case)
        cases.add_exhibit(actor, case=parent.public_id, reference=reference, description=description)


def _create(actor: Actor, one: Series, sharing: Sharing) -> None:
    series.create_series(
        actor,
        name=one.name,
        legal_basis="order",
        purpose=Purpose.VICTIM_IDENTIFICATION,
        audience=Audience(sharing.audience),
        listed=sharing.listed,
        excluded=sharing.excluded,
        answer_outside=AnswerOutside(sharing.answer_outside),
    )
