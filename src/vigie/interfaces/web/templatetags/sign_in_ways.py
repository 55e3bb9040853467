"""Ways in through a sign-in provider, for the pages of the door."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse

register = template.Library()


@register.simple_tag
def sign_in_providers() -> list[dict[str, str]]:
    """Return the providers one may sign in through, by name: {address, name}."""
    return _ways("provider_leave", set(settings.VIGIE.providers))


@register.simple_tag(takes_context=True)
def confirming_providers(context: dict[str, Any]) -> list[dict[str, str]]:
    """Return the providers the signed-in person may confirm with: those they are joined to."""
    if not settings.VIGIE.providers:
        return []
    from vigie.rooms.accounts.models import User  # needed by few pages, and only where there is a provider
    from vigie.rooms.accounts.queries import providers_of

    person = context["request"].user
    return _ways("provider_confirm", set(providers_of(person)) if isinstance(person, User) else set())


def _ways(route: str, names: set[str]) -> list[dict[str, str]]:
    found = [(key, one.name) for key, one in settings.VIGIE.providers.items() if key in names]
    return [
        {"address": reverse(route, args=[key]), "name": name}
        for key, name in sorted(found, key=lambda pair: pair[1])
    ]
