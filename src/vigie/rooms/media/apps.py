"""The room `media` as a Django application."""

from django.apps import AppConfig


class MediaConfig(AppConfig):
    """Content, where it was found, its fingerprints, its renditions and who looked."""

    name = "vigie.rooms.media"
    label = "media"
    default_auto_field = "django.db.models.BigAutoField"
