"""The port to wrapping keys: what every key provider promises, and the errors it answers with."""

import re
from dataclasses import dataclass
from typing import Protocol

_COUNTRY = re.compile(r"[A-Z]{2,3}", re.ASCII)
_KEY_ID = re.compile(r"([A-Z]{2,3})-([0-9]{4})-([1-9][0-9]{0,5})", re.ASCII)


class KeyProviderError(Exception):
    """A key provider could not do what was asked."""


class KeyMissing(KeyProviderError):  # noqa: N818 - says what is so
    """A country's key is not here: that country's media stay closed, and nothing else is affected."""

    def __init__(self, country: str, why: str = "is not here") -> None:
        super().__init__(f"the key of {country} {why}")
        self.country = country


class KeyDamaged(KeyMissing):
    """A country's key is here but cannot be read: the same consequence, and a backup may mend it."""


class KeyExists(KeyProviderError):  # noqa: N818 - says what is so
    """The country has a key for that year; it was left as it is."""


class KeyRefused(KeyProviderError):  # noqa: N818 - says what happened
    """The wrapped key was changed, or wrapped for another object, owner or purpose: it was not unwrapped."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key of 32 bytes as it is stored: three columns of a row."""

    key_id: str
    """Which wrapping key opens it: country, year and number, as `FR-2026-1`."""
    sealed: bytes
    """Nonce, ciphertext and tag: 60 bytes from `FileKeys`."""
    commitment: bytes
    """HMAC commitment of the data key, 32 bytes."""

    @property
    def country(self) -> str:
        """The owner country, part of the key id."""
        return parse_key_id(self.key_id)[0]


class KeyProvider(Protocol):
    """Wrapping keys of 256 bits, one per owner country and year, which never leave the provider.

    `context` names what the data key is for (object, owner, purpose) in one fixed spelling; a data key opens only
    with the context it was wrapped with. Countries are two or three capital letters; `ValueError` otherwise.
    """

    def has(self, country: str) -> bool:
        """Return whether data keys can be wrapped for the country."""
        ...

    def countries(self) -> frozenset[str]:
        """Return the countries that `has` answers yes to."""
        ...

    def newest(self, country: str) -> str:
        """Return the id of the key that wraps for the country; `KeyMissing` when it has none."""
        ...

    def ids(self) -> list[str]:
        """Return the ids of all keys that open something, by country, year and number; destroyed ones are left out."""
        ...

    def create(self, country: str, year: int) -> str:
        """Make the country's key of a year and return its id; newer years are used first. `KeyExists`."""
        ...

    def rotate(self, country: str, year: int) -> str:
        """Make one more key for country and year, used from now on; older ones go on opening. Return its id."""
        ...

    def destroy(self, key_id: str) -> None:
        """Make everything wrapped by that key unreadable for good; its id is never given again. `KeyMissing`."""
        ...

    def wrap(self, country: str, data_key: bytes, context: bytes) -> WrappedKey:
        """Return the data key of 32 bytes wrapped by the country's newest key; `KeyMissing` when it has none."""
        ...

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key; `KeyMissing` when its wrapping key is gone, `KeyRefused` when it does not fit."""
        ...

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """Return the same data key wrapped by its country's newest key; errors as for `unwrap`."""
        ...


def require_country(country: str) -> None:
    """Return only if the text is a country code of two or three capital letters; else `ValueError`."""
    if not _COUNTRY.fullmatch(country):
        raise ValueError(f"{country!r} is not a country code of two or three capital letters")


def parse_key_id(key_id: str) -> tuple[str, int, int]:
    """Return country, year and number of a key id; `KeyRefused` when it is none."""
    found = _KEY_ID.fullmatch(key_id)
    if not found:
        raise KeyRefused(f"{key_id!r} is not the id of a wrapping key")
    return found[1], int(found[2]), int(found[3])
