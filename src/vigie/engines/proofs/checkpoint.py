"""Signed checkpoints of a log: C2SP signed-note and tlog-checkpoint, with Ed25519 keys.

Sources: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint; the text forms of keys are those of
golang.org/x/mod/sumdb/note ("vkey" and "skey").
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .tree import EMPTY_ROOT, HASH_BYTES

_ED25519 = b"\x01"
_ED25519_BYTES = 32
_KEY_ID_BYTES = 4
_SECRET_PREFIX = "PRIVATE+KEY+"  # noqa: S105 - a label of the public text form, no secret
_DASH = "\N{EM DASH} "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
# C2SP asks for a limit that lets at least 16 signatures through; post-quantum ones are up to 5 kB each.
_NOTE_CHARACTERS = 128 * 1024


class CheckpointRefused(ValueError):  # noqa: N818 - says what it is
    """The text is not a checkpoint, or not one signed by the key it was checked against."""


class KeyTextRefused(ValueError):  # noqa: N818 - says what it is
    """The text is not an Ed25519 key in the vkey or skey form."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a log's key: its name (the log's origin) and 32 bytes."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _is_key_name(self.name) or len(self.public) != _ED25519_BYTES:
            raise KeyTextRefused("a key needs a name without spaces or plus signs, and 32 bytes")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key of a line `name+id+base64`; `KeyTextRefused` for anything else."""
        name, key_id, public = _parse_key(text)
        key = cls(name, public)
        if key.key_id.hex() != key_id:
            raise KeyTextRefused("the key's id does not belong to its name and bytes")
        return key

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, type and public key: a label, not a proof."""
        named = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encode(_ED25519 + self.public)}"

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Return whether `signature` is this key's over `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The secret half of a log's key; it never shows in a repr."""

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> Self:
        """Return a fresh key for the log of that name."""
        key = cls(name, Ed25519PrivateKey.generate().private_bytes_raw())
        _ = key.verifier  # refuses an unusable name before anything is signed with it
        return key

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key of a line `PRIVATE+KEY+name+id+base64`; `KeyTextRefused` for anything else."""
        if not text.startswith(_SECRET_PREFIX):
            raise KeyTextRefused(f"a secret key begins with {_SECRET_PREFIX}")
        name, key_id, seed = _parse_key(text.removeprefix(_SECRET_PREFIX))
        key = cls(name, seed)
        if key.verifier.key_id.hex() != key_id:
            raise KeyTextRefused("the key's id does not belong to its name and bytes")
        return key

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self._private().public_key().public_bytes_raw())

    def secret_text(self) -> str:
        """Return the text form to be kept secret."""
        return f"{_SECRET_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{_encode(_ED25519 + self.seed)}"

    def sign(self, text: bytes) -> bytes:
        """Return the 64-byte signature over `text`."""
        return self._private().sign(text)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who signed, with which key, and the signature bytes."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one size. Believe nothing of it before `verify_checkpoint`."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    signatures: tuple[NoteSignature, ...] = ()

    @property
    def text(self) -> str:
        """The signed text: origin, size, root and extension lines, each ended by a newline."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, _encode(self.root), *self.extensions))

    @property
    def note(self) -> str:
        """The whole signed note, as it is stored and handed out."""
        return f"{self.text}\n{''.join(map(signature_line, self.signatures))}"


def sign_checkpoint(size: int, root: bytes, key: SigningKey, extensions: tuple[str, ...] = ()) -> Checkpoint:
    """Return the checkpoint of the log named as the key, at `size` leaves with that root, signed."""
    bare = Checkpoint(key.name, size, root, extensions)
    signature = NoteSignature(key.name, key.verifier.key_id, key.sign(bare.text.encode()))
    signed = Checkpoint(key.name, size, root, extensions, (signature,))
    parse_checkpoint(signed.note)  # nothing leaves here that could not be read back
    return signed


def parse_checkpoint(note: str) -> Checkpoint:
    """Return the checkpoint written in a signed note, signatures unchecked; `CheckpointRefused` otherwise."""
    text, separator, signed = note.rpartition("\n\n")
    lines, signature_lines = text.split("\n"), signed.split("\n")
    if not separator or signature_lines.pop() or not signature_lines or len(note) > _NOTE_CHARACTERS:
        raise CheckpointRefused("a checkpoint is a text, an empty line and signature lines")
    if len(lines) < 3 or not all(line and line.isprintable() for line in lines + signature_lines):
        raise CheckpointRefused("a checkpoint has an origin, a size and a root, and no empty or odd lines")
    origin, size, encoded_root, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise CheckpointRefused("the second line of a checkpoint is the number of entries")
    root = _decode(encoded_root)
    if root is None or len(root) != HASH_BYTES or (size == "0" and root != EMPTY_ROOT):
        raise CheckpointRefused("the third line of a checkpoint is the base64 of a SHA-256 root")
    signatures = tuple(parse_signature(line) for line in signature_lines)
    return Checkpoint(origin, int(size), root, tuple(extensions), signatures)


def verify_checkpoint(checkpoint: Checkpoint, key: VerifierKey) -> None:
    """Return only if `key` signed the checkpoint of the log that bears its name; else `CheckpointRefused`.

    Signatures of other keys (witnesses, other key ids of the same name) are passed over, as C2SP asks.
    """
    if checkpoint.origin != key.name:
        raise CheckpointRefused(f"the checkpoint speaks for {checkpoint.origin}, the key for {key.name}")
    ours = [s.signature for s in checkpoint.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    if not ours:
        raise CheckpointRefused("the checkpoint carries no signature of the key")
    if not all(key.verifies(checkpoint.text.encode(), signature) for signature in ours):
        raise CheckpointRefused("the signature does not belong to the checkpoint")


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint of a signed note, verified; `CheckpointRefused` otherwise."""
    checkpoint = parse_checkpoint(note)
    verify_checkpoint(checkpoint, key)
    return checkpoint


def signature_line(signed: NoteSignature) -> str:
    """Return the line of a signed note that carries this signature, with its newline."""
    return f"{_DASH}{signed.name} {_encode(signed.key_id + signed.signature)}\n"


def parse_signature(line: str) -> NoteSignature:
    """Return the signature of one line of a signed note; `CheckpointRefused` for any other line."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    blob = _decode(encoded)
    if not line.startswith(_DASH) or not _is_key_name(name) or blob is None or len(blob) <= _KEY_ID_BYTES:
        raise CheckpointRefused("a signature line is a dash, a name and the base64 of key id and signature")
    return NoteSignature(name, blob[:_KEY_ID_BYTES], blob[_KEY_ID_BYTES:])


def _parse_key(text: str) -> tuple[str, str, bytes]:
    # The base64 alphabet has a plus sign of its own: only the first two separate the fields.
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    blob = _decode(encoded)
    if blob is None or len(blob) != 1 + _ED25519_BYTES or blob[:1] != _ED25519:
        raise KeyTextRefused("the text is not an Ed25519 key of the form name+id+base64")
    return name, key_id, blob[1:]


def _is_key_name(name: str) -> bool:
    return bool(name) and name.isprintable() and not any(sign.isspace() or sign == "+" for sign in name)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes | None:
    """Return the bytes of canonical base64 only: spare bits set would give one note several spellings."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _encode(data) == text else None
