"""How people of a demonstration confirm who they are: they have no password, so a press is enough."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from vigie.rooms.accounts.adapter import AccountAdapter


class DemoAccountAdapter(AccountAdapter):
    """Leads whoever needs a fresh sign-in to the demonstration's own page."""

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """The press of a button, and nothing else: nobody here has another way."""
        if not user.is_authenticated:
            return []
        return [
            {"id": "demo", "description": _("Confirm without a password"), "url": reverse("demo:confirm")}
        ]
