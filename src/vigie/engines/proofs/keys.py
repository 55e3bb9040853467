"""Ed25519 keys of logs and witnesses in the text forms of golang.org/x/mod/sumdb/note ("vkey" and "skey").

A log's key has type 0x01 and signs the note's text (https://c2sp.org/signed-note); a witness's has type 0x04 and signs
the text behind a header with the time (https://c2sp.org/tlog-cosignature). The type is part of the key's id and of
its text, so that one cannot be taken for the other.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_ID_BYTES = 4
_ED25519_BYTES = 32
_SECRET_PREFIX = "PRIVATE+KEY+"  # noqa: S105 - a label of the public text form, no secret


class KeyTextRefused(ValueError):  # noqa: N818 - says what it is
    """The text is not an Ed25519 key of the wanted type in the vkey or skey form."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a log's key: its name (the log's origin) and 32 bytes."""

    name: str
    public: bytes
    kind: ClassVar[bytes] = b"\x01"

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.public) != _ED25519_BYTES:
            raise KeyTextRefused("a key needs a name without spaces or plus signs, and 32 bytes")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key of a line `name+id+base64`; `KeyTextRefused` for anything else."""
        name, key_id, public = _parse_key(text, cls.kind)
        key = cls(name, public)
        if key.key_id.hex() != key_id:
            raise KeyTextRefused("the key's id does not belong to its name and bytes")
        return key

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, type and public key: a label, not a proof."""
        named = self.name.encode() + b"\n" + self.kind + self.public
        return hashlib.sha256(named).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode(self.kind + self.public)}"

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Return whether `signature` is this key's over `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class WitnessKey(VerifierKey):
    """The public half of a witness's key: the name of the body that looks on from outside, and 32 bytes."""

    kind: ClassVar[bytes] = b"\x04"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The secret half of a log's key; it never shows in a repr."""

    name: str
    seed: bytes = field(repr=False)
    public_half: ClassVar[type[VerifierKey]] = VerifierKey

    @classmethod
    def generate(cls, name: str) -> Self:
        """Return a fresh key of that name."""
        key = cls(name, Ed25519PrivateKey.generate().private_bytes_raw())
        _ = key.verifier  # refuses an unusable name before anything is signed with it
        return key

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key of a line `PRIVATE+KEY+name+id+base64`; `KeyTextRefused` for anything else."""
        if not text.startswith(_SECRET_PREFIX):
            raise KeyTextRefused(f"a secret key begins with {_SECRET_PREFIX}")
        name, key_id, seed = _parse_key(text.removeprefix(_SECRET_PREFIX), cls.public_half.kind)
        key = cls(name, seed)
        if key.verifier.key_id.hex() != key_id:
            raise KeyTextRefused("the key's id does not belong to its name and bytes")
        return key

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return self.public_half(self.name, self._private().public_key().public_bytes_raw())

    def secret_text(self) -> str:
        """Return the text form to be kept secret."""
        typed = encode(self.public_half.kind + self.seed)
        return f"{_SECRET_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{typed}"

    def sign(self, text: bytes) -> bytes:
        """Return the 64-byte signature over `text`."""
        return self._private().sign(text)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class WitnessSigningKey(SigningKey):
    """The secret half of a witness's key."""

    public_half: ClassVar[type[VerifierKey]] = WitnessKey


def is_key_name(name: str) -> bool:
    """Return whether the text may name a key: printable, no spaces, no plus signs."""
    return bool(name) and name.isprintable() and not any(sign.isspace() or sign == "+" for sign in name)


def encode(data: bytes) -> str:
    """Return the base64 of bytes."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes | None:
    """Return the bytes of canonical base64 only: spare bits set would give one note several spellings."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if encode(data) == text else None


def _parse_key(text: str, key_kind: bytes) -> tuple[str, str, bytes]:
    # The base64 alphabet has a plus sign of its own: only the first two separate the fields.
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    blob = decode(encoded)
    if blob is None or len(blob) != 1 + _ED25519_BYTES or blob[:1] != key_kind:
        raise KeyTextRefused(
            f"the text is not an Ed25519 key of the form name+id+base64 with type {key_kind.hex()}"
        )
    return name, key_id, blob[1:]
