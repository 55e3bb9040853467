"""The room `cases` as a Django application."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Cases, exhibits and the chain of custody."""

    name = "vigie.rooms.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
