"""A TLS certificate as it is handed on in one field or pasted into a form, and the SHA-256 it is known by."""

import base64
import binascii
import hashlib
import re
from urllib.parse import unquote

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIELD = re.compile(r":([A-Za-z0-9+/=]+):")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
LARGEST_CERTIFICATE = 16 * 1024
"""Characters a certificate may have in a field or a form; real ones have one to three thousand."""


def fingerprint_of(text: str) -> str | None:
    """The SHA-256 of the certificate in this text, 64 small hexadecimal letters; None when there is none.

    Read are the value of `Client-Cert` (RFC 9440, section 2: the DER in base64 between colons), a PEM block, also
    percent-encoded as nginx passes it, and the SHA-256 itself, with or without colons between its bytes. Whether the
    certificate holds is for the proxy to verify, before it sends anything.
    """
    if len(text) > LARGEST_CERTIFICATE:
        return None
    plain = unquote(text).strip()
    digest = plain.replace(":", "").lower()
    if _SHA256.fullmatch(digest):
        return digest
    found = _FIELD.fullmatch(plain) or _PEM.fullmatch(plain)
    if found is None:
        return None
    try:
        der = base64.b64decode("".join(found[1].split()), validate=True)
    except binascii.Error:
        return None
    return hashlib.sha256(der).hexdigest() if der[:1] == b"\x30" else None
