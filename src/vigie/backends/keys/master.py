"""The master key of a key folder: 256 random bits, sealed once under a passphrase and once under a recovery key.

`master.json` holds two slots. Each has the salt and parameters of its key derivation (scrypt, RFC 7914, for the
passphrase; HKDF-SHA256 for the recovery key, which has entropy enough) and the master key under AES-256-GCM, with
the rest of the slot as associated data. Losing the file closes every country: it belongs in the backup.
"""

import json
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from vigie.backends.blobs.durable import replace_file
from vigie.backends.keys.provider import KeyProviderError

KEY_BYTES = 32
_NONCE_BYTES = 12
_SALT_BYTES = 16
_FORMAT = "vigie-keys/1"
_Secret = TypeVar("_Secret", str, bytes)


class KeyStoreDamaged(KeyProviderError):  # noqa: N818 - says what is so
    """The folder's `master.json` is missing or cannot be read: no key opens until it is restored."""


class KeyStoreExists(KeyProviderError):  # noqa: N818 - says what is so
    """The folder holds keys already; a new master key would close them for good."""


class WrongPassphrase(KeyProviderError):  # noqa: N818 - says what happened
    """The passphrase is not the one the master key is sealed with."""


class WrongRecoveryKey(KeyProviderError):  # noqa: N818 - says what happened
    """It is a recovery key, but not the one of this folder."""


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """What trying one passphrase costs: by default 128 MiB and about half a second (OWASP, password storage)."""

    n: int = 1 << 17
    r: int = 8
    p: int = 1


def seal(key: bytes, plain: bytes, associated: bytes) -> bytes:
    """Return a random nonce and `plain` under AES-256-GCM, 28 bytes longer."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, associated)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """Return what was sealed, or None when key, bytes or associated data are not those it was sealed with."""
    if len(sealed) < _NONCE_BYTES:
        return None
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
    except InvalidTag:
        return None


def canonical(facts: dict[str, Any]) -> bytes:
    """Return the one spelling of what a file says beside its sealed part."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


class MasterFile:
    """The two slots of a `master.json`, and the day the recovery key was last tried."""

    def __init__(self, path: Path, facts: dict[str, Any]) -> None:
        self._path = path
        self._facts = facts

    @classmethod
    def new(cls, path: Path) -> "MasterFile":
        """Return a file without slots, not yet written; `KeyStoreExists` when there is one."""
        if path.exists():
            raise KeyStoreExists(f"{path} is there already; it was left as it is")
        return cls(path, {"format": _FORMAT, "recovery_checked": None, "slots": {}})

    @classmethod
    def read(cls, path: Path) -> "MasterFile":
        """Return the file as it stands; `KeyStoreDamaged` when it cannot be read."""
        try:
            facts = json.loads(path.read_bytes())
            if facts["format"] != _FORMAT:
                raise KeyStoreDamaged(f"{path} has the format {facts['format']}, not {_FORMAT}")
            if not {"passphrase", "recovery"} <= facts["slots"].keys():
                raise KeyStoreDamaged(f"{path} lacks a slot")
            file = cls(path, facts)
            _ = file.recovery_checked  # a date that cannot be read is damage like any other
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise KeyStoreDamaged(f"{path} cannot be read: {error}") from error
        return file

    def write(self) -> None:
        """Put the file on disk, at once and durably, mode 0600."""
        replace_file(self._path, json.dumps(self._facts, indent=1).encode())

    @property
    def recovery_checked(self) -> datetime | None:
        """When the recovery key was last typed in and found right (UTC)."""
        checked = self._facts["recovery_checked"]
        return None if checked is None else datetime.fromisoformat(checked)

    @recovery_checked.setter
    def recovery_checked(self, at: datetime | None) -> None:
        self._facts["recovery_checked"] = None if at is None else at.isoformat()

    def set_passphrase(self, master: bytes, passphrase: str, cost: ScryptCost) -> None:
        """Seal the master key under a passphrase, instead of the one before."""
        if not passphrase:
            raise ValueError("the passphrase is empty")
        slot = {"kdf": "scrypt", "n": cost.n, "r": cost.r, "p": cost.p, "salt": os.urandom(_SALT_BYTES).hex()}
        self._fill("passphrase", slot, _from_passphrase(slot, passphrase), master)

    def set_recovery(self, master: bytes, secret: bytes) -> None:
        """Seal the master key under a recovery key, instead of the one before; it is unchecked again."""
        slot = {"kdf": "hkdf-sha256", "salt": os.urandom(_SALT_BYTES).hex()}
        self._fill("recovery", slot, _from_recovery(slot, secret), master)
        self.recovery_checked = None

    def open_with_passphrase(self, passphrase: str) -> bytes:
        """Return the master key; `WrongPassphrase` otherwise."""
        master = self._open("passphrase", _from_passphrase, passphrase)
        if master is None:
            raise WrongPassphrase("this is not the passphrase of the key folder")
        return master

    def open_with_recovery(self, secret: bytes) -> bytes:
        """Return the master key; `WrongRecoveryKey` otherwise."""
        master = self._open("recovery", _from_recovery, secret)
        if master is None:
            raise WrongRecoveryKey(
                "this recovery key belongs to another key folder, or to an older state of it"
            )
        return master

    def _fill(self, name: str, slot: dict[str, Any], key: bytes, master: bytes) -> None:
        self._facts["slots"][name] = {**slot, "sealed": seal(key, master, _bound(name, slot)).hex()}

    def _open(
        self, name: str, derive: Callable[[dict[str, Any], _Secret], bytes], secret: _Secret
    ) -> bytes | None:
        slot = dict(self._facts["slots"][name])
        try:
            sealed = bytes.fromhex(slot.pop("sealed"))
            return unseal(derive(slot, secret), sealed, _bound(name, slot))
        except (ValueError, LookupError, TypeError, MemoryError) as error:
            raise KeyStoreDamaged(f"the {name} slot of {self._path} cannot be read: {error}") from error


def _bound(name: str, slot: dict[str, Any]) -> bytes:
    return canonical({"format": _FORMAT, "slot": name, **slot})


def _from_passphrase(slot: dict[str, Any], passphrase: str) -> bytes:
    # NFKC: the same passphrase typed on another keyboard must give the same bytes.
    typed = unicodedata.normalize("NFKC", passphrase).encode()
    salt = bytes.fromhex(slot["salt"])
    return Scrypt(salt=salt, length=KEY_BYTES, n=slot["n"], r=slot["r"], p=slot["p"]).derive(typed)


def _from_recovery(slot: dict[str, Any], secret: bytes) -> bytes:
    salt = bytes.fromhex(slot["salt"])
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"vigie recovery key 1").derive(secret)
