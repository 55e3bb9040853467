"""The room `matching` as a Django application."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Answers about what others hold, candidates, notices to owners, verdicts, known lists."""

    name = "vigie.rooms.matching"
    label = "matching"
    default_auto_field = "django.db.models.BigAutoField"
