"""Any text signed with a log's key: C2SP signed-note (https://c2sp.org/signed-note), Ed25519."""

from vigie.engines.proofs.checkpoint import CheckpointRefused, NoteSignature, parse_signature, signature_line
from vigie.engines.proofs.keys import SigningKey, VerifierKey

_MOST_CHARACTERS = 64 * 1024 * 1024
"""A certificate names every erased content: a million ids of 40 characters fit."""


def sign_note(text: str, key: SigningKey) -> str:
    """Return the text with an empty line and the key's signature behind it.

    ValueError for a text that does not end in a newline, or holds an empty line or a control character.
    """
    _require_text(text)
    return f"{text}\n{signature_line(NoteSignature(key.name, key.verifier.key_id, key.sign(text.encode())))}"


def open_note(note: str, key: VerifierKey) -> str:
    """Return the text of a signed note that `key` signed; `CheckpointRefused` otherwise.

    Signatures of other keys are passed over, as C2SP asks.
    """
    body, separator, signed = note.rpartition("\n\n")
    lines = signed.split("\n")
    if not separator or lines.pop() or not lines or len(note) > _MOST_CHARACTERS:
        raise CheckpointRefused("a signed note is a text, an empty line and signature lines")
    text = f"{body}\n"
    if not _may_be_signed(text):
        raise CheckpointRefused("the text of a signed note has lines, none of them empty or odd")
    signatures = [parse_signature(line) for line in lines]
    ours = [one.signature for one in signatures if (one.name, one.key_id) == (key.name, key.key_id)]
    if not ours:
        raise CheckpointRefused("the note carries no signature of the key")
    if not all(key.verifies(text.encode(), signature) for signature in ours):
        raise CheckpointRefused("the signature does not belong to the text")
    return text


def _require_text(text: str) -> None:
    if not _may_be_signed(text):
        raise ValueError("a text to sign has lines, each ended by a newline, none of them empty")


def _may_be_signed(text: str) -> bool:
    lines = text.split("\n")
    return not lines.pop() and bool(lines) and all(line and line.isprintable() for line in lines)
