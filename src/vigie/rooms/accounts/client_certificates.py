"""Behind which client certificate a request came: what the proxy says of it, and what the sign-in was opened behind."""

import secrets
import uuid
from datetime import datetime
from ipaddress import ip_address

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from vigie.config.doors import ClientCertificateSettings
from vigie.engines.formats.certificates import fingerprint_of
from vigie.rooms.accounts.queries import PLUMBING, certificate_of_token
from vigie.rooms.accounts.rules import comes_in
from vigie.rooms.accounts.sessions import BEHIND
from vigie.rooms.units.queries import is_registered

PROVES_PROXY = "Vigie-Proxy"
"""The field in which a proxy sends the secret it shares with this installation."""
OTHER_CERTIFICATE_CODE = "client-certificate"
"""How the refusal is called in the log and in answers."""
OTHER_CERTIFICATE = gettext_lazy(
    "This sign-in does not belong behind the client certificate it came with. Nothing is lost: sign in again from your "
    "own network, or ask your gateway whether its client certificate is registered."
)


def presented(request: HttpRequest) -> str:
    """SHA-256 of the client certificate this request came behind; empty when none did, or nobody's word for it counts."""
    chosen: ClientCertificateSettings | None = settings.VIGIE.client_certificates
    if chosen is None or not _is_from_proxy(request, chosen):
        return ""
    return fingerprint_of(request.headers.get(chosen.header, "")) or ""


def may_open(request: HttpRequest, *, unit: uuid.UUID, country: str, now: datetime) -> bool:
    """True when somebody of this unit may sign in behind the certificate of this request."""
    found = presented(request)
    return _holds(found, bound=found, unit=unit, country=country, now=now)


def may_go_on(request: HttpRequest, *, unit: uuid.UUID, country: str, token: str, now: datetime) -> bool:
    """True when the sign-in behind this request was opened behind the same certificate, which still counts.

    The sign-in is that of the token, or for an empty one the session.
    """
    if settings.VIGIE.client_certificates is None:
        return True
    bound = certificate_of_token(token) if token else request.session.get(BEHIND, "")
    return _holds(presented(request), bound=bound, unit=unit, country=country, now=now)


def _holds(found: str, *, bound: str, unit: uuid.UUID, country: str, now: datetime) -> bool:
    chosen: ClientCertificateSettings | None = settings.VIGIE.client_certificates
    required = chosen is not None and country in chosen.required
    return comes_in(
        required=required,
        presented=found,
        bound=bound,
        registered=required and is_registered(found, unit=unit, country=country, now=now, alias=PLUMBING),
    )


def _is_from_proxy(request: HttpRequest, chosen: ClientCertificateSettings) -> bool:
    """True when the connection comes from a proxy's address and, where one is shared, with its secret."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    if address not in chosen.proxies:
        return False
    if not chosen.has_secret:
        return True
    expected: str = apps.get_app_config("accounts").proxy_secret  # type: ignore[attr-defined]  # AccountsConfig's
    return secrets.compare_digest(request.headers.get(PROVES_PROXY, "").encode(), expected.encode())
