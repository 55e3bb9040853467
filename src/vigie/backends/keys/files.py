"""Wrapping keys in a folder: a small file each, sealed by a master key that a passphrase opens.

Whoever holds the folder and the passphrase can open everything: this provider does not separate countries.
"""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from vigie.backends.blobs.durable import make_folders, opened_folder, replace_file
from vigie.backends.keys.master import KEY_BYTES, MasterFile, ScryptCost, canonical, seal, unseal
from vigie.backends.keys.provider import (
    KeyDamaged,
    KeyExists,
    KeyMissing,
    KeyRefused,
    WrappedKey,
    parse_key_id,
    require_country,
)
from vigie.backends.keys.recovery import new_recovery_secret, recovery_secret, recovery_text
from vigie.engines.sealing import commitment, is_committed

_FORMAT = "vigie-key/1"
_MASTER = "master.json"
_SETTLED_NS = 1_000_000_000
"""A folder that changed less than a second ago may change again within the same tick of the file system's clock."""
_ID = re.compile(r"([A-Z]{2,3}-[0-9]{4}-[1-9][0-9]{0,5})\.json", re.ASCII)


class FileKeys:
    """A `KeyProvider` on one folder, mode 0700: `master.json` and a file for each key, mode 0600.

    The folder is looked at on each call, so that a key destroyed or made by one process is so for all.
    """

    def __init__(self, folder: Path, master: bytes) -> None:
        self._folder = folder
        self._master = master
        self._wrapping: dict[str, tuple[int, str, bytes]] = {}
        """For each country the folder's time when its newest key was read, the key's id and the key."""

    @classmethod
    def initialise(
        cls, folder: Path, passphrase: str, *, cost: ScryptCost | None = None
    ) -> tuple["FileKeys", str]:
        """Make a key folder and return it open, with the text of its recovery key, which is stored nowhere.

        `KeyStoreExists` when there is one; `ValueError` for an empty passphrase.
        """
        make_folders(folder)
        keys, secret = cls(folder, os.urandom(KEY_BYTES)), new_recovery_secret()
        with keys._locked():
            file = MasterFile.new(folder / _MASTER)
            file.set_passphrase(keys._master, passphrase, cost or ScryptCost())
            file.set_recovery(keys._master, secret)
            file.write()
        return keys, recovery_text(secret)

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> "FileKeys":
        """Return the folder opened by its passphrase; `WrongPassphrase`, `KeyStoreDamaged`."""
        return cls(folder, MasterFile.read(folder / _MASTER).open_with_passphrase(passphrase))

    @classmethod
    def open_with_recovery(cls, folder: Path, text: str) -> "FileKeys":
        """Return the folder opened by its recovery key; `RecoveryKeyMistyped`, `WrongRecoveryKey`."""
        return cls(folder, MasterFile.read(folder / _MASTER).open_with_recovery(recovery_secret(text)))

    def change_passphrase(self, passphrase: str, *, cost: ScryptCost | None = None) -> None:
        """Seal the master key under a new passphrase; the old one opens this folder no longer, older copies do."""
        with self._changed_master() as file:
            file.set_passphrase(self._master, passphrase, cost or ScryptCost())

    def new_recovery_key(self) -> str:
        """Return the text of a new recovery key; the old one opens this folder no longer, and none is checked."""
        secret = new_recovery_secret()
        with self._changed_master() as file:
            file.set_recovery(self._master, secret)
        return recovery_text(secret)

    def check_recovery(self, text: str, now: datetime) -> None:
        """Record that the recovery key was typed in and opens the folder; errors as for `open_with_recovery`."""
        with self._changed_master() as file:
            file.open_with_recovery(recovery_secret(text))
            file.recovery_checked = now

    def recovery_checked(self) -> datetime | None:
        """Return when the recovery key was last found right; None calls for a warning."""
        return MasterFile.read(self._folder / _MASTER).recovery_checked

    def has(self, country: str) -> bool:
        """Return whether data keys can be wrapped for the country."""
        require_country(country)
        try:
            self._newest(country)
        except KeyMissing:
            return False
        return True

    def countries(self) -> frozenset[str]:
        """Return the countries that `has` answers yes to."""
        return frozenset(country for country in {owner for owner, _, _ in self._ids()} if self.has(country))

    def newest(self, country: str) -> str:
        """Return the id of the key that wraps for the country; `KeyMissing` when it has none."""
        require_country(country)
        return self._newest(country)[0]

    def ids(self) -> list[str]:
        """Return the ids of all keys that open something, by country, year and number."""
        found = [(f"{owner}-{year:04}-{number}") for owner, year, number in sorted(self._ids())]
        return [key_id for key_id in found if self._key(key_id) is not None]

    def create(self, country: str, year: int) -> str:
        """Make the country's key of a year and return its id; `KeyExists` when it has had one."""
        require_country(country)
        with self._locked():
            if any((owner, of) == (country, year) for owner, of, _ in self._ids()):
                raise KeyExists(f"{country} has a key for {year}")
            return self._make(country, year)

    def rotate(self, country: str, year: int) -> str:
        """Make one more key for country and year and return its id; older keys go on opening."""
        require_country(country)
        with self._locked():
            return self._make(country, year)

    def destroy(self, key_id: str) -> None:
        """Make everything wrapped by that key unreadable for good; a mark stays so that the id is not given again.

        The file is written over before it is replaced. Copies in backups and on worn blocks of a flash disk remain:
        they are sealed by the master key, and end with the backup's own life.
        """
        country, _, _ = parse_key_id(key_id)
        path = self._path(key_id)
        with self._locked():
            if not path.exists():
                raise KeyMissing(country)
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            replace_file(path, canonical({"format": _FORMAT, "id": key_id, "sealed": None}))

    def wrap(self, country: str, data_key: bytes, context: bytes) -> WrappedKey:
        """Return the data key wrapped by the country's newest key, bound to the context; `KeyMissing`."""
        require_country(country)
        if len(data_key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(data_key)}")
        key_id, key = self._newest(country)
        return WrappedKey(key_id, seal(key, data_key, _bound(key_id, context)), commitment(data_key))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key; `KeyMissing` when its wrapping key is gone, `KeyRefused` when it does not fit."""
        key = self._key(wrapped.key_id)
        if key is None:
            raise KeyMissing(wrapped.country, "was destroyed")
        data_key = unseal(key, wrapped.sealed, _bound(wrapped.key_id, context))
        if data_key is None or not is_committed(data_key, wrapped.commitment):
            raise KeyRefused(f"a key wrapped by {wrapped.key_id} was changed, or belongs to something else")
        return data_key

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """Return the same data key wrapped by its country's newest key; errors as for `unwrap`."""
        return self.wrap(wrapped.country, self.unwrap(wrapped, context), context)

    def _ids(self) -> list[tuple[str, int, int]]:
        """Return what key files there are, destroyed ones included: newest year and number first."""
        found = (_ID.fullmatch(path.name) for path in self._folder.iterdir())
        ids = [parse_key_id(match[1]) for match in found if match]
        return sorted(ids, key=lambda key: key[1:], reverse=True)

    def _make(self, country: str, year: int) -> str:
        numbers = [number for owner, of, number in self._ids() if (owner, of) == (country, year)]
        key_id = f"{country}-{year:04}-{max(numbers, default=0) + 1}"
        if not 1900 <= year <= 9999:
            raise ValueError(f"{year} is not a year of four digits")
        sealed = seal(self._master, os.urandom(KEY_BYTES), _facts(key_id))
        replace_file(self._path(key_id), canonical({"format": _FORMAT, "id": key_id, "sealed": sealed.hex()}))
        return key_id

    def _newest(self, country: str) -> tuple[str, bytes]:
        """Return the key that wraps for the country; a damaged one is an error, not a reason to use an older.

        Read again when the folder has changed since: making and destroying a key both rename a file into it. Two
        files a picture were read for this, a tenth of the intake's time.
        """
        changed = self._folder.stat().st_mtime_ns
        kept = self._wrapping.get(country)
        if kept is not None and kept[0] == changed:
            return kept[1:]
        key_id, key = self._newest_read(country)
        if time.time_ns() - changed > _SETTLED_NS:
            self._wrapping[country] = (changed, key_id, key)
        return key_id, key

    def _newest_read(self, country: str) -> tuple[str, bytes]:
        for owner, year, number in self._ids():
            key_id = f"{owner}-{year:04}-{number}"
            if owner == country and (key := self._key(key_id)) is not None:
                return key_id, key
        raise KeyMissing(country)

    def _key(self, key_id: str) -> bytes | None:
        """Return the wrapping key, or None when it was destroyed; `KeyMissing`, `KeyDamaged`."""
        country, _, _ = parse_key_id(key_id)
        try:
            sealed = json.loads(self._path(key_id).read_bytes())["sealed"]
            key = None if sealed is None else unseal(self._master, bytes.fromhex(sealed), _facts(key_id))
        except FileNotFoundError:
            raise KeyMissing(country) from None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise KeyDamaged(country, f"cannot be read: {error}") from error
        if sealed is not None and key is None:
            raise KeyDamaged(country, "was changed, or sealed by another master key")
        return key

    def _path(self, key_id: str) -> Path:
        return self._folder / f"{key_id}.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time change the folder."""
        with opened_folder(self._folder) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _changed_master(self) -> Iterator[MasterFile]:
        with self._locked():
            file = MasterFile.read(self._folder / _MASTER)
            yield file
            file.write()


def _facts(key_id: str) -> bytes:
    """Return what a key file's seal is bound to: a file renamed to another country or year does not open."""
    return canonical({"format": _FORMAT, "id": key_id})


def _bound(key_id: str, context: bytes) -> bytes:
    return b"vigie wrap 1\n" + key_id.encode() + b"\n" + context
