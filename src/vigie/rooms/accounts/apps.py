"""The room `accounts` as a Django application."""

import functools
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.http import HttpRequest


class AccountsConfig(AppConfig):
    """People: sign-in, roles, and the certificate without which no media opens."""

    name = "vigie.rooms.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    @functools.cached_property
    def proxy_secret(self) -> str:
        """What the reverse proxy proves itself with; SetupProblem when it cannot be read."""
        from vigie.config.credentials import read_given_secret

        chosen = settings.VIGIE.client_certificates
        assert chosen is not None  # asked only where a proxy is named
        return read_given_secret(chosen.secret_file, chosen.secret_credential, what="The secret of the proxy")

    def provider_secret(self, name: str) -> str:
        """What this installation proves itself with at a provider; SetupProblem when it cannot be read."""
        from vigie.config.credentials import read_given_secret

        chosen = settings.VIGIE.providers[name]
        what = f"The secret of the provider {name}"
        return read_given_secret(chosen.secret_file, chosen.secret_credential, what=what)

    def ready(self) -> None:
        """Every sign-in and every change of a second factor leaves its line in the log."""
        from allauth.mfa import signals
        from django.contrib.auth.signals import user_logged_in

        signals.authenticator_added.connect(_note_added, dispatch_uid="vigie.factor-added")
        signals.authenticator_removed.connect(_note_removed, dispatch_uid="vigie.factor-removed")
        signals.authenticator_reset.connect(_note_reset, dispatch_uid="vigie.factor-reset")
        user_logged_in.connect(_note_sign_in, dispatch_uid="vigie.sign-in")


def _note_sign_in(request: HttpRequest, user: Any, **_: Any) -> None:
    """Called after password and second factor; runs outside any actor's block: sign-in routes have none."""
    from allauth.account.authentication import get_authentication_records

    from vigie.rooms.accounts.adapter import begin_session, note_sign_in

    begin_session(request)
    methods = sorted({str(record["method"]) for record in get_authentication_records(request, user)})
    note_sign_in(user, method="+".join(methods) or "session")


def _note_added(request: HttpRequest, authenticator: Any, **_: Any) -> None:
    _note_factor(request, "added", authenticator)


def _note_removed(request: HttpRequest, authenticator: Any, **_: Any) -> None:
    _note_factor(request, "removed", authenticator)


def _note_reset(request: HttpRequest, authenticator: Any, **_: Any) -> None:
    _note_factor(request, "renewed", authenticator)


def _note_factor(request: HttpRequest, change: str, authenticator: Any) -> None:
    from vigie.rooms.accounts.adapter import note_factor

    note_factor(request, change=change, factor=str(authenticator.type))
