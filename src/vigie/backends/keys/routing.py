"""Each country's wrapping keys where its settings put them: a token of its own, or the key folder for the others."""

from collections.abc import Mapping

from vigie.backends.keys.files import FileKeys
from vigie.backends.keys.provider import KeyMissing, KeyProvider, WrappedKey, parse_key_id, require_country


class RoutedKeys:
    """A `KeyProvider` that asks the one of the country.

    A country that moved from the folder to a token goes on opening what the folder wrapped, and wraps in the token:
    rotating it moves everything. A token that does not answer closes its own country and no other.
    """

    def __init__(self, folder: FileKeys, tokens: Mapping[str, KeyProvider]) -> None:
        self._folder = folder
        self._tokens = dict(tokens)

    def has(self, country: str) -> bool:
        """Return whether data keys can be wrapped for the country."""
        require_country(country)
        return self._of(country).has(country)

    def countries(self) -> frozenset[str]:
        """Return the countries that `has` answers yes to."""
        own = {country for country in self._folder.countries() if country not in self._tokens}
        return frozenset(own.union(*(keys.countries() for keys in self._tokens.values())))

    def newest(self, country: str) -> str:
        """Return the id of the key that wraps for the country; `KeyMissing`."""
        require_country(country)
        return self._of(country).newest(country)

    def ids(self) -> list[str]:
        """Return the ids of all keys that open something; those of a token that does not answer are left out."""
        found = set(self._folder.ids())
        for keys in self._tokens.values():
            try:
                found.update(keys.ids())
            except KeyMissing:
                continue
        return sorted(found, key=parse_key_id)

    def create(self, country: str, year: int) -> str:
        """Make the country's key of a year and return its id; `KeyExists` when it has had one."""
        require_country(country)
        return self._of(country).create(country, year)

    def rotate(self, country: str, year: int) -> str:
        """Make one more key for country and year, used from now on, and return its id."""
        require_country(country)
        return self._of(country).rotate(country, year)

    def destroy(self, key_id: str) -> None:
        """Make everything wrapped by that key unreadable for good; `KeyMissing` when it never was."""
        self._holding(key_id).destroy(key_id)

    def wrap(self, country: str, data_key: bytes, context: bytes) -> WrappedKey:
        """Return the data key wrapped by the country's newest key; `KeyMissing` when it has none."""
        require_country(country)
        return self._of(country).wrap(country, data_key, context)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key; `KeyMissing` when its wrapping key is gone, `KeyRefused` when it does not fit."""
        return self._holding(wrapped.key_id).unwrap(wrapped, context)

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """Return the same data key wrapped by its country's newest key; errors as for `unwrap`."""
        return self.wrap(wrapped.country, self.unwrap(wrapped, context), context)

    def _of(self, country: str) -> KeyProvider:
        return self._tokens.get(country, self._folder)

    def _holding(self, key_id: str) -> KeyProvider:
        country = parse_key_id(key_id)[0]
        return self._folder if key_id in self._folder.ever() else self._of(country)
