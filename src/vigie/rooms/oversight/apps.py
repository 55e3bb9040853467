"""The room `oversight` as a Django application."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Reading the log: acts as sentences, proofs of entries, no media."""

    name = "vigie.rooms.oversight"
    label = "oversight"
    default_auto_field = "django.db.models.BigAutoField"
