"""What waits for a second person as pages: the list, and one proposal with its digest, its clock and the decision."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from vigie.kernel import context, policy
from vigie.kernel.errors import Invalid
from vigie.kernel.permissions import Permission
from vigie.rooms.approvals import operations, queries
from vigie.rooms.approvals.rules import State
from vigie.rooms.approvals.schemas import ProposalView
from vigie.rooms.requests import actor_of

STATES = {
    State.OPEN: (gettext_lazy("waits"), "clock", ""),
    State.APPROVED: (gettext_lazy("approved and done"), "check", "ok"),
    State.REFUSED: (gettext_lazy("refused"), "x", "error"),
    State.WITHDRAWN: (gettext_lazy("withdrawn"), "undo", ""),
    State.EXPIRED: (gettext_lazy("ended undecided"), "clock", ""),
}
"""Word, icon and colour of each state."""


@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for this person, what they proposed, and what was decided of late."""
    found = queries.waiting(actor_of(request))
    shown = {name: [_row(one) for one in getattr(found, name)] for name in ("for_me", "mine", "done")}
    return render(request, "approvals/approvals.html", {**shown, "now": context.now()})


@require_GET
def proposal(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One proposal with everything the second person needs to decide."""
    return _page(request, public_id)


@require_POST
def approve(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """What was proposed is done, bound to the digest that stood on the page."""
    operations.approve(actor_of(request), public_id, shown=request.POST.get("digest", "-"))
    messages.success(request, _("Approved. It is done, and the log names both of you."))
    return redirect("approval", public_id)


@require_POST
def refuse(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The proposal is refused with a reason."""
    words = request.POST.get("words", "")
    try:
        operations.refuse(actor_of(request), public_id, words)
    except Invalid as error:
        return _page(request, public_id, fault=str(error.detail), status=422)
    messages.success(request, _("Refused. Nothing was done."))
    return redirect("approval", public_id)


@require_POST
def withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The person's own proposal waits no longer."""
    operations.withdraw(actor_of(request), public_id)
    messages.success(request, _("Withdrawn. Nothing was done."))
    return redirect("approval", public_id)


def _page(request: HttpRequest, public_id: uuid.UUID, *, fault: str = "", status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    found = queries.proposal(actor, public_id)
    gate = policy.may(actor, Permission.APPROVAL_PROPOSAL_APPROVE, context.now())
    shown = {
        **_row(found),
        "now": context.now(),
        "exactly": json.dumps(found.payload, indent=2, ensure_ascii=False, sort_keys=True),
        "confirm_first": gate is policy.Reason.STEP_UP,
        "confirm": f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('approval', args=[public_id])})}",
        "fault": fault,
    }
    return render(request, "approvals/proposal.html", shown, status=status)


def _row(one: ProposalView) -> dict[str, Any]:
    word, sign, kind = STATES[one.state]
    return {"proposal": one, "is_open": one.state is State.OPEN, "word": word, "sign": sign, "kind": kind}
