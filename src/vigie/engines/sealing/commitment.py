"""Binding a wrapped data key to the one key it stands for."""

import hashlib
import hmac

_PURPOSE = b"vigie data key commitment 1"


def commitment(key: bytes) -> bytes:
    """Return 32 bytes that fit this data key only and tell nothing of it: HMAC-SHA256 under the key itself.

    AES-GCM does not commit to its key: one ciphertext can be made to open under two keys, to different texts
    (Dodis, Grubbs, Ristenpart, Woodage 2018, "Fast Message Franking"). Kept beside the wrapped key, this shows it.
    """
    return hmac.digest(key, _PURPOSE, hashlib.sha256)


def is_committed(key: bytes, expected: bytes) -> bool:
    """Return whether `expected` is the commitment of `key`, in constant time."""
    return hmac.compare_digest(commitment(key), expected)
