"""Clear pictures over HTTP: a reason first, then one picture at a time, never kept by the browser."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from vigie.kernel import context
from vigie.kernel.errors import Invalid
from vigie.rooms.media import operations, queries
from vigie.rooms.media.schemas import ClearReason
from vigie.rooms.requests import actor_of

COUNTS_FOR = timedelta(minutes=15)
"""How long a stated reason opens one picture: a reason is given for a piece of work, not for a day."""
_SESSION = "vigie_reasons"
_LONGEST_NOTE = 500


@require_POST
def reason(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The reason for opening this picture is kept with the person's session for a quarter of an hour.

    Nothing is opened by it: each look asks the four gates again, and its line in the log carries this reason.
    """
    actor = actor_of(request)
    queries.content(actor, public_id)
    code, note = request.POST.get("reason", ""), request.POST.get("text", "").strip()
    if code not in set(ClearReason):
        raise Invalid(_("Choose a reason from the list."))
    given = {"code": code, "note": note[:_LONGEST_NOTE], "at": context.now().isoformat()}
    request.session[_SESSION] = {**_standing(request), str(public_id): given}
    return JsonResponse({})


@require_GET
def clear(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The picture as a JPEG rebuilt from its pixels, for a stated reason and after a fresh sign-in only."""
    given = _standing(request).get(str(public_id), {})
    picture = operations.clear_view(
        actor_of(request), public_id, given.get("code", ""), given.get("note", "")
    )
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
    return HttpResponse(picture, content_type="image/jpeg", headers=headers)


def _standing(request: HttpRequest) -> dict[str, Any]:
    """The reasons of this session that still count; token requests have none and state none."""
    kept: dict[str, Any] = request.session.get(_SESSION, {})
    oldest = context.now() - COUNTS_FOR
    return {one: given for one, given in kept.items() if datetime.fromisoformat(given["at"]) > oldest}
