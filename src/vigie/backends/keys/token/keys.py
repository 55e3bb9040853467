"""Wrapping keys inside a PKCS#11 token: a smart card, a hardware security module, or SoftHSM. They never leave it.

A key is an AES-256 secret key of the token, sensitive and not extractable; a data key is wrapped by AES-256-GCM inside
the token, with the context as associated data (PKCS#11 v3.0, section 6.13.3). The nonce is drawn here, 96 random bits: one key
wraps at most 2^32 data keys (NIST SP 800-38D, section 8.3), after which it is to be rotated.
"""

import os
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

from vigie.backends.keys.master import KEY_BYTES
from vigie.backends.keys.provider import (
    KeyExists,
    KeyMissing,
    KeyRefused,
    WrappedKey,
    parse_key_id,
    require_country,
)
from vigie.backends.keys.token.session import TokenPlace, TokenSession
from vigie.engines.sealing import commitment, is_committed

_LABEL: Final = re.compile(r"vigie ([A-Z]{2,3}-[0-9]{4}-[1-9][0-9]{0,5})", re.ASCII)
_DESTROYED: Final = re.compile(r"vigie destroyed ([A-Z]{2,3}-[0-9]{4}-[1-9][0-9]{0,5})", re.ASCII)
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SEEN_SECONDS: Final = 1.0
"""For so long a process may go on wrapping with a key that another process has just superseded; it goes on opening."""
_REFUSALS: Final = (
    pkcs11.EncryptedDataInvalid,
    pkcs11.EncryptedDataLenRange,
    pkcs11.DataInvalid,
    pkcs11.DataLenRange,
)


