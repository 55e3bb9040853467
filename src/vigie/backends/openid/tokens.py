"""Identity tokens: believed only when the provider's key signed them, for us, for this sign-in, now."""

import dataclasses
import json
import math
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard

import jwt

ALGORITHMS: Final = {"RSA": ("RS256", "PS256"), "EC": ("ES256", "ES384"), "OKP": ("EdDSA",)}
"""Which signatures are taken, by the family of the key: no secret shared with a provider signs, and nothing goes unsigned."""
LEAST_RSA_BITS: Final = 2048
"""Shorter RSA keys are refused (RFC 7518, section 3.3)."""
SKEW_SECONDS: Final = 60
"""How far the provider's clock may be from ours (reference test 10)."""
KINDS: Final = (None, "JWT", "jwt")
"""Types of an identity token; access tokens and sign-out tokens name others (RFC 9068; OpenID Connect Back-Channel Logout)."""
LONGEST_SUBJECT: Final = 255
"""Letters of `sub` (OpenID Connect Core 1.0, section 2)."""


class AnswerRefused(Exception):  # noqa: N818 - it is told to a person, not caught as a bug
    """What came back does not hold; `reason` names the first thing that does not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in at the provider, and how it says they did."""

    subject: str
    """The provider's own name for the person, never given to another."""
    proven_at: datetime | None
    """When the person last proved there who they are (UTC); None when it does not say."""
    context: str
    """The class of the sign-in (`acr`); empty when it does not say."""
    methods: tuple[str, ...]
    """How the person proved it (`amr`)."""


def verify(
    token: str,
    keys: Sequence[Any],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    now: datetime,
) -> Identity:
    """The identity this token states; AnswerRefused when anything does not hold (OpenID Connect Core 1.0, 3.1.3.7).

    `keys` are the JSON Web Keys the provider publishes: a key named or carried by the token itself is never used.
    """
    claims = _opened(token, keys)
    if claims.get("iss") != issuer:
        raise AnswerRefused("issuer")
    _meant_for(claims, client_id)
    said = claims.get("nonce")
    if not (isinstance(said, str) and said.isascii() and secrets.compare_digest(said, nonce)):
        raise AnswerRefused("nonce")
    _in_time(claims, now.timestamp())
    subject = claims.get("sub")
    if not _can_be_kept(subject) or not 1 <= len(subject) <= LONGEST_SUBJECT:
        raise AnswerRefused("subject")
    methods = claims.get("amr")
    return Identity(
        subject=subject,
        proven_at=_moment(claims.get("auth_time")),
        context=claims["acr"] if _can_be_kept(claims.get("acr")) else "",
        methods=tuple(filter(_can_be_kept, methods)) if isinstance(methods, list) else (),
    )


def _opened(token: str, keys: Sequence[Any]) -> dict[str, Any]:
    """The claims of a token whose signature holds."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise AnswerRefused("form") from error
    if header.get("typ") not in KINDS or "crit" in header:
        raise AnswerRefused("kind")
    key = _key_for(header, keys)
    try:
        payload = jwt.PyJWS().decode(token, key=key.key, algorithms=[header["alg"]])
        claims = json.loads(payload)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise AnswerRefused("signature") from error
    if not isinstance(claims, dict):
        raise AnswerRefused("form")
    return claims


def _key_for(header: Mapping[str, Any], keys: Sequence[Any]) -> jwt.PyJWK:
    """The one published key that may have signed this token."""
    fitting = [one for one in keys if isinstance(one, dict) and _fits(one, header)]
    if len(fitting) != 1:
        raise AnswerRefused("key")
    try:
        key = jwt.PyJWK.from_dict(fitting[0], algorithm=header["alg"])
    except jwt.PyJWTError as error:
        raise AnswerRefused("key") from error
    if fitting[0]["kty"] == "RSA" and key.key.key_size < LEAST_RSA_BITS:
        raise AnswerRefused("key")
    return key


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    """True for a signing key of the family the token's algorithm needs, of the name the token gives if it gives one."""
    algorithm = header.get("alg")
    return (
        algorithm in ALGORITHMS.get(str(key.get("kty")), ())
        and key.get("alg") in (None, algorithm)  # tuples: what a provider puts there need not be a text
        and key.get("use") in (None, "sig")
        and header.get("kid") in (None, key.get("kid"))
    )


def _meant_for(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if client_id not in named or claims.get("azp", client_id) != client_id:
        raise AnswerRefused("audience")
    if len(named) > 1 and "azp" not in claims:
        raise AnswerRefused("audience")


def _in_time(claims: Mapping[str, Any], now: float) -> None:
    """Refused is what has ended, what begins later, and what does not say both."""
    ends, made = _number(claims.get("exp")), _number(claims.get("iat"))
    if ends is None or made is None or now > ends + SKEW_SECONDS:
        raise AnswerRefused("time")
    if max(made, _number(claims.get("nbf")) or 0) > now + SKEW_SECONDS:
        raise AnswerRefused("time")


def _can_be_kept(text: object) -> TypeGuard[str]:
    """True for a text without signs no record can hold: JSON may carry NUL and halves of characters."""
    return isinstance(text, str) and text.isprintable()


def _number(value: object) -> float | None:
    """The number, if it is one that ever comes: JSON as Python reads it knows NaN and Infinity too."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _moment(value: object) -> datetime | None:
    seconds = _number(value)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
