"""What a country's own sign-in provider says: its description, its keys, and the tokens it signs."""

import json
import math
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from random import Random

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from fuzz.guidance import size, sources
from fuzz.reader import Reader, holds
from fuzz.shapes import json_parts
from support.jose import Signer, encoded
from vigie.backends.openid import (
    AnswerRefused,
    Asked,
    Identity,
    ProviderAway,
    client,
    discover,
    redeem,
    tokens,
)
from vigie.config.doors import ProviderSettings

_NEXT = b"\n%%\n"
_NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
_CHOSEN = ProviderSettings(
    name="P", issuer="https://id.example", client_id="vigie", secret_credential="p", country="ALV"
)
_ASKED = Asked(state="s", nonce="n-1", verifier="v" * 43, redirect_uri="https://vigie.example/back/")
_TOKENS = (
    b'"alg":"ES256"', b'"alg":["ES256"]', b'"typ":[]', b'"kid":{}', b'"kty":"EC"', b'"kty":"OKP","crv":"Ed25519"', b'"kty":"RSA","n":"","e":""', b'"crv":7', b'"use":[]', b'"crit":[]',
    b'"exp":NaN', b'"exp":Infinity', b'"exp":1e999', b'"iat":-1e999', b'"nbf":NaN', b'"auth_time":1e300', b'"nonce":"\\ud800"', b'"sub":"\\ud800"', b'"aud":[{}]', b'"azp":[]', b'"amr":[[]]', b"1" * 400, b"[" * 2000,
    b'"id_token":', b'"keys":', b'"jwks_uri":"https://id.example/k"', b'"token_endpoint":"https://[::1"', b"https://\\ud800/",
)  # fmt: skip


def readers() -> tuple[Reader, ...]:
    """A whole sign-in, told the input as what the provider says; claims are signed as they stand, so that they are read."""
    return (
        Reader(
            "provider answers", _seeds, _signed_in, declared=(AnswerRefused, ProviderAway),
            traced=sources(client, tokens), tokens=_TOKENS, shaped=json_parts(_NEXT), longest=16 * 1024,
        ),
    )  # fmt: skip


def _signer() -> Signer:
    """One whose key is always the same, so that the seeds are."""
    made = Signer("ES256", name="ec")
    made.key = ec.derive_private_key(7**50, ec.SECP256R1())
    return made


_SIGNER = _signer()


def _claims(**changes: object) -> bytes:
    now = int(_NOW.timestamp())
    said = {
        "iss": "https://id.example", "aud": "vigie", "sub": "s-1", "nonce": "n-1", "iat": now, "exp": now + 300,
        "auth_time": now - 10, "acr": "loa3", "amr": ["pwd", "otp"],
    }  # fmt: skip
    return json.dumps(said | changes).encode()


def _seeds() -> Sequence[bytes]:
    modulus = Random(1).getrandbits(2048) | 1 | 1 << 2047
    rsa = {"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": encoded(modulus.to_bytes(256)), "e": "AQAB"}  # fmt: skip
    okp = {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "alg": "EdDSA", "x": encoded(bytes(31) + b"\x09")}
    described = json.dumps(
        {
            "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/a",
            "token_endpoint": "https://id.example/t",
            "jwks_uri": "https://id.example/k",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
    ).encode()
    keys = json.dumps({"keys": [_SIGNER.public(), rsa, okp]}).encode()
    header = json.dumps({"alg": "ES256", "typ": "JWT", "kid": "ec"}).encode()
    nameless = json.dumps({"alg": "ES256"}).encode()
    several = _claims(aud=["vigie", "other"], azp="vigie", nbf=int(_NOW.timestamp()))
    return [
        _NEXT.join((described, keys, header, _claims())),
        _NEXT.join((described, keys, nameless, several)),
        _NEXT.join((described, keys, json.dumps({"id_token": _unsigned(header, "rsa")}).encode())),
        _NEXT.join((described, keys, json.dumps({"id_token": _unsigned(header, "ed")}).encode())),
    ]


def _unsigned(header: bytes, kid: str) -> str:
    said = json.loads(header) | {"kid": kid, "alg": "RS256" if kid == "rsa" else "EdDSA"}
    return f"{encoded(json.dumps(said).encode())}.{encoded(_claims())}.{encoded(bytes(64))}"


def _signed_in(data: bytes) -> Hashable:
    described, keys, *rest = (*data.split(_NEXT), b"", b"", b"")[:4]
    if len(data.split(_NEXT)) >= 4:
        said = f"{encoded(rest[0])}.{encoded(rest[1])}"
        told = json.dumps({"id_token": f"{said}.{encoded(_SIGNER.signature(said.encode()))}"}).encode()
    else:
        told = rest[0]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, content=told)
        return httpx.Response(200, content=described if "well-known" in request.url.path else keys)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        endpoints = discover(http, _CHOSEN)
        found = redeem(http, endpoints, _CHOSEN, _ASKED, secret="x", code="c", now=_NOW)
    _judged(found, rest[1])
    return "signed in", size(len(found.subject)), len(found.methods), found.proven_at is None


def _judged(found: Identity, claims: bytes) -> None:
    """Only what the key signed, for us, for this sign-in, now, is an identity, and one that can be kept."""
    said = json.loads(claims)
    holds((said["iss"], said["nonce"]) == ("https://id.example", "n-1"), "a token for another sign-in")
    for name in ("iat", "exp"):
        holds(math.isfinite(said[name]), f"a token whose {name} never comes")
    holds(said["exp"] >= _NOW.timestamp() - 60, "a token that has ended")
    holds(said["iat"] <= _NOW.timestamp() + 60, "a token that was not made yet")
    for text in (found.subject, found.context, *found.methods):
        text.encode()
        holds("\0" not in text, "a text that cannot be kept")
