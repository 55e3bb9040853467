"""The room `partners` as a Django application."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """What partner organisations submit, and the opinions on it."""

    name = "vigie.rooms.partners"
    label = "partners"
    default_auto_field = "django.db.models.BigAutoField"
