"""Erasures as pages: the list, one with its certificate, and the order for what was found in one case alone."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.kernel import context, policy
from vigie.kernel.errors import Conflict, Invalid, NotFound, StepUpNeeded
from vigie.kernel.permissions import Permission
from vigie.kernel.refusals import words
from vigie.rooms.cases import queries as cases
from vigie.rooms.requests import actor_of, cursor_of
from vigie.rooms.retention import operations, queries
from vigie.rooms.retention.operations.clocks import LONGEST_REASON
from vigie.rooms.retention.schemas import Answer, Authority, ErasureView

AUTHORITIES = {
    Authority.DECISION: gettext_lazy("a decision of the unit"),
    Authority.COURT: gettext_lazy("an order of a court"),
    Authority.DATA_SUBJECT: gettext_lazy("a request of the person concerned"),
    Authority.ORIGINATOR: gettext_lazy("a request of whoever it came from"),
    Authority.NOT_RELEVANT: gettext_lazy("found not relevant"),
    Authority.RETENTION: gettext_lazy("the time it may be kept is over"),
}
"""On whose authority something was erased."""


class OrderForm(forms.Form):
    """What ordering an erasure asks."""

    authority = forms.ChoiceField(
        label=gettext_lazy("On whose authority"),
        choices=[("", gettext_lazy("Choose one"))]
        + [(one.value, text) for one, text in AUTHORITIES.items() if one.is_for_people],
    )
    words = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("With the reference of the order. Say nothing of what is to be seen."),
    )
    reference = forms.CharField(
        label=gettext_lazy("The case's reference, once more"),
        max_length=60,
        help_text=gettext_lazy("So that nothing is erased by a slip: an erasure cannot be undone."),
    )


class AnswerForm(forms.Form):
    """What answering a review asks."""

    answer = forms.ChoiceField(
        label=gettext_lazy("Answer"),
        choices=[
            ("", gettext_lazy("Choose one")),
            (Answer.KEEP.value, gettext_lazy("Keep it")),
            (Answer.ERASE.value, gettext_lazy("Let it be erased after its last day")),
        ],
    )
    last_day = forms.DateField(
        label=gettext_lazy("Keep until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("The new last day, when it is kept."),
    )
    words = forms.CharField(label=gettext_lazy("Why"), max_length=LONGEST_REASON)


@require_GET
def erasures(request: HttpRequest) -> HttpResponse:
    """The unit's erasures, newest first."""
    actor = actor_of(request)
    page = queries.erasures(actor, after=cursor_of(request))
    shown = {
        "rows": [_row(one) for one in page.erasures],
        "after": page.after,
        "first": "after" not in request.GET,
    }
    return render(request, "retention/erasures.html", shown)


@require_GET
def erasure(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One erasure: how far it has come, and its certificate once everything is gone."""
    actor = actor_of(request)
    found = queries.erasure(actor, public_id)
    note = queries.certificate(actor, public_id) if found.has_certificate else ""
    return render(request, "retention/erasure.html", {**_row(found), "note": note})


@require_GET
def certificate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The certificate as a file, to be kept away from here."""
    note = queries.certificate(actor_of(request), public_id)
    headers = {"Content-Disposition": f'attachment; filename="vigie-erasure-{public_id}.txt"'}
    return HttpResponse(note, content_type="text/plain; charset=utf-8", headers=headers)


@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, case: uuid.UUID) -> HttpResponseBase:
    """What was found in this case and in no other is erased, after its reference was typed once more."""
    actor = actor_of(request)
    found = cases.case(actor, case)
    contents = cases.contents_of_case_alone(actor, case)
    form = OrderForm(request.POST or None)
    against = policy.may(actor, Permission.ERASURE_CONTENT_ORDER, context.now())
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["reference"].strip() != found.reference:
            form.add_error("reference", _("This is not the reference of the case."))
        else:
            try:
                waits = operations.propose_case_erasure(
                    actor,
                    case=case,
                    authority=Authority(form.cleaned_data["authority"]),
                    words=form.cleaned_data["words"],
                )
            except StepUpNeeded:
                raise
            except (Conflict, Invalid) as error:
                form.add_error(None, str(error.detail))
            else:
                messages.success(request, _("The erasure waits for a second supervisor."))
                return redirect("approval", waits.public_id)
    shown = {
        "case": found,
        "form": form,
        "count": len(contents),
        "holds": cases.holds(actor, case),
        "may": against in {None, policy.Reason.STEP_UP},
        "may_not": words(against) if against else "",
    }
    return render(request, "retention/order.html", shown, status=422 if form.errors else 200)


@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """The cases whose last day is near, each with its two answers."""
    return _reviews(request)


@require_POST
def answer(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The case is kept longer, or is being erased; the list of those that wait opens again."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _reviews(request, public_id, form)
    try:
        operations.answer_review(
            actor_of(request),
            public_id,
            answer=Answer(form.cleaned_data["answer"]),
            words=form.cleaned_data["words"],
            last_day=form.cleaned_data["last_day"],
        )
    except (Conflict, Invalid) as error:
        form.add_error(None, str(error.detail))
        return _reviews(request, public_id, form)
    kept = form.cleaned_data["answer"] == Answer.KEEP
    messages.success(
        request, _("The case is kept.") if kept else _("The case will be erased after its last day.")
    )
    return redirect("reviews")


def _reviews(
    request: HttpRequest, answered: uuid.UUID | None = None, form: AnswerForm | None = None
) -> HttpResponse:
    waiting = queries.reviews(actor_of(request))
    if answered is not None and answered not in {one.public_id for one in waiting}:
        raise NotFound
    rows = [
        {
            "review": one,
            "form": form
            if form is not None and one.public_id == answered
            else AnswerForm(auto_id=f"r{one.public_id.hex[-6:]}-%s"),
        }
        for one in waiting
    ]
    return render(request, "retention/reviews.html", {"rows": rows}, status=422 if form else 200)


def _row(one: ErasureView) -> dict[str, Any]:
    return {
        "erasure": one,
        "code": f"E-{one.public_id.hex[-6:].upper()}",
        "authority": AUTHORITIES[one.authority],
        "done": one.done_at is not None,
    }
