"""What is said to a provider: where its addresses are, where a browser is led, and a code exchanged for an identity."""

import base64
import dataclasses
import hashlib
import ssl
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from vigie.backends.openid.tokens import AnswerRefused, Identity, verify
from vigie.config.doors import ProviderSettings, is_guarded_address

WELL_KNOWN = "/.well-known/openid-configuration"
LARGEST_ANSWER = 256 * 1024
"""Bytes; a provider's description and its keys have a few thousand."""
_SECONDS = httpx.Timeout(10, connect=5)


class ProviderAway(Exception):  # noqa: N818 - it is told to a person, not caught as a bug
    """The provider does not answer, or not as it should; nothing was sent to it that matters."""


@dataclasses.dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is asked for what, as it describes itself."""

    authorization: str
    token: str
    keys: str
    takes_basic: bool
    """Whether the client's secret travels in the field `Authorization`, rather than in the body."""
    names_itself: bool
    """Whether its answers to browsers name it (RFC 9207)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The random values of one sign-in, kept until its answer comes."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


def open_http(chosen: ProviderSettings) -> httpx.Client:
    """A client that verifies the provider's certificate, follows no redirect and passes no proxy of the environment."""
    authorities = str(chosen.authorities) if chosen.authorities is not None else None
    return httpx.Client(
        verify=ssl.create_default_context(cafile=authorities),
        follow_redirects=False,
        timeout=_SECONDS,
        trust_env=False,
        headers={"Accept": "application/json"},
    )


def discover(http: httpx.Client, chosen: ProviderSettings) -> Endpoints:
    """The provider's addresses; ProviderAway when it does not answer.

    AnswerRefused when it describes another issuer than the settings name (OpenID Connect Discovery 1.0, section 4.3), or
    addresses that are not guarded.
    """
    said = _json(http, "GET", chosen.issuer.rstrip("/") + WELL_KNOWN)
    if said.get("issuer") != chosen.issuer:
        raise AnswerRefused("issuer-description")
    authorization, token, keys = (
        str(said.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    )
    if not all(map(is_guarded_address, (authorization, token, keys))):
        raise AnswerRefused("address-description")
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Endpoints(
        authorization=authorization,
        token=token,
        keys=keys,
        takes_basic=isinstance(methods, list) and "client_secret_basic" in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def authorization_address(
    endpoints: Endpoints, chosen: ProviderSettings, asked: Asked, *, again: bool
) -> str:
    """Where the browser is led; `again` demands that the person proves anew who they are, whatever cookie they have."""
    query = {
        "response_type": "code",
        "scope": "openid",
        "client_id": chosen.client_id,
        "redirect_uri": asked.redirect_uri,
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": _challenge(asked.verifier),
        "code_challenge_method": "S256",
    }
    if chosen.second_factor_acr:
        query["acr_values"] = " ".join(chosen.second_factor_acr)
    if again:
        query |= {"prompt": "login", "max_age": "0"}
    joint = "&" if urlsplit(endpoints.authorization).query else "?"
    return f"{endpoints.authorization}{joint}{urlencode(query)}"


def redeem(
    http: httpx.Client,
    endpoints: Endpoints,
    chosen: ProviderSettings,
    asked: Asked,
    *,
    secret: str,
    code: str,
    now: datetime,
) -> Identity:
    """Who signed in, from the code the browser brought; AnswerRefused for a code or a token that does not hold.

    Nothing else the provider gives is read: no access token, no facts about the person.
    """
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": asked.redirect_uri,
        "code_verifier": asked.verifier,
    }
    if endpoints.takes_basic:
        answer = _json(http, "POST", endpoints.token, data=body, auth=(chosen.client_id, secret))
    else:
        proof = {"client_id": chosen.client_id, "client_secret": secret}
        answer = _json(http, "POST", endpoints.token, data=body | proof)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise AnswerRefused("no-token")
    keys = _json(http, "GET", endpoints.keys).get("keys")
    return verify(
        token,
        keys if isinstance(keys, list) else [],
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        nonce=asked.nonce,
        now=now,
    )


def _challenge(verifier: str) -> str:
    """The proof of a code's origin that may be seen (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _json(http: httpx.Client, method: str, address: str, **options: Any) -> dict[str, Any]:
    """The JSON object at an address; AnswerRefused where the provider refuses (4xx), ProviderAway for all else."""
    try:
        answer = http.request(method, address, **options)
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        ValueError,
    ) as error:  # an address httpx cannot make anything of
        raise ProviderAway(f"{address}: {error or type(error).__name__}") from error
    if method == "POST" and 400 <= answer.status_code < 500:
        raise AnswerRefused("code")
    if answer.status_code != 200 or len(answer.content) > LARGEST_ANSWER:
        raise ProviderAway(f"{address} answered {answer.status_code}")
    try:
        said = answer.json()
    except (ValueError, RecursionError) as error:
        raise ProviderAway(f"{address} answered no JSON") from error
    if not isinstance(said, dict):
        raise ProviderAway(f"{address} answered no JSON object")
    return said
