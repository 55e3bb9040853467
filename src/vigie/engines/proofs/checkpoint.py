"""Signed checkpoints of a log: C2SP signed-note and tlog-checkpoint, with Ed25519 keys.

Sources: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint.
"""

import re
from dataclasses import dataclass

from .keys import KEY_ID_BYTES, SigningKey, VerifierKey, decode, encode, is_key_name
from .tree import EMPTY_ROOT, HASH_BYTES

_DASH = "\N{EM DASH} "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
# C2SP asks for a limit that lets at least 16 signatures through; post-quantum ones are up to 5 kB each.
_NOTE_CHARACTERS = 128 * 1024


class CheckpointRefused(ValueError):  # noqa: N818 - says what it is
    """The text is not a checkpoint, or not one signed by the key it was checked against."""


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
        return "".join(f"{line}\n" for line in (self.origin, self.size, encode(self.root), *self.extensions))

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
    root = decode(encoded_root)
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
    return f"{_DASH}{signed.name} {encode(signed.key_id + signed.signature)}\n"


def parse_signature(line: str) -> NoteSignature:
    """Return the signature of one line of a signed note; `CheckpointRefused` for any other line."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    blob = decode(encoded)
    if not line.startswith(_DASH) or not is_key_name(name) or blob is None or len(blob) <= KEY_ID_BYTES:
        raise CheckpointRefused("a signature line is a dash, a name and the base64 of key id and signature")
    return NoteSignature(name, blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])
