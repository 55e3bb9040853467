"""What partners submit as pages: the partner submits and reads opinions, the unit reads and gives one."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound, TooLarge
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.cases.queries import exhibit, exhibit_by_reference
from vigie.rooms.cases.schemas import ExhibitSummary
from vigie.rooms.matching.operations import Place
from vigie.rooms.partners import operations, queries
from vigie.rooms.partners.rules import MOST_ROWS, read_lines
from vigie.rooms.partners.schemas import ComparisonState, ComparisonView, Opinion, SubmissionView
from vigie.rooms.requests import actor_of
from vigie.rooms.units.queries import all_desks

OPINIONS = {
    Opinion.USEFUL: gettext_lazy("useful to the unit"),
    Opinion.KNOWN: gettext_lazy("known already"),
    Opinion.NOT_RELEVANT: gettext_lazy("not relevant"),
    Opinion.MORE_NEEDED: gettext_lazy("more is needed"),
}


STOPPED = {
    "quota-spent": gettext_lazy(
        "No more look-ups are left for today. Compare it again tomorrow, or look its list up by a release."
    ),
    "conflict": gettext_lazy("The case is closed. Take it into an open case."),
    "not-found": gettext_lazy("The exhibit is not there any more. Take it into another one."),
}
"""Why a comparison stopped, by the code of the refusal."""
OTHERWISE_STOPPED = gettext_lazy(
    "Whoever took it in may not look up hashes now. Somebody who may can compare it again."
)


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


class PlaceForm(forms.Form):
    """Under which case and exhibit of the unit a submission is compared."""

    case = forms.CharField(
        label=gettext_lazy("Case"),
        max_length=80,
        help_text=gettext_lazy("The reference of an open case of your unit."),
    )
    exhibit = forms.CharField(
        label=gettext_lazy("Exhibit"),
        max_length=80,
        help_text=gettext_lazy("The reference of an exhibit of that case, for what this partner submits."),
    )


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
        "rows": _rows(actor),
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
    return _submission(request, found, form=form)


@require_POST
def compare(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """What the partner submitted is taken into a case and will be compared, or is compared again where it stands."""
    actor = actor_of(request)
    request.vigie_back = reverse("partner_submission", args=[public_id])  # type: ignore[attr-defined]  # read by interfaces.web.errors
    found = queries.submission(actor, public_id)
    require(actor, Permission.PARTNER_SUBMISSION_COMPARE)
    again = "again" in request.POST
    form = PlaceForm(None if again else request.POST)
    if not again and not form.is_valid():
        return _submission(request, found, place=form)
    try:
        operations.compare(actor, public_id, place=None if again else _place(actor, form.cleaned_data))
    except (Conflict, Invalid, NotFound) as error:
        if again:
            raise
        words = _("Your unit has no such exhibit in a case of this reference.")
        form.add_error("exhibit", words if isinstance(error, NotFound) else str(error.detail))
        return _submission(request, found, place=form)
    messages.success(request, _("It is being compared. What is known of it stands here in a moment."))
    return redirect("partner_submission", public_id)


def _place(actor: Actor, given: dict[str, str]) -> Place:
    known = exhibit_by_reference(actor, given["case"], given["exhibit"])
    return Place(known.case_public_id, known.public_id)


def _submission(
    request: HttpRequest,
    found: SubmissionView,
    *,
    form: OpinionForm | None = None,
    place: PlaceForm | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    faulty = bool((form and form.errors) or (place and place.errors))
    shown = {
        **_row(found),
        **({} if found.is_own else _known(request, actor, found)),
        "form": form or OpinionForm(),
        "place_form": place or PlaceForm(),
        "may_say": not found.is_own and _may(actor, Permission.PARTNER_OPINION_GIVE),
    }
    return render(request, "partners/submission.html", shown, status=422 if faulty else 200)


def _known(request: HttpRequest, actor: Actor, found: SubmissionView) -> dict[str, Any]:
    """What is known of a submission, for the unit that received it; looking at it marks it as seen."""
    view = queries.comparison(actor, found.id)
    shown: dict[str, Any] = {
        "comparison": view,
        "may_compare": _may(actor, Permission.PARTNER_SUBMISSION_COMPARE),
        "stopped": STOPPED.get(view.stopped, OTHERWISE_STOPPED) if view else "",
        "place": _where(actor, view),
    }
    if view is None or view.compared_at is None or not shown["may_compare"]:
        return shown
    if not view.seen and view.state is ComparisonState.COMPARED:
        operations.see_findings(actor, found.id)
    page = queries.findings(actor, found.id, first_row=_first_row(request), limit=queries.FINDINGS)
    left_out = queries.findings(actor, found.id, left_out=True) if view.left_out else None
    return shown | {
        "findings": page.findings,
        "next": f"?row={page.next_row}" if page.next_row else "",
        "first": _first_row(request) == 1,
        "left_out": left_out.findings if left_out else (),
    }


def _where(actor: Actor, view: ComparisonView | None) -> ExhibitSummary | None:
    """The exhibit it stands under, while it is there."""
    if view is None:
        return None
    try:
        return exhibit(actor, view.exhibit)
    except NotFound:
        return None


def _first_row(request: HttpRequest) -> int:
    text = request.GET.get("row", "1")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_ROWS:
        raise NotFound
    return int(text[:9])


@require_GET
def hashes(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Its list as a text file, a file a line."""
    text = queries.hash_lines(actor_of(request), public_id)
    headers = {"Content-Disposition": f'attachment; filename="vigie-hashes-{public_id}.txt"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _rows(actor: Actor) -> list[dict[str, Any]]:
    found = queries.submissions(actor)
    compared = queries.comparisons(actor, [one.id for one in found if not one.is_own])
    return [{**_row(one), "comparison": compared.get(one.id)} for one in found]


def _row(one: SubmissionView) -> dict[str, Any]:
    return {
        "submission": one,
        "code": f"P-{one.id.hex[-6:].upper()}",
        "said": OPINIONS[one.opinion.opinion] if one.opinion else "",
    }


def _may(actor: Actor, permission: Permission) -> bool:
    return policy.may(actor, permission, context.now()) is None
