"""The room `accounts` as a Django application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People: sign-in, roles, and the certificate without which no media opens."""

    name = "vigie.rooms.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
