"""Which records stand behind a key. Nearly every key has one record, and a set of one costs ten times as much."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Postings(Generic[Key]):
    """Numbers by key: a bare number while a key has one, a set from the second on."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int | set[int]] = {}

    def add(self, key: Key, number: int) -> None:
        """The key leads to this number too."""
        found = self._numbers.setdefault(key, number)
        if isinstance(found, set):
            found.add(number)
        elif found != number:
            self._numbers[key] = {found, number}

    def remove(self, key: Key, number: int) -> None:
        """The key leads to this number no more, if it did."""
        found = self._numbers.get(key)
        if isinstance(found, set):
            found.discard(number)
        if found in (number, set()):
            del self._numbers[key]

    def of(self, key: Key) -> Iterator[int]:
        """The numbers of a key, in ascending order."""
        found = self._numbers.get(key, set())
        return iter(sorted(found) if isinstance(found, set) else (found,))
