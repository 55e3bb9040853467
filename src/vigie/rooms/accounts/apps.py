"""The room `accounts` as a Django application."""

from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest


class AccountsConfig(AppConfig):
    """People: sign-in, roles, and the certificate without which no media opens."""

    name = "vigie.rooms.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Every completed sign-in leaves its line in the log, and its session says since when it is open."""
        from django.contrib.auth.signals import user_logged_in

        user_logged_in.connect(_note_sign_in, dispatch_uid="vigie.sign-in")


def _note_sign_in(request: HttpRequest, user: Any, **_: Any) -> None:
    """Called after password and second factor; runs outside any actor's block: sign-in routes have none."""
    from allauth.account.authentication import get_authentication_records

    from vigie.kernel.actors import utc_now
    from vigie.rooms.accounts.adapter import note_sign_in
    from vigie.rooms.accounts.sessions import begin

    begin(request.session, now=utc_now(), headers=request.headers)
    methods = sorted({str(record["method"]) for record in get_authentication_records(request, user)})
    note_sign_in(user, method="+".join(methods) or "session")
