"""The first page after the sign-in: where one stopped, what others ask, what is new. Not one picture."""

import math
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Permission
from vigie.kernel.refusals import words
from vigie.rooms.accounts.queries import endings, people
from vigie.rooms.accounts.rules import REVIEW_REMINDER, urgency
from vigie.rooms.accounts.schemas import Access
from vigie.rooms.cases.queries import cases
from vigie.rooms.intake.queries import progress, submissions
from vigie.rooms.intake.schemas import Progress
from vigie.rooms.matching.queries import counts, new_matches, notices
from vigie.rooms.matching.queries.canaries import new_alarms

SHOWN = 4
"""Lines of each column: what fits one glance."""


@require_GET
def home(request: HttpRequest) -> HttpResponseBase:
    """What waits for this person, each number a link to what makes it; for a court and a partner their own."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the ActorBlock middleware
    if _may(actor, Permission.COURT_CASE_READ):
        return redirect("court_cases")
    if _may(actor, Permission.PARTNER_SUBMISSION_MAKE):
        return redirect("partner_submissions")
    shown: dict[str, Any] = {
        "now": context.now(),
        "first_name": actor.name.split(" ")[0],
        "certificate": _certificate(actor),
        "works_on_cases": _may(actor, Permission.CASE_CASE_READ),
        "may_open": _may(actor, Permission.CASE_CASE_OPEN),
        "may_read_log": _may(actor, Permission.AUDIT_LOG_READ),
        "review_days": _review_days(actor),
        "looks_after": _looks_after(actor),
        "alarms": new_alarms(actor),
        "may_watch": _may(actor, Permission.MATCH_CANARY_SEE),
        "may_examine": _may(actor, Permission.SYSTEM_HEALTH_READ),
    }
    if shown["works_on_cases"]:
        shown |= {"place": _place(actor), "latest_case": _latest_case(actor), **_waiting(actor)}
    return render(request, "home.html", shown)


def _may(actor: Actor, permission: Permission) -> bool:
    return policy.may(actor, permission, context.now()) is None


def _certificate(actor: Actor) -> dict[str, Any] | None:
    """What to say of a certificate that is missing where one is needed, or ends within 60 days; None otherwise.

    More urgently from 30 days on, and again from 7.
    """
    if not _may(actor, Permission.CASE_CASE_READ):
        return None
    if actor.certified_until is None or actor.certified_until <= context.now():
        return {"missing": True, "words": words(policy.Reason.CERTIFICATE_MISSING)}
    days = math.ceil((actor.certified_until - context.now()).total_seconds() / 86_400)
    mark = urgency(days)
    return {"missing": False, "days": days, "kind": _URGENT[mark]} if mark else None


_URGENT = {60: "info", 30: "caution", 7: "error"}
"""How a reminder looks, by the days it is due at."""


def _review_days(actor: Actor) -> int | None:
    """Days until access ends unless the gateway confirms it, when they are 14 or fewer; None otherwise."""
    if actor.access_until is None or actor.access_until - context.now() > REVIEW_REMINDER:
        return None
    return max(0, math.ceil((actor.access_until - context.now()).total_seconds() / 86_400))


def _looks_after(actor: Actor) -> dict[str, int] | None:
    """For who looks after people: how many wait for a review, and how many certificates end soon; None for others."""
    if not _may(actor, Permission.ACCOUNT_ACCESS_SUSPEND):
        return None
    now = context.now()
    waiting = sum(one.access is not Access.CONFIRMED for one in people(actor, now=now))
    return {"waiting": waiting, "endings": len(endings(actor, now=now))}


def _place(actor: Actor) -> dict[str, Any] | None:
    """The newest hand-in this person began, with how far it has come."""
    mine = (one for one in submissions(actor) if one.opened_by == actor.id)
    newest = next(mine, None)
    if newest is None:
        return None
    found = progress(actor, newest.id)
    return {"progress": found, "share": _share(found)}


def _share(found: Progress) -> int:
    matched = found.stages.matched
    return matched.done * 100 // matched.total if matched.total else 100


def _latest_case(actor: Actor) -> Any:
    newest = cases(actor, limit=1).cases
    return newest[0] if newest else None


def _waiting(actor: Actor) -> dict[str, Any]:
    waiting = counts(actor)
    told = [one for one in notices(actor) if one.seen_at is None]
    matches = new_matches(actor, limit=SHOWN) if _may(actor, Permission.MATCH_CANDIDATE_READ) else ()
    return {
        "notices": told[:SHOWN],
        "notice_count": max(waiting.new_notices, len(told)),
        "matches": matches,
        "match_count": waiting.new_matches,
    }
