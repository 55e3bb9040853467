"""What the tour's bar shows: the next step in words, and the one thing to press."""

import uuid
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.demo.apps import demo_app
from vigie.demo.plan import Plan
from vigie.demo.preparing.directory import recorder_of
from vigie.demo.tour import session
from vigie.demo.tour.steps import STEPS, AskerSide, Step, notices_from
from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.rooms.cases.queries import exhibit_by_reference
from vigie.rooms.cases.schemas import ExhibitSummary
from vigie.rooms.intake.queries import progress, submissions
from vigie.rooms.matching.queries import answers_of_submission, notices
from vigie.rooms.units.queries import all_desks, unit_by_code

Act = Literal["link", "hand_in", "enter", "wait", "none"]

WORDS: Final[dict[Step, tuple[Promise, Promise]]] = {
    Step.HAND_IN: (
        _("Hand in an exhibit"),
        _("A phone was seized; its pictures wait on this machine. Hand them in with one press, or choose a folder on the page of the exhibit."),
    ),
    Step.WATCH: (
        _("Watch the answers come"),
        _("Only what your unit does not hold travels. Each file is checked, opened in a closed room, stored sealed, and asked about."),
    ),
    Step.OPEN: (
        _("Open a match from another country"),
        _("A unit abroad holds one of these pictures and lets you see it. Other owners show only their desk, or nothing."),
    ),
    Step.CONFIRM: (
        _("Say what it is"),
        _("Compare the two pictures, then give your verdict: S for the same picture. A resemblance is a candidate until somebody confirms it."),
    ),
    Step.CHANGE_DESK: (
        _("Sit down at the other desk"),
        _("Your verdict moves your own side only. The owner has been told; change to its investigator."),
    ),
    Step.CONFIRM_THERE: (
        _("Confirm it on the side of the owner"),
        _("Open the notice and give the same verdict. A match is agreed when both sides said the same."),
    ),
    Step.DONE: (
        _("Both countries agree"),
        _("A confirmed match across a border, and every look and word of it is in the log."),
    ),
}  # fmt: skip
PUBLICATION_SECONDS: Final = 3
AWAY: Final = _("The tour goes on at another desk.")
NO_MATCH: Final = _("Nothing in what you handed in is held abroad. Hand in the prepared exhibit to go on.")


@dataclass(frozen=True)
class Bar:
    """The tour's bar: step `number` of `of`, the words, and what there is to press."""

    number: int
    of: int
    title: Promise
    words: Promise
    act: Act
    href: str = ""
    label: Promise | str = ""
    person: str = ""
    """The key of the person to become."""
    name: str = ""
    done: bool = False
    polls: bool = False
    """Whether something is under way that changes the step without the visitor."""


def bar_for(request: HttpRequest, actor: Actor, username: str, plan: Plan) -> Bar | None:
    """The bar of this session's tour, as things stand now; None when no tour runs. The session remembers how far it came."""
    kept = session.read(request)
    if kept is None:
        return None
    reached = Step(kept["reached"])
    owner = _owner_of(plan, username) if username != plan.incoming.person else None
    if username == plan.incoming.person:
        bar, step = _at_the_asker(actor, plan)
        if bar.words is NO_MATCH and _only_just(request, kept):
            bar = _bar(step, "wait", href=bar.href, label=_("Show the exhibit"))
    elif owner is not None and reached >= Step.CHANGE_DESK:
        bar, step = _at_the_owner(actor, plan)
    else:
        return _elsewhere(plan, reached)
    if step != reached:
        session.keep(request, {**(session.read(request) or kept), "reached": int(step)})
    if bar.act in {"link", "wait"} and bar.href == _here(request):
        return replace(bar, act="none")
    return bar


def _only_just(request: HttpRequest, kept: session.Remembered) -> bool:
    """True for the first seconds after everything was matched: answers are published at the next whole second."""
    now = int(context.now().timestamp())
    if "matched_at" not in kept:
        session.keep(request, {**kept, "matched_at": now})
    return now - kept.get("matched_at", now) < PUBLICATION_SECONDS


def _here(request: HttpRequest) -> str:
    """The address of the page the visitor looks at, also when the bar is asked for by itself."""
    return urlsplit(request.headers.get("HX-Current-URL", request.path)).path


