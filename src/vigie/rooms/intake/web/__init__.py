"""An exhibit as a page: handing in, how far it has come, what can already be said, and what was found."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Permission
from vigie.kernel.refusals import words
from vigie.rooms.cases import queries as cases
from vigie.rooms.cases.schemas import ExhibitSummary
from vigie.rooms.intake import queries
from vigie.rooms.intake.operations.manifests import UPLOADS
from vigie.rooms.intake.rules import HowSeen
from vigie.rooms.intake.schemas import Progress
from vigie.rooms.intake.web.handing_in import hand_in
from vigie.rooms.intake.web.results import SHOWS, page_of_results
from vigie.rooms.intake.web.saying import already_said, in_work
from vigie.rooms.intake.web.wording import refusal_words
from vigie.rooms.media.queries import how_many_sealed
from vigie.rooms.media.schemas.handling import HANDLINGS
from vigie.rooms.requests import actor_of, cursor_of

SUBMISSIONS = "/api/v1/submissions"
LATEST = 3
"""Hand-ins whose progress the page shows: the newest ones; all are under way or the last to end."""


@require_GET
def exhibit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One exhibit of the unit with everything found on it so far."""
    actor = actor_of(request)
    found = cases.exhibit(actor, public_id)
    case = cases.case(actor, found.case_public_id)
    against = policy.may(actor, Permission.INTAKE_SUBMISSION_OPEN, context.now())
    show = request.GET.get("show", "")
    shown = {
        "exhibit": found,
        "case": case,
        "panel": _panel(found),
        "may_hand_in": against is None and case.state == "open",
        "may_not": words(against) if against else _("The case is closed; nothing can be added."),
        "handling": HANDLINGS[case.handling],
        "custody": cases.custody(actor, public_id),
        "chain": cases.verify_custody(actor, public_id),
        "results": page_of_results(
            actor, public_id, show=show if show in SHOWS else "", after=cursor_of(request)
        ),
        "first": "after" not in request.GET,
        "sealed": how_many_sealed(actor, public_id),
        **_work(actor, public_id),
    }
    return render(request, "intake/exhibit.html", shown)


@require_GET
def work(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The part of the page that changes while files are worked on; htmx asks for it every two seconds until it ends."""
    actor = actor_of(request)
    found = cases.exhibit(actor, public_id)
    return render(request, "intake/work.html", {"exhibit": found, **_work(actor, public_id)})


@require_POST
def plain_files(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """Files handed in by a browser without script: hashed here, then treated like all others."""
    actor = actor_of(request)
    found = cases.exhibit(actor, public_id)
    seen = HowSeen.UNVIEWED if "sealed" in request.POST else HowSeen.NOT_SAID
    taken = hand_in(actor, found, request.FILES.getlist("files"), seen)
    messages.success(request, _("%(count)s files are handed in. Work on them has begun.") % {"count": taken})
    return redirect("exhibit", public_id)


def _panel(found: ExhibitSummary) -> dict[str, Any]:
    """What the upload panel needs to know; the addresses are those of the agreed protocol."""
    return {
        "case": found.case_public_id,
        "exhibit": found.public_id,
        "endpoint": SUBMISSIONS,
        "tus": UPLOADS,
        "action": reverse("exhibit_files", args=[found.public_id]),
    }


def _work(actor: Actor, public_id: uuid.UUID) -> dict[str, Any]:
    latest = [
        queries.progress(actor, one.id) for one in queries.submissions(actor, exhibit=public_id)[:LATEST]
    ]
    return {
        "submissions": [_submission(one) for one in latest],
        "says": already_said(actor, latest),
        "in_work": any(in_work(one) for one in latest),
        "first_answer": _first_answer(latest),
    }


def _submission(one: Progress) -> dict[str, Any]:
    return {
        "progress": one,
        "files": one.stages.hashed.total,
        "in_work": in_work(one),
        "meter": "open" if in_work(one) else "final",
        "refusals": [{"file": refusal, "reason": refusal_words(refusal.reason)} for refusal in one.refusals],
        "more": max(0, one.refused - len(one.refusals)),
    }


def _first_answer(latest: list[Progress]) -> int | None:
    """Seconds from the newest hand-in's opening to its first answer; None before there is one."""
    if not latest or latest[0].first_answer_at is None:
        return None
    return max(1, round((latest[0].first_answer_at - latest[0].opened_at).total_seconds()))
