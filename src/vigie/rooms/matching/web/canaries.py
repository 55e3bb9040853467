"""Canaries and their alarms: for the unit's supervisors, who plant and retire them, and for the oversight body."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor, LogScope
from vigie.kernel.permissions import Permission
from vigie.rooms.matching import operations
from vigie.rooms.matching.operations.canaries import MOST_AT_ONCE
from vigie.rooms.matching.queries.canaries import alarms, canaries
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.schemas.canaries import AlarmView
from vigie.rooms.requests import actor_of
from vigie.rooms.units.queries import legal_bases

LEVELS = (
    (Level.CONTACT_ONLY, gettext_lazy("They know that you hold it, and your desk. Nothing else.")),
    (Level.SILENT, gettext_lazy("They were told nothing.")),
    (Level.FULL, gettext_lazy("They see your item and its facts.")),
)


class CanaryForm(forms.Form):
    """What planting asks."""

    number = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=MOST_AT_ONCE, initial=3
    )
    level = forms.ChoiceField(
        label=gettext_lazy("What whoever asks is told"),
        choices=[(level.value, label) for level, label in LEVELS],
    )
    legal_basis = forms.ChoiceField(label=gettext_lazy("Legal basis"))
    note = forms.CharField(
        label=gettext_lazy("Where you put them"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "For yourself: which list or package the hashes go into, so that an alarm says where it leaked."
        ),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        """Offers the legal bases of the actor's country."""
        super().__init__(*args, **kwargs)
        field = self.fields["legal_basis"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(basis.code, basis.label) for basis in legal_bases(actor)]


@require_http_methods(["GET", "POST"])
def canary_page(request: HttpRequest) -> HttpResponseBase:
    """Alarms, canaries and, for a supervisor, the form that plants more."""
    actor = actor_of(request)
    may_plant = policy.may(actor, Permission.MATCH_CANARY_PLANT, context.now()) is None
    form = CanaryForm(actor, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        planted = operations.plant_canaries(
            actor,
            number=given["number"],
            level=Level(given["level"]),
            legal_basis=given["legal_basis"],
            note=given["note"],
        )
        said = ngettext("%(count)s canary is planted.", "%(count)s canaries are planted.", len(planted))
        messages.success(request, said % {"count": len(planted)})
        return redirect("canaries")
    shown = {
        "alarms": [{"alarm": one, "log": _log_of(actor, one)} for one in alarms(actor)],
        "canaries": canaries(actor),
        "form": form,
        "may_plant": may_plant,
        "everywhere": actor.log_scope is LogScope.INSTALLATION,
    }
    return render(request, "matching/canaries.html", shown, status=422 if form.is_bound else 200)


@require_POST
def canary_retire(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The canary answers nobody any more."""
    operations.retire_canary(actor_of(request), public_id)
    messages.success(request, _("The canary is retired; its alarms are kept."))
    return redirect("canaries")


def _log_of(actor: Actor, alarm: AlarmView) -> str:
    """Where the asker's own acts stand, for those who read every unit's log."""
    if actor.log_scope is not LogScope.INSTALLATION:
        return ""
    verb = Permission.INTAKE_FILE_SEND if alarm.by_manifest else Permission.MATCH_LOOKUP_ASK
    return f"{reverse('log')}?{urlencode({'unit': str(alarm.asker_unit), 'verb': verb.value})}"