def exhibit_of_the_day(actor: Actor, plan: Plan) -> ExhibitSummary:
    """The exhibit that waits to be handed in; NotFound for any other unit's person."""
    return exhibit_by_reference(actor, plan.incoming.case, plan.incoming.exhibit)


def _at_the_asker(actor: Actor, plan: Plan) -> tuple[Bar, Step]:
    exhibit = exhibit_of_the_day(actor, plan)
    side = _asker_side(actor, exhibit)
    step = side.step()
    if step in {Step.HAND_IN, Step.WATCH}:
        return _before_answers(step, side, reverse("exhibit", args=[exhibit.public_id]))
    suggested = side.suggested(_same_language(actor, plan))
    if step in {Step.OPEN, Step.CONFIRM} and suggested is not None:
        opened = next((match for match in side.abroad if match.seen_at is not None), suggested)
        chosen = opened if step is Step.CONFIRM else suggested
        return _bar(
            step, "link", href=reverse("match", args=[chosen.public_id]), label=_("Open the match")
        ), step
    if step is Step.CHANGE_DESK and side.confirmed is not None:
        person = recorder_of(plan.people, _code_of(actor, side.confirmed.holder_unit))
        return _bar(step, "enter", href=reverse("notices"), person=person.key, name=person.name), step
    return _bar(Step.DONE, "link", href="/", label=_("Go to the first page")), Step.DONE


def _before_answers(step: Step, side: AskerSide, page: str) -> tuple[Bar, Step]:
    """While nothing is handed in, on its way, or answered."""
    hand_in = _("Hand in the prepared exhibit")
    if demo_app().is_sending or (step is Step.WATCH and not side.is_matched):
        return _bar(Step.WATCH, "wait", href=page, label=_("Show the exhibit")), Step.WATCH
    if step is Step.WATCH:
        return _bar(step, "hand_in", words=NO_MATCH, href=page, label=hand_in), step
    return _bar(step, "hand_in", href=page, label=hand_in), step


def _at_the_owner(actor: Actor, plan: Plan) -> tuple[Bar, Step]:
    side = notices_from(notices(actor), unit_by_code(plan.incoming.unit).unit)
    step = side.step()
    if step is Step.DONE:
        return _bar(step, "link", href="/", label=_("Go to the first page")), step
    if side.waiting is None:
        return _bar(step, "wait", href=reverse("notices"), label=_("Open the notices")), step
    href = reverse("notice", args=[side.waiting.public_id])
    return _bar(step, "link", href=href, label=_("Open the notice")), step


def _elsewhere(plan: Plan, reached: Step) -> Bar:
    person = next(each for each in plan.people if each.key == plan.incoming.person)
    return _bar(reached, "enter", words=AWAY, href="/", person=person.key, name=person.name)


def _asker_side(actor: Actor, exhibit: ExhibitSummary) -> AskerSide:
    handed_in = submissions(actor, exhibit=exhibit.public_id)
    matches = tuple(match for one in handed_in for match in answers_of_submission(actor, one.id, limit=200))
    return AskerSide(progress(actor, handed_in[0].id) if handed_in else None, matches)


def _bar(step: Step, act: Act, *, words: Promise | None = None, **shown: object) -> Bar:
    title, usual = WORDS[step]
    return Bar(
        number=int(step) + 1,
        of=STEPS,
        title=title,
        words=words or usual,
        act=act,
        done=step is Step.DONE,
        polls=act == "wait" or step is Step.WATCH,
        **shown,  # type: ignore[arg-type]  # href, label, person and name, as Bar declares them
    )


def _owner_of(plan: Plan, username: str) -> str | None:
    """The unit of this person, when it is one that may hold what was handed in."""
    return next(
        (each.unit for each in plan.people if each.key == username and each.unit != plan.incoming.unit), None
    )


def _same_language(actor: Actor, plan: Plan) -> frozenset[uuid.UUID]:
    """The units whose desk the visitor can change to without changing the language of the pages."""
    spoken = {person.key: person.language for person in plan.people}
    codes = {
        unit.key
        for unit in plan.units
        if spoken[recorder_of(plan.people, unit.key).key] == spoken[plan.incoming.person]
    }
    return frozenset(desk.unit for desk in all_desks(actor) if desk.code in codes)


def _code_of(actor: Actor, unit: object) -> str:
    found = next((desk.code for desk in all_desks(actor) if desk.unit == unit), None)
    if found is None:
        raise NotFound
    return found
