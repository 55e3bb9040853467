"""What a court sees: the cases that are open to it, one of them, and an exhibit of it. It reads; nothing is asked of it."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Permission
from vigie.kernel.refusals import words
from vigie.rooms.cases import operations
from vigie.rooms.cases.schemas import OpenExhibit
from vigie.rooms.cases.web.forms import PURPOSES
from vigie.rooms.media.operations.showing import veils_in_page
from vigie.rooms.media.schemas.handling import HANDLINGS
from vigie.rooms.requests import actor_of, cursor_of
from vigie.rooms.units.queries import desk


@require_GET
def court_cases(request: HttpRequest) -> HttpResponse:
    """The cases that are open to this person of a court."""
    return render(request, "cases/court_cases.html", {"cases": operations.look_at_cases(actor_of(request))})


@require_GET
def court_case(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One of them, with its exhibits and whom to ask about it."""
    actor = actor_of(request)
    found = operations.look_at_case(actor, public_id)
    shown = {
        "case": found,
        "purpose": dict(PURPOSES).get(found.purpose, found.purpose),
        "contact": desk(actor, found.owner_unit),
    }
    return render(request, "cases/court_case.html", shown)


@require_GET
def court_exhibit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One exhibit of such a case: its chain of custody, and a page of what was found on it, veiled."""
    actor = actor_of(request)
    found = operations.look_at_exhibit(actor, public_id, after=cursor_of(request))
    against = policy.may(actor, Permission.MEDIA_VEIL_VIEW, context.now())
    shown = {
        "exhibit": found.exhibit,
        "custody": found.custody,
        "chain": found.chain,
        "rows": _rows(actor, found),
        "next": f"?after={found.after}#files" if found.after else "",
        "first": "after" not in request.GET,
        "veils_shut": words(against) if against else "",
    }
    return render(request, "cases/court_exhibit.html", shown)


def _rows(actor: Actor, found: OpenExhibit) -> list[dict[str, Any]]:
    veils = veils_in_page(actor, found.contents)
    return [
        {
            "content": one,
            "paths": found.paths.get(str(one.public_id), ()),
            "code": f"M-{one.public_id.hex[-6:].upper()}",
            "veil": veils.get(one.public_id, ""),
            "alt": _("Veiled picture"),
            "handling": HANDLINGS[one.handling],
        }
        for one in found.contents
    ]
