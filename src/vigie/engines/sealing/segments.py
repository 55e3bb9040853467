"""The segments of the Tink streaming format AES256-GCM-HKDF-1MB: how they are laid out, sealed and opened.

Source: https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming. A sealed object is a header
(1 byte length 40, 32 bytes salt, 7 bytes nonce prefix) and segments of 1 MiB, each ending in a tag of 16 bytes;
the header counts towards the first segment and only the last one may be shorter. The segment key is
HKDF-SHA256 of the data key with the salt, and the associated data as info. A segment's nonce is the prefix,
its number as 4 bytes big endian, and a byte that is 1 for the last segment only: segments cannot be moved, left
out or cut off. An object of nothing has one segment, its tag.
"""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
HEADER_BYTES = 40
SEGMENT_BYTES = 1 << 20
TAG_BYTES = 16
PLAIN_BYTES = SEGMENT_BYTES - TAG_BYTES
"""Plaintext bytes of a full segment but the first."""
FIRST_PLAIN_BYTES = PLAIN_BYTES - HEADER_BYTES

_SALT_BYTES = 32
_PREFIX_BYTES = 7


class SealBroken(Exception):  # noqa: N818 - says what happened
    """The sealed bytes are not, or no longer, those sealed under this key for this purpose: nothing is returned."""


@dataclass(frozen=True, slots=True)
class Segments:
    """The cipher of one sealed object: segments in, segments out, by number from 0."""

    header: bytes
    _cipher: AESGCM = field(repr=False)

    @classmethod
    def fresh(cls, key: bytes, associated: bytes) -> "Segments":
        """Return the cipher of a new object, with salt and nonce prefix drawn by chance."""
        return cls._derive(bytes([HEADER_BYTES]) + os.urandom(_SALT_BYTES + _PREFIX_BYTES), key, associated)

    @classmethod
    def of(cls, header: bytes, key: bytes, associated: bytes) -> "Segments":
        """Return the cipher of the object that begins with `header`; `SealBroken` when it is not a header."""
        if len(header) != HEADER_BYTES or header[0] != HEADER_BYTES:
            raise SealBroken("the sealed object has no proper header")
        return cls._derive(header, key, associated)

    @classmethod
    def _derive(cls, header: bytes, key: bytes, associated: bytes) -> "Segments":
        if len(key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(key)}")
        salt = header[1 : 1 + _SALT_BYTES]
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=associated).derive(key)
        return cls(header, AESGCM(derived))

    def seal(self, number: int, plain: bytes, *, last: bool) -> bytes:
        """Return segment `number` sealed, tag at its end."""
        return self._cipher.encrypt(self._nonce(number, last=last), plain, None)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """Return the plaintext of segment `number`, its tag checked; `SealBroken` otherwise."""
        try:
            return self._cipher.decrypt(self._nonce(number, last=last), sealed, None)
        except InvalidTag as error:
            raise SealBroken(
                f"segment {number} was changed, moved or cut, or the key is another's"
            ) from error

    def _nonce(self, number: int, *, last: bool) -> bytes:
        return self.header[1 + _SALT_BYTES :] + number.to_bytes(4, "big") + bytes([last])
