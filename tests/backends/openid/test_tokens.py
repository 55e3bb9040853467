"""Identity tokens: every way in which one may not hold is refused by its name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from support.jose import Signer, encoded, signed_with_text, unsigned
from vigie.backends.openid import AnswerRefused, Identity, verify

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
RSA, EC = Signer("RS256", name="rsa"), Signer("ES256", name="ec")
STRANGER = Signer("RS256", name="rsa")
DEEP = "[" * 5_000
DEEP_HEADER = f"{encoded(DEEP.encode())}.e30.x"


def claims(**changes: Any) -> dict[str, Any]:
    now = NOW.timestamp()
    made = {
        "iss": "https://id.example",
        "aud": "vigie",
        "sub": "s-1",
        "nonce": "n-1",
        "iat": now,
        "exp": now + 300,
    } | changes
    return {name: value for name, value in made.items() if value is not None}


def read(token: str, *keys: Any) -> Identity:
    published = keys or (RSA.public(), EC.public())
    return verify(token, published, issuer="https://id.example", client_id="vigie", nonce="n-1", now=NOW)


def refused(token: str, *keys: Any) -> str:
    with pytest.raises(AnswerRefused) as caught:
        read(token, *keys)
    return caught.value.reason


def test_what_the_token_states_is_read_and_nothing_else() -> None:
    facts = {"auth_time": NOW.timestamp() - 10, "acr": "loa3", "amr": ["pwd", "otp", 7], "email": "i@example"}
    found = read(RSA.token(claims(**facts)))
    assert found == Identity("s-1", datetime(2026, 11, 29, 11, 59, 50, tzinfo=UTC), "loa3", ("pwd", "otp"))


def test_what_it_does_not_state_is_not_made_up() -> None:
    assert read(EC.token(claims(acr=3, amr="mfa", auth_time="soon"))) == Identity("s-1", None, "", ())


@pytest.mark.parametrize("signer", [RSA, EC])
def test_only_the_listed_algorithms_are_taken(signer: Signer) -> None:
    assert read(signer.token(claims())).subject == "s-1"
    for algorithm in ("none", "HS256", "RS384", "RS512", "ES512", "", None, 7):
        assert refused(signer.token(claims(), alg=algorithm)) in {"key", "form"}
    assert refused(unsigned(claims())) == "key"
    assert refused(signed_with_text(claims(), b"public text", kid=signer.name)) == "key"


def test_a_key_named_inside_the_token_is_not_used() -> None:
    own = STRANGER.public()
    for header in (
        {"jwk": own},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/chain"},
        {"x5c": ["MIIB"]},
    ):
        assert refused(STRANGER.token(claims(), **header)) == "signature"


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [{}],
        ["text"],
        [None],
        [RSA.public(use="enc")],
        [RSA.public(alg="PS256")],
        [RSA.public(kid="other")],
        [RSA.public(kid=[])],
        [RSA.public(alg=["RS256"])],
        [RSA.public(use={})],
        [RSA.public(n=7)],
        [RSA.public(e=[])],
        [EC.public(kid="rsa", kty="RSA", alg="RS256")],
        [RSA.public(), RSA.public()],
        [RSA.public(n="")],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "rsa", "alg": "RS256"}],
        [Signer("RS256", name="rsa", bits=1024).public()],
    ],
)
def test_without_the_one_key_that_fits_it_is_refused(keys: list[Any]) -> None:
    assert refused(RSA.token(claims()), *(keys or [{}])) == "key"


def test_a_token_that_names_no_key_is_verified_with_the_only_one_of_its_family() -> None:
    assert read(RSA.token(claims(), kid=None)).subject == "s-1"
    assert refused(RSA.token(claims(), kid=None), RSA.public(), STRANGER.public(kid="b")) == "key"


@pytest.mark.parametrize("kind", ["at+jwt", "logout+jwt", "application/jwt", 7, [], {}])
def test_a_token_of_another_kind_is_refused(kind: Any) -> None:
    assert refused(RSA.token(claims(), typ=kind)) in {"kind", "form"}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c",
        "....",
        "\N{BLACK STAR}.x.y",
        "\ud800.x.y",
        DEEP_HEADER,
        RSA.token([1]),
        RSA.token("text"),
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refused(token) == "form"


def test_one_changed_letter_is_refused() -> None:
    token = RSA.token(claims())
    for place in (len(token.split(".")[0]) + 5, len(token) - 10):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert refused(changed) in {"signature", "form"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://id.example/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": None}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": "vigi"}, "audience"),
        ({"aud": ["vigie", "other"]}, "audience"),
        ({"aud": ["vigie", "other"], "azp": "other"}, "audience"),
        ({"azp": "other"}, "audience"),
        ({"nonce": "n-2"}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({"nonce": "\N{BLACK STAR}"}, "nonce"),
        ({"nonce": "\ud800"}, "nonce"),
        ({"exp": float("nan")}, "time"),
        ({"exp": float("inf")}, "time"),
        ({"exp": 10**400}, "time"),
        ({"iat": float("-inf")}, "time"),
        ({"exp": NOW.timestamp() - 61}, "time"),
        ({"exp": "soon"}, "time"),
        ({"exp": True}, "time"),
        ({"iat": NOW.timestamp() + 61}, "time"),
        ({"iat": None}, "time"),
        ({"nbf": NOW.timestamp() + 61}, "time"),
        ({"sub": 7}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": "a\0"}, "subject"),
        ({"sub": "a\ud800"}, "subject"),
    ],
    ids=str,
)
def test_a_claim_that_does_not_fit_is_named(changes: dict[str, Any], reason: str) -> None:
    assert refused(RSA.token(claims(**changes))) == reason


def test_two_clocks_may_be_a_minute_apart() -> None:
    late, early = NOW.timestamp() - 59, NOW.timestamp() + 59
    assert read(RSA.token(claims(exp=late))).subject == "s-1"
    assert read(RSA.token(claims(iat=early, nbf=early))).subject == "s-1"


def test_meant_for_us_among_others_needs_our_name_as_the_one_who_asked() -> None:
    assert read(RSA.token(claims(aud=["vigie", "other"], azp="vigie"))).subject == "s-1"
    assert read(RSA.token(claims(aud=["vigie"]))).subject == "s-1"


def test_a_moment_no_clock_shows_is_none() -> None:
    assert read(RSA.token(claims(auth_time=1e300))).proven_at is None


def test_words_no_record_can_hold_are_left_out() -> None:
    found = read(RSA.token(claims(acr="a\0", amr=["otp", "\ud800", "x\0"])))
    assert (found.context, found.methods) == ("", ("otp",))


def test_claims_that_never_close_are_refused() -> None:
    head = encoded(json.dumps({"alg": "RS256", "kid": "rsa"}).encode())
    said = f"{head}.{encoded(DEEP.encode())}"
    assert refused(f"{said}.{encoded(RSA.signature(said.encode()))}") == "signature"
