"""Cases as pages: the unit's list, opening one, one case with its exhibits."""

import uuid
from typing import Any

from django.contrib import messages
from django.forms import BoundField, ChoiceField
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid
from vigie.kernel.operation import refusal
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import AnswerOutside, Handling
from vigie.kernel.refusals import words
from vigie.rooms.cases import operations, queries
from vigie.rooms.cases.schemas import ERASED, CaseDetail, Outcome, Sending, Share
from vigie.rooms.cases.web.forms import (
    AUDIENCES,
    OUTSIDE,
    PURPOSES,
    SHARES,
    CaseForm,
    CourtForm,
    ExhibitForm,
    HandlingForm,
    HoldForm,
)
from vigie.rooms.media.schemas.handling import HANDLINGS
from vigie.rooms.requests import actor_of, cursor_of
from vigie.rooms.units.queries import all_desks, legal_bases


@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """The unit's cases, newest first."""
    actor = actor_of(request)
    page = queries.cases(actor, after=cursor_of(request))
    shown = {
        "page": page,
        "rows": [{"case": one, "share": AUDIENCES[one.audience]} for one in page.cases],
        "first": "after" not in request.GET,
        **_may(actor, Permission.CASE_CASE_OPEN),
    }
    return render(request, "cases/cases.html", shown)


