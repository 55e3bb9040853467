"""What partners submit as pages: the partner submits and reads opinions, the unit reads and gives one."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound, TooLarge
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.partners import operations, queries
from vigie.rooms.partners.rules import read_lines
from vigie.rooms.partners.schemas import Opinion, SubmissionView
from vigie.rooms.requests import actor_of
from vigie.rooms.units.queries import all_desks

OPINIONS = {
    Opinion.USEFUL: gettext_lazy("useful to the unit"),
    Opinion.KNOWN: gettext_lazy("known already"),
    Opinion.NOT_RELEVANT: gettext_lazy("not relevant"),
    Opinion.MORE_NEEDED: gettext_lazy("more is needed"),
}


class SubmissionForm(forms.Form):
    """What submitting asks."""

    to = forms.ChoiceField(label=gettext_lazy("To"))
    title = forms.CharField(label=gettext_lazy("What it is about"), max_length=120)
    words = forms.CharField(
        label=gettext_lazy("Report"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Say nothing of what is to be seen, and send no picture."),
    )
    hashes = forms.CharField(
        label=gettext_lazy("Hashes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "ltr", "spellcheck": "false"}),
        help_text=gettext_lazy("One file a line: its MD5, SHA-1 and SHA-256, as far as you know them."),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        """Offers every unit but the partner's own."""
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        units = [
            (one.code, f"{one.unit_name}, {one.country_name}")
            for one in all_desks(actor)
            if one.unit != actor.unit
        ]
        field.choices = [("", gettext_lazy("Choose one")), *units]


class OpinionForm(forms.Form):
    """What giving an opinion asks."""

    opinion = forms.ChoiceField(
        label=gettext_lazy("Opinion"),
        choices=[("", gettext_lazy("Choose one")), *((one.value, text) for one, text in OPINIONS.items())],
    )
    words = forms.CharField(
        label=gettext_lazy("Words to the partner"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("They read this. Say nothing of what your unit or others hold."),
    )


@require_http_methods(["GET", "POST"])
def submissions(request: HttpRequest) -> HttpResponseBase:
    """The submissions of a partner with the form for a new one; for a unit what was submitted to it."""
    actor = actor_of(request)
    form = SubmissionForm(actor, request.POST or None)
    if request.method == "POST":
        require(actor, Permission.PARTNER_SUBMISSION_MAKE)
    if request.method == "POST" and form.is_valid():
        read = read_lines(form.cleaned_data["hashes"].splitlines())
        if read.bad:
            lines = ", ".join(map(str, read.bad[:10]))
            form.add_error(
                "hashes", _("These lines hold something that is no hash: %(lines)s") % {"lines": lines}
            )
        else:
            facts = {name: form.cleaned_data[name] for name in ("to", "title", "words")}
            try:
                operations.submit(actor, **facts, hashes=read.rows)
            except (Invalid, NotFound, TooLarge) as error:
                form.add_error("title", str(error.detail))
            else:
                messages.success(request, _("Received. You are told here what the unit thinks of it."))
                return redirect("partner_submissions")
    shown = {
        "rows": [_row(one) for one in queries.submissions(actor)],
        "form": form,
        "may_submit": _may(actor, Permission.PARTNER_SUBMISSION_MAKE),
    }
    return render(request, "partners/submissions.html", shown, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def submission(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """One submission; for the unit it was made to with the form for an opinion."""
    actor = actor_of(request)
    found = queries.submission(actor, public_id)
    form = OpinionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        operations.give_opinion(actor, public_id, opinion=Opinion(given["opinion"]), words=given["words"])
        messages.success(request, _("The partner can read it from now on."))
        return redirect("partner_submission", public_id)
    shown = {
        **_row(found),
        "form": form,
        "may_say": not found.is_own and _may(actor, Permission.PARTNER_OPINION_GIVE),
    }
    return render(request, "partners/submission.html", shown, status=422 if form.errors else 200)


@require_GET
def hashes(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Its list as a text file, a file a line."""
    text = queries.hash_lines(actor_of(request), public_id)
    headers = {"Content-Disposition": f'attachment; filename="vigie-hashes-{public_id}.txt"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _row(one: SubmissionView) -> dict[str, Any]:
    return {
        "submission": one,
        "code": f"P-{one.id.hex[-6:].upper()}",
        "said": OPINIONS[one.opinion.opinion] if one.opinion else "",
    }


def _may(actor: Actor, permission: Permission) -> bool:
    return policy.may(actor, permission, context.now()) is None
