"""What every page's frame shows: who is here, in which unit, in which language and theme, what waits for them."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from vigie.kernel.actors import Actor
from vigie.kernel.context import current_or_none
from vigie.rooms.accounts.models import User

THEMES = ("auto", "light", "dark")


def shell(request: HttpRequest) -> dict[str, Any]:
    """The names `base.html` uses; counts are computed from what the viewer may see."""
    actor: Actor | None = getattr(request, "actor", None)
    user = getattr(request, "user", None)
    person = user if isinstance(user, User) else None
    theme = request.COOKIES.get("vigie_theme", "") or (person.theme if person is not None else "auto")
    return {
        "actor": actor,
        "person": person,
        "unit": _unit(person),
        "nav_counts": _counts(actor),
        "languages": settings.LANGUAGES,
        "theme": theme if theme in THEMES else "auto",
        "is_demo": settings.VIGIE_IS_DEMO,
    }


def _unit(person: User | None) -> object:
    return person.unit if person is not None else None


def _counts(actor: Actor | None) -> Mapping[str, object]:
    if actor is None or current_or_none() is None:
        return {}  # an error page is rendered after its block was rolled back: nothing may be read any more
    from vigie.interfaces.web.counts import waiting

    return waiting(actor)
