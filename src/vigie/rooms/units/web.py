"""The directory as a page: whom to call, in which language, and what time it is there."""

import zoneinfo
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vigie.kernel import context
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.units.queries import all_desks
from vigie.rooms.units.schemas import Desk


@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """Every unit that takes part with its desk, by country and name."""
    actor = request.actor  # type: ignore[attr-defined]  # set by the ActorBlock middleware
    require(actor, Permission.UNIT_DIRECTORY_READ)
    now = context.now()
    contacts = [_contact(desk, now, own=desk.unit == actor.unit) for desk in all_desks(actor)]
    return render(request, "units/units.html", {"contacts": contacts})


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
