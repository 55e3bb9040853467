"""The room `series` as a Django application."""

from django.apps import AppConfig


class SeriesConfig(AppConfig):
    """Series of related items and what belongs to them."""

    name = "vigie.rooms.series"
    label = "series"
    default_auto_field = "django.db.models.BigAutoField"
