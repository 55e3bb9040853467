"""The clocks of a unit's cases: who is asked, what is answered, and what is erased when nobody answers."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.ids import public_id as new_public_id
from vigie.kernel.operation import about, in_words, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import staff_ownership
from vigie.rooms.cases.operations import blank_cases, keep_until
from vigie.rooms.cases.queries import clocks, exhibits_of_cases, latest_day
from vigie.rooms.cases.schemas import CaseClock
from vigie.rooms.intake.operations import blank_entries_of_exhibits
from vigie.rooms.media.operations import remove_places
from vigie.rooms.media.queries import only_on
from vigie.rooms.retention.models import Review
from vigie.rooms.retention.operations.erasing import begin
from vigie.rooms.retention.rules import Answer, Authority

LONGEST_REASON: Final = 2_000
"""Characters."""


@operation(Permission.RETENTION_CLOCK_RUN)
def run_clocks(actor: Actor) -> int:
    """Whose clock asks has a review, and what a clock has ended for is being erased; returns how many cases those are.

    The actor is the erasure service inside one unit, for one purpose. May be repeated: a case is asked about once
    for each last day, and a case that is being erased has no clock any more. Contents found in another case of the
    unit live on until the last of them.
    """
    today = context.now().date()
    running = clocks(actor)
    asked = _ask(actor, [one for one in running if one.ask_on is not None and one.ask_on <= today])
    ended = [one for one in running if one.has_ended(today)]
    short = [one for one in ended if one.retain_until is None or one.retain_until >= today]
    long = [one for one in ended if one not in short]
    for cases, authority in ((short, Authority.NOT_RELEVANT), (long, Authority.RETENTION)):
        if cases:
            _erase(actor, cases, authority)
    about("clocks", new_public_id(), concerned=actor.unit, cases=len(running), asked=asked, ended=len(ended))
    return len(ended)


@operation(Permission.RETENTION_REVIEW_ANSWER)
def answer_review(
    actor: Actor, review: uuid.UUID, *, answer: Answer, words: str, last_day: date | None = None
) -> None:
    """The case the review (a public id) asks about is kept until this day, or will be erased after its last one.

    Erasing it before takes two supervisors, as everything that is erased by decision.

    NotFound for no review of the unit's that waits; Invalid without a reason, or for a last day that has passed or
    lies further ahead than a new case's.
    """
    row = Review.objects.for_actor(actor).filter(public_id=review, answer="").select_for_update().first()
    clock = next((one for one in clocks(actor) if row is not None and one.id == row.case), None)
    if row is None or clock is None:
        raise NotFound
    reason = words.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid(_("Say why, in up to 2,000 characters."))
    about("case", clock.public_id, concerned=actor.unit, answer=answer.value)
    in_words(reason)
    if answer is Answer.KEEP:
        latest = latest_day()
        if last_day is None or not context.now().date() < last_day <= latest:
            raise Invalid(_("Name a day from tomorrow to %(day)s.") % {"day": latest.isoformat()})
        keep_until(actor, clock.id, last_day)
    row.answer, row.answered_at = answer.value, context.now()
    row.save(update_fields=["answer", "answered_at"])


def _ask(actor: Actor, due: Sequence[CaseClock]) -> int:
    """A review for each of these cases and its last day, once."""
    columns = staff_ownership(actor, unit=actor.unit, country=actor.country)
    known = set(
        Review.objects.for_actor(actor).filter(case__in=[one.id for one in due]).values_list("case", "due")
    )
    wanted = [(one.id, one.retain_until) for one in due if one.retain_until is not None]
    new = [Review(case=case, due=day, **columns) for case, day in wanted if (case, day) not in known]
    Review.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _erase(actor: Actor, cases: Sequence[CaseClock], authority: Authority) -> None:
    """These cases, their exhibits, and what was found in them alone are erased."""
    exhibits = exhibits_of_cases(actor, [one.id for one in cases])
    contents = only_on(actor, exhibits)
    begin(actor, contents, authority, case=cases[0].id if len(cases) == 1 else None)
    blank_entries_of_exhibits(actor, exhibits)
    remove_places(actor, exhibits)
    blank_cases(actor, [one.id for one in cases])