class TokenKeys:
    """A `KeyProvider` for one country, on one token. Calls take turns: a PKCS#11 session serves one at a time.

    `taken` names the ids that keys of this country have had elsewhere, which are not given again.
    """

    def __init__(self, country: str, place: TokenPlace, taken: Callable[[], Iterable[str]] = tuple) -> None:
        require_country(country)
        self._country = country
        self._taken = taken
        self._session = TokenSession(country, place, lost=self._forget)
        self._keys: dict[str, Any] = {}
        self._newest: tuple[float, str] | None = None

    def has(self, country: str) -> bool:
        """Return whether data keys can be wrapped for the country now."""
        require_country(country)
        try:
            self.newest(country)
        except KeyMissing:
            return False
        return True

    def countries(self) -> frozenset[str]:
        """Return the country, if `has` answers yes to it."""
        return frozenset({self._country} if self.has(self._country) else ())

    def newest(self, country: str) -> str:
        """Return the id of the key that wraps for the country; `KeyMissing`, `KeyUnavailable`."""
        self._require_own(country)
        kept = self._newest
        if kept is not None and time.monotonic() - kept[0] < _SEEN_SECONDS:
            return kept[1]
        found = self._session.asked(lambda session: _ids(session)[0])
        if not found:
            raise KeyMissing(country, "is not in its token")
        key_id = max(found, key=_age)
        self._newest = (time.monotonic(), key_id)
        return key_id

    def ids(self) -> list[str]:
        """Return the ids of all keys in the token that open something, oldest first; `KeyUnavailable`."""
        return sorted(self._session.asked(lambda session: _ids(session)[0]), key=_age)

    def create(self, country: str, year: int) -> str:
        """Make the country's key of a year and return its id; `KeyExists` when it has had one, here or elsewhere."""
        self._require_own(country)
        if any(parse_key_id(one)[1] == year for one in self._ever()):
            raise KeyExists(f"{country} has a key for {year}")
        return self._make(year)

    def rotate(self, country: str, year: int) -> str:
        """Make one more key for country and year and return its id; older keys go on opening."""
        self._require_own(country)
        return self._make(year)

    def destroy(self, key_id: str) -> None:
        """Make everything wrapped by that key unreadable for good; a mark stays so that the id is not given again.

        The mark is made first: a token that is pulled in between holds both, and the key counts as destroyed.
        """
        self._require_own(parse_key_id(key_id)[0])
        living, marked = self._session.asked(_ids)
        if key_id not in living | marked:
            raise KeyMissing(self._country)

        def destroy(session: Any) -> None:
            if key_id not in marked:
                session.create_object(
                    {
                        Attribute.CLASS: ObjectClass.DATA,
                        Attribute.TOKEN: True,
                        Attribute.PRIVATE: True,
                        Attribute.LABEL: f"vigie destroyed {key_id}",
                        Attribute.APPLICATION: "vigie",
                    }
                )
            for key in list(_objects(session, ObjectClass.SECRET_KEY, f"vigie {key_id}")):
                key.destroy()

        self._session.asked(destroy)
        self._keys.pop(key_id, None)
        self._newest = None

    def wrap(self, country: str, data_key: bytes, context: bytes) -> WrappedKey:
        """Return the data key wrapped inside the token, bound to the context; `KeyMissing`, `KeyUnavailable`."""
        self._require_own(country)
        if len(data_key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(data_key)}")
        key_id = self.newest(country)
        nonce = os.urandom(_NONCE_BYTES)
        how = GCMParams(nonce, _bound(key_id, context), _TAG_BYTES * 8)
        sealed: bytes = self._session.asked(
            lambda session: self._key(session, key_id).encrypt(
                data_key, mechanism=Mechanism.AES_GCM, mechanism_param=how
            )
        )
        return WrappedKey(key_id, nonce + sealed, commitment(data_key))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key; `KeyMissing` when its wrapping key is gone, `KeyRefused` when it does not fit."""
        self._require_own(wrapped.country)
        if len(wrapped.sealed) != _NONCE_BYTES + KEY_BYTES + _TAG_BYTES:
            raise _refused(wrapped)
        nonce, sealed = wrapped.sealed[:_NONCE_BYTES], wrapped.sealed[_NONCE_BYTES:]
        how = GCMParams(nonce, _bound(wrapped.key_id, context), _TAG_BYTES * 8)

        def open_it(session: Any) -> bytes | None:
            key = self._key(session, wrapped.key_id)
            try:
                opened: bytes = key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=how)
            except _REFUSALS:
                return None
            except (pkcs11.GeneralError, pkcs11.FunctionFailed):
                # SoftHSM 2.6 says CKR_GENERAL_ERROR for a wrong tag; a session that still answers is not a lost one.
                session.generate_random(8)
                return None
            return opened

        data_key = self._session.asked(open_it)
        if data_key is None or not is_committed(data_key, wrapped.commitment):
            raise _refused(wrapped)
        return data_key

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """Return the same data key wrapped by its country's newest key; errors as for `unwrap`."""
        return self.wrap(wrapped.country, self.unwrap(wrapped, context), context)

    def _make(self, year: int) -> str:
        if not 1900 <= year <= 9999:
            raise ValueError(f"{year} is not a year of four digits")
        numbers = [parse_key_id(one)[2] for one in self._ever() if parse_key_id(one)[1] == year]
        key_id = f"{self._country}-{year:04}-{max(numbers, default=0) + 1}"
        self._session.asked(
            lambda session: session.generate_key(
                KeyType.AES,
                KEY_BYTES * 8,
                label=f"vigie {key_id}",
                store=True,
                template={
                    Attribute.SENSITIVE: True,
                    Attribute.EXTRACTABLE: False,
                    Attribute.PRIVATE: True,
                    Attribute.ENCRYPT: True,
                    Attribute.DECRYPT: True,
                    Attribute.WRAP: False,
                    Attribute.UNWRAP: False,
                    Attribute.SIGN: False,
                    Attribute.VERIFY: False,
                },
            )
        )
        self._newest = None
        return key_id

    def _ever(self) -> set[str]:
        living, marked = self._session.asked(_ids)
        return living | marked | {one for one in self._taken() if parse_key_id(one)[0] == self._country}

    def _key(self, session: Any, key_id: str) -> Any:
        if key_id not in self._keys:
            living, _ = _ids(session)
            found = list(_objects(session, ObjectClass.SECRET_KEY, f"vigie {key_id}"))
            if key_id not in living or not found:
                raise KeyMissing(self._country, "is not in its token")
            self._keys[key_id] = found[0]
        return self._keys[key_id]

    def _forget(self) -> None:
        """What was read in a session that is lost holds in the next one no longer."""
        self._keys.clear()
        self._newest = None

    def _require_own(self, country: str) -> None:
        require_country(country)
        if country != self._country:
            raise KeyMissing(country)


def _objects(session: Any, kind: ObjectClass, label: str | None = None) -> list[Any]:
    wanted: dict[Attribute, Any] = {Attribute.CLASS: kind}
    if label is not None:
        wanted[Attribute.LABEL] = label
    return list(session.get_objects(wanted))


def _ids(session: Any) -> tuple[set[str], set[str]]:
    """The ids of keys that open something, and of those marked as destroyed."""
    marked = _named(_DESTROYED, [one[Attribute.LABEL] for one in _objects(session, ObjectClass.DATA)])
    living = _named(_LABEL, [one[Attribute.LABEL] for one in _objects(session, ObjectClass.SECRET_KEY)])
    return living - marked, marked


def _named(form: re.Pattern[str], labels: Iterable[str]) -> set[str]:
    return {found[1] for found in map(form.fullmatch, labels) if found}


def _age(key_id: str) -> tuple[int, int]:
    return parse_key_id(key_id)[1:]


def _bound(key_id: str, context: bytes) -> bytes:
    return b"vigie wrap 1\n" + key_id.encode() + b"\n" + context


def _refused(wrapped: WrappedKey) -> KeyRefused:
    return KeyRefused(f"a key wrapped by {wrapped.key_id} was changed, or belongs to something else")
