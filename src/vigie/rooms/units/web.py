"""The directory as a page: whom to call, in which language, and what time it is there."""

import zoneinfo
from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vigie.kernel import context
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.units.queries import all_desks
from vigie.rooms.units.schemas import Desk


@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """Every unit that takes part, by country, with its desk."""
    actor = request.actor  # type: ignore[attr-defined]  # set by the ActorBlock middleware
    require(actor, Permission.UNIT_DIRECTORY_READ)
    now = context.now()
    by_country = [
        {
            "name": name,
            "contacts": [{**_contact(desk, now), "own": desk.unit == actor.unit} for desk in desks],
        }
        for name, desks in groupby(all_desks(actor), key=lambda desk: desk.country_name)
    ]
    return render(request, "units/units.html", {"countries": by_country})


def _contact(desk: Desk, now: datetime) -> dict[str, Any]:
    return {
        "name": desk.unit_name,
        "place": desk.town,
        "role": desk.desk if desk.desk != desk.unit_name else "",
        "now": f"{now.astimezone(zoneinfo.ZoneInfo(desk.time_zone)):%H:%M}",
        "hours": desk.hours,
        "languages": desk.languages,
        "phone": desk.phone,
        "email": desk.mail,
    }
