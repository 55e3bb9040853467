"""The room `intake` as a Django application."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Submissions: manifests, uploads, and what becomes of each file."""

    name = "vigie.rooms.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"
