"""The room `approvals` as a Django application."""

import functools
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from vigie.rooms.approvals.acts import Act


class ApprovalsConfig(AppConfig):
    """What waits for a second person: proposals, and what another person decided."""

    name = "vigie.rooms.approvals"
    label = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

    @functools.cached_property
    def acts(self) -> "dict[str, Act]":
        """The acts that take two persons, by name; filled by the rooms that perform them when the program starts."""
        return {}
