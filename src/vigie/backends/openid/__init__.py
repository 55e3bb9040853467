"""The way to a sign-in provider: OpenID Connect's authorisation code flow, and tokens that are verified whole."""

from vigie.backends.openid.client import (
    Asked,
    Endpoints,
    ProviderAway,
    authorization_address,
    discover,
    open_http,
    redeem,
)
from vigie.backends.openid.tokens import AnswerRefused, Identity, verify

__all__ = [
    "AnswerRefused",
    "Asked",
    "Endpoints",
    "Identity",
    "ProviderAway",
    "authorization_address",
    "discover",
    "open_http",
    "redeem",
    "verify",
]
