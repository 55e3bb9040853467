"""One's own access as a page: roles, certificate, review, whom to ask, and the sign-ins that work now."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.rooms.accounts import operations, queries
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.sessions import ID
from vigie.rooms.accounts.web.forms import ROLE_NAMES
from vigie.rooms.units.queries import desks


@require_GET
def my_access(request: HttpRequest) -> HttpResponse:
    """What the acting person may do and until when, who decides on it, and where they are signed in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the ActorBlock middleware
    assert isinstance(request.user, User)
    now = context.now()
    current = request.session.get(ID, "")
    joined = queries.providers_of(request.user)
    shown: dict[str, Any] = {
        "roles": [ROLE_NAMES[role] for role in sorted(actor.roles) if role in ROLE_NAMES],
        "certified_until": actor.certified_until,
        "certified": actor.certified_until is not None and actor.certified_until > now,
        "review_due": queries.review_due(request.user),
        "suspended": actor.access_until is not None and actor.access_until <= now,
        "gateways": gateway_contacts(actor),
        "sessions": [
            {"is": one, "current": str(one.id) == current}
            for one in queries.sessions(actor, actor.id, now=now)
        ],
        "providers": [one.name for key, one in settings.VIGIE.providers.items() if key in joined],
        "has_password": request.user.has_usable_password(),
        "idle": settings.VIGIE_SESSION_IDLE_SECONDS // 60,
        "hours": settings.VIGIE.session_hours,
    }
    return render(request, "accounts/access.html", shown)


@require_POST
def end_session(request: HttpRequest) -> HttpResponseBase:
    """One of the acting person's sign-ins has ended."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the ActorBlock middleware
    try:
        session = uuid.UUID(request.POST.get("session", ""))
    except ValueError as error:
        raise NotFound from error
    operations.end_session(actor, session=session)
    messages.success(request, _("The sign-in has ended."))
    return redirect("my_access")


def gateway_contacts(actor: Actor) -> list[dict[str, str]]:
    """The desks that answer for the actor's national gateway, as `ui/contact.html` takes them."""
    found = desks(actor, queries.gateway_units(actor.country, now=context.now()))
    return [
        {
            "name": one.unit_name,
            "place": ", ".join(part for part in (one.town, one.country_name) if part),
            "hours": one.hours,
            "languages": one.languages,
            "phone": one.phone,
            "email": one.mail,
        }
        for one in found.values()
    ]
