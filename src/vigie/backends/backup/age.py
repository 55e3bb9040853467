"""What a backup keeps beside sealed objects is an age file to named recipients; nothing plain touches a disk.

Source: https://c2sp.org/age. The ordinary `age` program opens these files, should this one be lost.
"""

import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO, TypeAlias, cast

import pyrage
from pyrage import passphrase as by_passphrase
from pyrage import x25519

Identity: TypeAlias = x25519.Identity
_SECRET = "AGE-SECRET-KEY-1"  # noqa: S105 - how the public text form of an identity begins
_ARMOUR = b"-----BEGIN AGE ENCRYPTED FILE-----"


class RecipientRefused(ValueError):  # noqa: N818 - says what it is
    """The text is no age recipient (`age1…`)."""


class IdentityRefused(ValueError):  # noqa: N818 - says what it is
    """The file holds no age identity, or its passphrase is another one."""


class SealRefused(Exception):  # noqa: N818 - says what happened
    """The age file was changed or cut, or is for somebody else: what was read of it is to be thrown away."""


class Through:
    """A stream that counts and digests what passes, and keeps the error of the disk that age would hide."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.bytes = 0
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Hand on and note; the disk's error is kept."""
        try:
            self._stream.write(data)
        except OSError as error:
            self.error = error
            raise
        self._note(data)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Read and note."""
        data = self._stream.read(size)
        self._note(data)
        return data

    def flush(self) -> None:
        """Hand on what is held back."""
        self._stream.flush()

    @property
    def sha256(self) -> str:
        """Of everything that passed, hexadecimal."""
        return self._digest.hexdigest()

    def _note(self, data: bytes) -> None:
        self._digest.update(data)
        self.bytes += len(data)


def recipients_of(texts: Iterable[str]) -> list[x25519.Recipient]:
    """Return the recipients of these texts; `RecipientRefused` naming the first that is none."""
    found = []
    for text in texts:
        try:
            found.append(x25519.Recipient.from_str(text.strip()))
        except pyrage.RecipientError as error:
            raise RecipientRefused(f"{text!r} is no age recipient: one begins with age1") from error
    return found


def identity_made(passphrase: str) -> tuple[str, bytes]:
    """Return a new identity: its recipient, to be named by backups, and the file to keep, sealed by the passphrase."""
    if not passphrase:
        raise ValueError("the passphrase is empty")
    identity = x25519.Identity.generate()
    return str(identity.to_public()), by_passphrase.encrypt(f"{identity}\n".encode(), passphrase)


def opened_identity(file: bytes, passphrase: Callable[[], str]) -> Identity:
    """Return the identity in this file, asking for its passphrase when it has one; `IdentityRefused`."""
    text = file
    if not file.lstrip().startswith((_SECRET.encode(), b"#")):
        if file.startswith(_ARMOUR):
            raise IdentityRefused("the identity is an armoured file: give it as `age --decrypt` writes it")
        try:
            text = by_passphrase.decrypt(file, passphrase())
        except (pyrage.DecryptError, OSError) as error:
            raise IdentityRefused(
                "the identity does not open: another passphrase, or another file"
            ) from error
    for line in text.decode("ascii", "replace").splitlines():
        if line.startswith(_SECRET):
            try:
                return x25519.Identity.from_str(line.strip())
            except pyrage.IdentityError:
                break
    raise IdentityRefused("the file holds no age identity")


def seal(source: BinaryIO, out: BinaryIO, recipients: Sequence[x25519.Recipient]) -> tuple[int, str]:
    """Everything of `source` stands in `out`, for these recipients; returns the bytes written and their SHA-256.

    `OSError` of the disk passes as it is.
    """
    through = Through(out)
    try:
        pyrage.encrypt_io(cast("Any", source), cast("Any", through), list(recipients))
    except (pyrage.EncryptError, OSError) as error:
        if through.error is not None:
            raise through.error from error
        raise
    out.flush()
    return through.bytes, through.sha256


def unseal(sealed: BinaryIO, out: BinaryIO, identity: Identity) -> tuple[int, str]:
    """The plaintext stands in `out`; returns bytes and SHA-256 of the sealed form as it was read. `SealRefused`.

    Pieces reach `out` only after their tag was checked; a cut shows at the end.
    """
    through, written = Through(sealed), Through(out)
    try:
        pyrage.decrypt_io(cast("Any", through), cast("Any", written), [identity])
    except (pyrage.DecryptError, OSError) as error:
        if written.error is not None:
            raise written.error from error
        raise SealRefused(f"it does not open: {error}") from error
    while through.read(1 << 20):  # so that the digest is that of the whole file
        pass
    return through.bytes, through.sha256


def seal_bytes(plain: bytes, out: BinaryIO, recipients: Sequence[x25519.Recipient]) -> tuple[int, str]:
    """`plain` stands in `out`, as `seal` does."""
    return seal(io.BytesIO(plain), out, recipients)


def unseal_bytes(sealed: bytes, identity: Identity) -> bytes:
    """Return the plaintext, whole or not at all; `SealRefused`."""
    out = io.BytesIO()
    unseal(io.BytesIO(sealed), out, identity)
    return out.getvalue()
