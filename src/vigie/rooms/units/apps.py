"""The room `units` as a Django application."""

from django.apps import AppConfig


class UnitsConfig(AppConfig):
    """Countries, organisations, units, their agreements and contact desks, and the legal bases each country knows."""

    name = "vigie.rooms.units"
    label = "units"
    default_auto_field = "django.db.models.BigAutoField"
