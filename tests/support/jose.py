"""JSON Web Signatures, written a second time with `cryptography` alone: what a provider signs, and what a forger would."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encoded(raw: bytes) -> str:
    """Base64 for addresses, without its padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Signer:
    """A signing key with its public half as a JSON Web Key."""

    def __init__(self, algorithm: str = "RS256", *, name: str = "key-1", bits: int = 2048) -> None:
        self.algorithm, self.name = algorithm, name
        self.key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = (
            rsa.generate_private_key(65537, bits)
            if algorithm == "RS256"
            else ec.generate_private_key(ec.SECP256R1())
        )

    def public(self, **changes: Any) -> dict[str, Any]:
        """The public half, as a provider publishes it."""
        common = {"kid": self.name, "use": "sig", "alg": self.algorithm}
        if isinstance(self.key, rsa.RSAPrivateKey):
            numbers = self.key.public_key().public_numbers()
            return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)} | common | changes
        point = self.key.public_key().public_numbers()
        place = {"x": encoded(point.x.to_bytes(32, "big")), "y": encoded(point.y.to_bytes(32, "big"))}
        return {"kty": "EC", "crv": "P-256"} | place | common | changes

    def token(self, claims: Any, **header: Any) -> str:
        """The claims, signed; `header` changes what the token says of itself."""
        said = {"alg": self.algorithm, "typ": "JWT", "kid": self.name} | header
        body = ".".join(
            encoded(json.dumps(part).encode())
            for part in ({name: value for name, value in said.items() if value is not None}, claims)
        )
        return f"{body}.{encoded(self.signature(body.encode()))}"

    def signature(self, text: bytes) -> bytes:
        """RS256 or ES256 over these bytes (RFC 7518, sections 3.3 and 3.4)."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def unsigned(claims: Any) -> str:
    """A token that says it needs no signature."""
    header, body = (encoded(json.dumps(part).encode()) for part in ({"alg": "none", "typ": "JWT"}, claims))
    return f"{header}.{body}."


def signed_with_text(claims: Any, text: bytes, **header: Any) -> str:
    """A token signed with HMAC, with a key everybody can read: the provider's public one."""
    said = {"alg": "HS256", "typ": "JWT"} | header
    body = ".".join(encoded(json.dumps(part).encode()) for part in (said, claims))
    return f"{body}.{encoded(hmac.new(text, body.encode(), hashlib.sha256).digest())}"
