"""The directory as a page: whom to call, and what time it is there; for administrators the agreements behind it."""

import uuid
import zoneinfo
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.requests import actor_of
from vigie.rooms.units import operations, queries
from vigie.rooms.units.rules import AgreementState
from vigie.rooms.units.schemas import AgreementView, Desk

PURPOSES = {
    Purpose.VICTIM_IDENTIFICATION: gettext_lazy("Identifying a victim"),
    Purpose.INVESTIGATION: gettext_lazy("Investigation"),
    Purpose.SAFEGUARDING: gettext_lazy("Protecting a child"),
    Purpose.OVERSIGHT: gettext_lazy("Oversight, without case data"),
    Purpose.TRAINING: gettext_lazy("Training with drawn material"),
}
STATES = {
    AgreementState.RUNNING: (gettext_lazy("runs"), "check", "ok"),
    AgreementState.AHEAD: (gettext_lazy("not begun"), "clock", ""),
    AgreementState.SUSPENDED: (gettext_lazy("suspended"), "pause", "caution"),
    AgreementState.ENDED: (gettext_lazy("ended"), "x", ""),
}
"""Word, icon and colour of each state."""


class AgreementForm(forms.Form):
    """What making an agreement asks."""

    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"))
    valid_from = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("What it covers"),
        choices=[(purpose.value, text) for purpose, text in PURPOSES.items()],
        initial=[purpose.value for purpose in PURPOSES],
    )
    terms = forms.CharField(
        label=gettext_lazy("Terms"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        """Offers the organisations that take part."""
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one.id), f"{one.name} ({one.country})") for one in queries.organisations(actor)]


@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """Every unit that takes part with its desk, by country and name."""
    actor = actor_of(request)
    require(actor, Permission.UNIT_DIRECTORY_READ)
    now = context.now()
    contacts = [_contact(desk, now, own=desk.unit == actor.unit) for desk in queries.all_desks(actor)]
    return render(request, "units/units.html", {"contacts": contacts})


@require_http_methods(["GET", "POST"])
def agreements(request: HttpRequest) -> HttpResponseBase:
    """Every agreement with where it stands, and the form that makes one."""
    actor = actor_of(request)
    if request.method == "GET":
        return _agreements(request, AgreementForm(actor))
    require(actor, Permission.UNIT_AGREEMENT_MAKE)
    form = AgreementForm(actor, request.POST)
    if not form.is_valid():
        return _agreements(request, form, status=422)
    given = form.cleaned_data
    purposes = [Purpose(one) for one in given.pop("purposes")]
    organisation = uuid.UUID(given.pop("organisation"))
    try:
        operations.make_agreement(actor, organisation=organisation, purposes=purposes, **given)
    except Invalid as error:
        form.add_error(None, str(error.detail))
        return _agreements(request, form, status=422)
    messages.success(request, _("The agreement is made."))
    return redirect("agreements")


@require_POST
def change_agreement(request: HttpRequest, agreement: uuid.UUID, act: str) -> HttpResponseBase:
    """An agreement is suspended, runs again or is ended, for the reason given."""
    actor, because = actor_of(request), request.POST.get("because", "")
    if act == "suspend":
        operations.suspend_agreement(actor, agreement, because)
        said = _("Suspended. Its people are refused from their next request on.")
    elif act == "resume":
        operations.resume_agreement(actor, agreement)
        said = _("The agreement runs again.")
    elif act == "end":
        operations.end_agreement(actor, agreement, because)
        said = _("Ended. Its people are refused from their next request on.")
    else:
        raise NotFound
    messages.success(request, said)
    return redirect("agreements")


def _agreements(request: HttpRequest, form: AgreementForm, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    own = queries.own_organisation(actor)
    gate = policy.may(actor, Permission.UNIT_AGREEMENT_MAKE, context.now())
    shown = {
        "form": form,
        "rows": [_row(one, own=one.organisation == own) for one in queries.agreements(actor)],
        "purposes": _chosen(form),
        "confirm": f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('agreements')})}"
        if gate is policy.Reason.STEP_UP
        else "",
    }
    return render(request, "units/agreements.html", shown, status=status)


def _row(one: AgreementView, *, own: bool) -> dict[str, Any]:
    word, sign, kind = STATES[one.state]
    covers = [] if set(one.purposes) >= set(PURPOSES) else [PURPOSES[purpose] for purpose in one.purposes]
    ended = one.state is AgreementState.ENDED
    suspended = one.state is AgreementState.SUSPENDED
    return {
        "agreement": one,
        "word": word,
        "sign": sign,
        "kind": kind,
        "covers": covers,
        "may_change": not ended and not own,
        "suspended": suspended,
        "own": own,
    }


def _chosen(form: AgreementForm) -> list[dict[str, Any]]:
    """Boxes of our own look, ticked as chosen."""
    taken = set(form["purposes"].value() or ())
    return [
        {"value": purpose.value, "label": text, "chosen": purpose.value in taken}
        for purpose, text in PURPOSES.items()
    ]


def _contact(desk: Desk, now: datetime, *, own: bool) -> dict[str, Any]:
    return {
        "name": desk.unit_name,
        "place": ", ".join(part for part in (desk.town, desk.country_name) if part),
        "role": _("your unit") if own else "",
        "now": f"{now.astimezone(zoneinfo.ZoneInfo(desk.time_zone)):%H:%M}",
        "hours": desk.hours,
        "languages": desk.languages,
        "phone": desk.phone,
        "email": desk.mail,
    }
