"""The web shell as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Base templates, template tags and static files shared by all rooms."""

    name = "vigie.interfaces.web"
    label = "web"