@require_http_methods(["GET", "POST"])
def open_case(request: HttpRequest) -> HttpResponseBase:
    """A case is opened after its form is filled in; with whom it is shared has no default."""
    actor = actor_of(request)
    if policy.may(actor, Permission.CASE_CASE_OPEN, context.now()) is policy.Reason.NO_ROLE:
        raise refusal(policy.Reason.NO_ROLE, Permission.CASE_CASE_OPEN)
    form = CaseForm(actor, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("case", _opened(actor, form.cleaned_data))
        except (Conflict, Invalid) as error:
            form.add_error("reference", str(error.detail))
    shown = {"form": form, "shares": _share_choices(form), "outside": _chosen(form["answer_outside"])}
    shown["handlings"] = _handling_choices(form)
    shown |= {"listed": _chosen(form["listed"]), **_may(actor, Permission.CASE_CASE_OPEN)}
    return render(request, "cases/open.html", shown, status=422 if form.errors else 200)


@require_GET
def case(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One case of the unit with its exhibits."""
    actor = actor_of(request)
    return _case_page(request, queries.case(actor, public_id))


@require_POST
def add_exhibit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The exhibit belongs to the case, and its page opens."""
    actor = actor_of(request)
    found = queries.case(actor, public_id)
    form = ExhibitForm(request.POST)
    if form.is_valid():
        try:
            return redirect("exhibit", operations.add_exhibit(actor, case=public_id, **form.cleaned_data))
        except (Conflict, Invalid) as error:
            form.add_error("reference", str(error.detail))
    return _case_page(request, found, form=form, status=422)


@require_POST
def set_outcome(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The case is found not relevant, or that is taken back; its page says until when it can be."""
    try:
        outcome = Outcome(request.POST.get("outcome", ""))
    except ValueError as error:
        raise Invalid(_("Say whether the case is relevant.")) from error
    operations.set_not_relevant(actor_of(request), case=public_id, outcome=outcome)
    return redirect("case", public_id)


@require_POST
def set_hold(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The case is on legal hold, and its page says so."""
    actor = actor_of(request)
    found = queries.case(actor, public_id)
    form = HoldForm(request.POST)
    if form.is_valid():
        try:
            operations.set_hold(actor, case=public_id, **form.cleaned_data)
        except Invalid as error:
            form.add_error("until", str(error.detail))
        else:
            messages.success(
                request, _("The case is on legal hold. Nothing of it is erased while the hold stands.")
            )
            return redirect("case", public_id)
    return _case_page(request, found, hold_form=form, status=422)


@require_POST
def lift_hold(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The hold stands no more, and the page of its case opens."""
    case = operations.lift_hold(actor_of(request), public_id)
    messages.success(request, _("The legal hold is lifted. The clocks of the case run again."))
    return redirect("case", case)


@require_POST
def set_handling(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The case says what readers may do onwards: stricter at once, looser by a supervisor."""
    actor = actor_of(request)
    found = queries.case(actor, public_id)
    form = _handling_form(actor, found, request.POST)
    if not form.is_valid():
        return _case_page(request, found, handling_form=form, status=422)
    operations.set_handling(actor, case=public_id, handling=Handling(form.cleaned_data["handling"]))
    messages.success(request, _("The handling is changed. It holds from this moment on."))
    return redirect("case", public_id)


@require_POST
def propose_court(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """Opening the case to a person of a court waits for a second supervisor."""
    actor = actor_of(request)
    found = queries.case(actor, public_id)
    form = CourtForm(request.POST, auto_id="court-%s")
    if form.is_valid():
        try:
            waits = operations.propose_court_access(actor, case=public_id, **form.cleaned_data)
        except (Conflict, Invalid) as error:
            form.add_error("username", str(error.detail))
        else:
            messages.success(request, _("It waits for a second supervisor. Nothing is open yet."))
            return redirect("approval", waits.public_id)
    return _case_page(request, found, court_form=form, status=422)


@require_POST
def close_court(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The case is open to that person no more, and its page opens."""
    case = operations.close_to_court(actor_of(request), public_id)
    messages.success(request, _("The case is closed to them, from their next request on."))
    return redirect("case", case)


def _case_page(
    request: HttpRequest,
    found: CaseDetail,
    *,
    form: ExhibitForm | None = None,
    hold_form: HoldForm | None = None,
    court_form: CourtForm | None = None,
    handling_form: HandlingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    bases = {basis.code: basis.label for basis in legal_bases(actor)}
    shown = {
        "case": found,
        "exhibits": queries.exhibits(actor, found.public_id),
        "form": form or ExhibitForm(),
        "basis": bases.get(found.legal_basis, found.legal_basis),
        "purpose": dict(PURPOSES).get(found.purpose, found.purpose),
        "share": AUDIENCES[found.audience],
        "parties": _names(actor, found.listed),
        "outside": dict(OUTSIDE)[found.answer_outside],
        "sends_everything": found.sending is Sending.EVERYTHING,
        "holds": queries.holds(actor, found.public_id),
        "hold_form": hold_form or HoldForm(auto_id="hold-%s"),
        "handling": HANDLINGS[found.handling],
        "handling_form": handling_form or _handling_form(actor, found),
        "may_handle": found.state != ERASED
        and policy.may(actor, Permission.MEDIA_HANDLING_TIGHTEN, context.now()) is None,
        "courts": queries.court_access(actor, found.public_id),
        "court_form": court_form or CourtForm(auto_id="court-%s"),
        "may_open_to_court": found.state != ERASED
        and policy.may(actor, Permission.CASE_COURT_OPEN, context.now()) in {None, policy.Reason.STEP_UP},
        "may_close_to_court": policy.may(actor, Permission.CASE_COURT_CLOSE, context.now()) is None,
        "may_say_outcome": found.state != ERASED
        and policy.may(actor, Permission.CASE_OUTCOME_SET, context.now()) is None,
        "may_hold": policy.may(actor, Permission.CASE_HOLD_SET, context.now()) is None,
        "may_erase": policy.may(actor, Permission.ERASURE_CONTENT_ORDER, context.now())
        in {None, policy.Reason.STEP_UP},
        **_may(actor, Permission.CASE_EXHIBIT_ADD),
    }
    return render(request, "cases/case.html", shown, status=status)


def _handling_form(actor: Actor, found: CaseDetail, given: Any = None) -> HandlingForm:
    against = policy.may(actor, Permission.MEDIA_HANDLING_LOOSEN, context.now())
    looser = against in {None, policy.Reason.STEP_UP}
    return HandlingForm(found.handling, given, looser=looser, auto_id="handling-%s")


def _opened(actor: Actor, given: dict[str, Any]) -> uuid.UUID:
    share = Share(given["share"])
    return operations.open_case(
        actor,
        reference=given["reference"],
        title=given["title"],
        legal_basis=given["legal_basis"],
        purpose=Purpose(given["purpose"]),
        share=share,
        listed=given["listed"] if share is Share.LISTED else (),
        answer_outside=AnswerOutside(given["answer_outside"]),
        handling=Handling(given["handling"]),
        sending=Sending.EVERYTHING if given["send_everything"] else Sending.WHAT_IS_NEW,
    )


def _may(actor: Actor, permission: Permission) -> dict[str, Any]:
    """Whether the act of this page is open to the actor, and what stands against it in words."""
    against = policy.may(actor, permission, context.now())
    return {"may": against is None, "may_not": words(against) if against else ""}


def _share_choices(form: CaseForm) -> list[dict[str, Any]]:
    chosen = form["share"].value()
    return [
        {"value": share.value, "label": label, "means": means, "chosen": chosen == share.value}
        for share, label, means in SHARES
    ]


def _handling_choices(form: CaseForm) -> list[dict[str, Any]]:
    chosen = form["handling"].value()
    return [
        {"value": one.value, "label": words.name, "means": words.means, "chosen": chosen == one.value}
        for one, words in HANDLINGS.items()
    ]


def _chosen(field: BoundField) -> list[dict[str, Any]]:
    """The choices of a field with the marks of what was chosen: radio buttons and boxes of our own look."""
    value = field.value()
    taken = set(value) if isinstance(value, list | tuple) else {value}
    assert isinstance(field.field, ChoiceField)
    choices: Any = field.field.choices
    return [{"value": code, "label": label, "chosen": code in taken} for code, label in choices]


def _names(actor: Actor, parties: tuple[str, ...]) -> list[str]:
    """Countries and units by their names; a party that left keeps its code."""
    desks = all_desks(actor)
    names = {desk.country: desk.country_name for desk in desks} | {str(d.unit): d.unit_name for d in desks}
    return [names.get(party, party) for party in parties]
