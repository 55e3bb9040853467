"""What the tail says, in memory: few digests, found by dictionary."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from vigie.engines.digest_tables.tail import Kind, Record

_NONE: Final[tuple[int, ...]] = ()


class Newest:
    """Digests by row and rows by digest, as the records of one tail leave them."""

    def __init__(self) -> None:
        self._rows: dict[bytes, list[int]] = {}
        self._places: dict[int, list[tuple[bytes, int]]] = {}
        self._read = 0

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    def take(self, records: Iterable[Record]) -> None:
        """The records, the next ones of the tail, hold."""
        for place, record in enumerate(records, self._read):
            self._read = place + 1
            if record.kind is Kind.ADDED:
                self._rows.setdefault(record.digest, []).append(record.number)
                self._places.setdefault(record.number, []).append((record.digest, place))
            elif record.kind is Kind.GONE:
                for digest, _ in self._places.pop(record.number, ()):
                    self._rows[digest].remove(record.number)
                    if not self._rows[digest]:
                        del self._rows[digest]

    def rows_of(self, digest: bytes) -> Sequence[int]:
        """The rows of a digest."""
        return self._rows.get(digest, _NONE)

    def places_of(self, row: int) -> list[int]:
        """Where in the tail the records of a row stand."""
        return [place for _, place in self._places.get(row, ())]

    def highest_row(self) -> int:
        """The highest row, 0 when there is none."""
        return max(self._places, default=0)

    def pairs(self) -> Iterator[tuple[bytes, int]]:
        """Every digest with every row of it."""
        for digest, rows in self._rows.items():
            for row in rows:
                yield digest, row
