"""The room `retention` as a Django application."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """Erasure and its certificates; how long records are kept, who is asked, what stops a clock."""

    name = "vigie.rooms.retention"
    label = "retention"
    default_auto_field = "django.db.models.BigAutoField"
