"""Client certificates as a page: those of the units one looks after, registering one, ending one."""

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from vigie.config.doors import ClientCertificateSettings
from vigie.engines.formats.certificates import LARGEST_CERTIFICATE
from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.requests import actor_of
from vigie.rooms.units import operations, queries
from vigie.rooms.units.rules import Covers
from vigie.rooms.units.schemas import ClientCertificateView

COVERS = {
    Covers.UNIT: gettext_lazy("This unit alone"),
    Covers.COUNTRY: gettext_lazy("Every unit of its country"),
}


class ClientCertificateForm(forms.Form):
    """What registering a client certificate asks."""

    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    label = forms.CharField(
        label=gettext_lazy("Name of the client certificate"),
        max_length=80,
        help_text=gettext_lazy("The place or the machine that holds its key."),
    )
    certificate = forms.CharField(
        label=gettext_lazy("Client certificate"),
        max_length=LARGEST_CERTIFICATE,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "ltr", "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("Its PEM, or its SHA-256 in hexadecimal. Never the key."),
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    covers = forms.ChoiceField(
        label=gettext_lazy("Who comes in behind it"),
        choices=[(one.value, text) for one, text in COVERS.items()],
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        """Offers the units whose staff the actor looks after."""
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        mine = [
            one
            for one in queries.all_desks(actor)
            if policy.looks_after(actor, unit=one.unit, country=one.country)
        ]
        field.choices = [(one.code, f"{one.unit_name} ({one.country})") for one in mine]


@require_http_methods(["GET", "POST"])
def certificates(request: HttpRequest) -> HttpResponseBase:
    """The client certificates of the units the actor looks after, and the form that registers one."""
    actor = actor_of(request)
    if request.method == "GET":
        return _certificates(request, ClientCertificateForm(actor))
    request.vigie_back = reverse("client_certificates")  # type: ignore[attr-defined]  # read by interfaces.web.errors
    require(actor, Permission.UNIT_CERTIFICATE_REGISTER)
    form = ClientCertificateForm(actor, request.POST)
    if not form.is_valid():
        return _certificates(request, form, status=422)
    given = form.cleaned_data
    try:
        operations.register_client_certificate(
            actor,
            unit=queries.unit_by_code(given["unit"]),
            certificate=given["certificate"],
            label=given["label"],
            valid_until=datetime.combine(given["valid_until"] + timedelta(days=1), time.min, UTC),
            covers=Covers(given["covers"]),
        )
    except (Conflict, Invalid) as error:
        form.add_error("certificate", str(error.detail))
        return _certificates(request, form, status=422)
    messages.success(
        request, _("The client certificate is registered. People come in behind it from now on.")
    )
    return redirect("client_certificates")


@require_POST
def end_certificate(request: HttpRequest, certificate: uuid.UUID) -> HttpResponseBase:
    """Nobody comes in behind this certificate any more."""
    operations.end_client_certificate(actor_of(request), certificate=certificate)
    messages.success(
        request, _("Ended. Sign-ins that were opened behind it are refused from their next request on.")
    )
    return redirect("client_certificates")


def _certificates(request: HttpRequest, form: ClientCertificateForm, *, status: int = 200) -> HttpResponse:
    actor, now = actor_of(request), context.now()
    chosen: ClientCertificateSettings | None = settings.VIGIE.client_certificates
    gate = policy.may(actor, Permission.UNIT_CERTIFICATE_REGISTER, now)
    shown = {
        "form": form,
        "rows": [_row(one, now) for one in queries.client_certificates(actor)],
        "asked": chosen is not None,
        "required": sorted(chosen.required) if chosen is not None else [],
        "confirm": f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('client_certificates')})}"
        if gate is policy.Reason.STEP_UP
        else "",
    }
    return render(request, "units/certificates.html", shown, status=status)


def _row(one: ClientCertificateView, now: datetime) -> dict[str, Any]:
    ended = one.ended_at is not None or one.valid_until <= now
    return {
        "is": one,
        "ended": ended,
        "last_day": one.valid_until - timedelta(seconds=1),
        "soon": not ended and one.valid_until - now <= timedelta(days=30),
        "short": ":".join(one.fingerprint[at : at + 4] for at in range(0, 16, 4)),
    }
