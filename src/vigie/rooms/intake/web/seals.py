"""The sealed files of an exhibit as a page: what they are not, and the authority by which they are opened."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound, StepUpNeeded
from vigie.kernel.permissions import Permission
from vigie.kernel.refusals import words
from vigie.rooms.cases import queries as cases
from vigie.rooms.intake import operations, queries
from vigie.rooms.intake.operations.seals import LONGEST_TEXT
from vigie.rooms.intake.rules import AuthorityKind
from vigie.rooms.intake.schemas import Authority, NewAuthority
from vigie.rooms.media.queries import how_many_sealed, sealed_files
from vigie.rooms.requests import actor_of, cursor_of
from vigie.rooms.units.queries import unviewed_files
from vigie.rooms.units.schemas import UnviewedFiles

PAGE = 100
KINDS = {
    AuthorityKind.WARRANT: _("a search warrant"),
    AuthorityKind.COURT_ORDER: _("an order of a court"),
    AuthorityKind.CONSENT: _("consent of whoever the account belongs to"),
    AuthorityKind.VIEWED: _("the provider says that it viewed them"),
    AuthorityKind.EMERGENCY: _("an emergency: a child is in danger now"),
}
"""By what right a sealed file is opened, in words."""


class AuthorityForm(forms.Form):
    """What recording an authority asks."""

    kind = forms.ChoiceField(
        label=_("By what right"),
        choices=[("", _("Choose one")), *((one.value, text) for one, text in KINDS.items())],
    )
    reference = forms.CharField(
        label=_("Its reference"),
        max_length=LONGEST_TEXT,
        help_text=_("As it is written on the document. Say nothing of what is to be seen."),
    )
    issuer = forms.CharField(label=_("Who gave it"), max_length=LONGEST_TEXT)
    issued_on = forms.DateField(
        label=_("Given on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


@require_http_methods(["GET", "POST"])
def sealed(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The sealed files of one exhibit; those ticked, or all of them, are opened once an authority is recorded."""
    actor = actor_of(request)
    found = cases.exhibit(actor, public_id)
    form = AuthorityForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            done = operations.record_authority(actor, public_id, _wanted(request, form))
        except StepUpNeeded:
            raise
        except (Invalid, Conflict) as error:
            form.add_error(None, str(error.detail))
        else:
            said = ngettext(
                "%(count)s file is being opened.", "%(count)s files are being opened.", done.files
            )
            messages.success(request, said % {"count": done.files})
            return redirect("exhibit_sealed", public_id)
    return _page(request, actor, public_id, {"exhibit": found, "form": form})


def _page(request: HttpRequest, actor: Actor, public_id: uuid.UUID, more: dict[str, Any]) -> HttpResponse:
    after = cursor_of(request)
    files = sealed_files(actor, public_id, after=after, limit=PAGE + 1)
    against = policy.may(actor, Permission.INTAKE_SEAL_OPEN, context.now())
    may = against is None or against is policy.Reason.STEP_UP
    shown = {
        "case": cases.case(actor, more["exhibit"].case_public_id),
        "files": files[:PAGE],
        "total": how_many_sealed(actor, public_id),
        "next": files[PAGE - 1].public_id if len(files) > PAGE else None,
        "first": after is None,
        "may": may,
        "may_not": "" if may or against is None else words(against),
        "is_compared": unviewed_files(actor) is not UnviewedFiles.CLOSED,
        "authorities": [_authority(one) for one in queries.authorities(actor, public_id)],
    }
    status = 422 if more["form"].errors else 200
    return render(request, "intake/sealed.html", shown | more, status=status)


def _authority(one: Authority) -> dict[str, Any]:
    return {"authority": one, "kind": KINDS[one.kind]}


def _wanted(request: HttpRequest, form: AuthorityForm) -> NewAuthority:
    """The authority as it was filled in, for the files that were ticked."""
    given = form.cleaned_data
    try:
        files = tuple(uuid.UUID(one) for one in request.POST.getlist("files"))
    except ValueError as error:
        raise NotFound from error
    return NewAuthority(
        kind=AuthorityKind(given["kind"]),
        reference=given["reference"],
        issuer=given["issuer"],
        issued_on=given["issued_on"],
        files=files,
    )
