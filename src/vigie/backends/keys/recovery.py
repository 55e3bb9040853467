"""The recovery key: what a person writes down once and can type years later."""

import base64
import hashlib
import os

_SECRET_BYTES = 20
_CHECK_BYTES = 5
_GROUP = 5
# The alphabet of RFC 4648 has no 0, 1 and 8, so what is misread can only mean one thing.
_MISREAD = str.maketrans("018", "OIB")


class RecoveryKeyMistyped(ValueError):  # noqa: N818 - says what happened
    """The text is no recovery key: a character is wrong, missing or too many."""


def new_recovery_secret() -> bytes:
    """Return 160 random bits."""
    return os.urandom(_SECRET_BYTES)


def recovery_text(secret: bytes) -> str:
    """Return the secret as eight groups of five letters and digits, 40 of the 200 bits being a checksum."""
    letters = base64.b32encode(secret + _check(secret)).decode()
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def recovery_secret(text: str) -> bytes:
    """Return the secret of a typed recovery key, whatever its case, spaces and hyphens; `RecoveryKeyMistyped`."""
    letters = "".join(sign for sign in text.upper() if sign.isalnum()).translate(_MISREAD)
    try:
        data = base64.b32decode(letters)
    except ValueError:
        data = b""
    secret = data[:_SECRET_BYTES]
    if len(data) != _SECRET_BYTES + _CHECK_BYTES or data[_SECRET_BYTES:] != _check(secret):
        raise RecoveryKeyMistyped("this is not a recovery key: compare it with the paper, group by group")
    return secret


def _check(secret: bytes) -> bytes:
    return hashlib.sha256(b"vigie recovery key 1" + secret).digest()[:_CHECK_BYTES]
