"""One content as a page: what it is, where the unit found it, and what readers may do onwards with it."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from vigie.kernel import context, policy
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Handling
from vigie.rooms.media import operations, queries
from vigie.rooms.media.operations.showing import veils_in_page
from vigie.rooms.media.schemas import ContentFacts
from vigie.rooms.media.schemas.handling import HANDLINGS, looser_than
from vigie.rooms.requests import actor_of
from vigie.rooms.units.queries import desk


class StricterForm(forms.Form):
    """What making one content stricter asks."""

    handling = forms.ChoiceField(label=gettext_lazy("Handling"))

    def __init__(self, now: Handling, *args: Any, **kwargs: Any) -> None:
        """Offers what is stricter than now."""
        super().__init__(*args, **kwargs)
        field = self.fields["handling"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (one.value, words.name) for one, words in HANDLINGS.items() if now.value in looser_than(one)
        ]


@require_GET
def content(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One content the person sees in full, whoever owns it."""
    actor = actor_of(request)
    found = queries.content(actor, public_id)
    return _page(request, found, StricterForm(found.handling))


@require_POST
def set_handling(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The unit's own content goes less far from now on."""
    actor = actor_of(request)
    found = queries.content(actor, public_id)
    form = StricterForm(found.handling, request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    operations.tighten_content_handling(actor, public_id, Handling(form.cleaned_data["handling"]))
    messages.success(request, _("The handling is changed. It holds from this moment on."))
    return redirect("content", public_id)


def _page(
    request: HttpRequest, found: ContentFacts, form: StricterForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    shown = {
        "content": found,
        "code": f"M-{found.public_id.hex[-6:].upper()}",
        "veil": veils_in_page(actor, [found]).get(found.public_id, ""),
        "places": queries.places(actor, found.public_id),
        "owner": desk(actor, found.owner_unit),
        "handling": HANDLINGS[found.handling],
        "form": form,
        "may_handle": found.is_own
        and policy.may(actor, Permission.MEDIA_HANDLING_TIGHTEN, context.now()) is None
        and bool(looser_than(Handling.ORIGINATOR_ONLY) & {found.handling.value}),
    }
    return render(request, "media/content.html", shown, status=status)
