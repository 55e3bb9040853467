"""The records of a JSON list, one by one, wherever its format keeps them; a broken one is named and passed over."""

from collections.abc import Iterator
from typing import Any, TextIO

from vigie.engines.formats.hash_lists.entries import ListFault
from vigie.engines.formats.json_cursor import JsonBroken, JsonCursor, JsonCutOff, JsonTooLarge

Record = dict[str, Any]

# VICS keeps media in `value`, or in `Media` of each case in `value`; Graph answers keep rows in `data`.
_LISTS = frozenset({"value", "Media", "data", "threat_updates"})


def json_records(text: TextIO) -> Iterator[tuple[str, Record] | ListFault]:
    """Yield (where, record) for each record, and a fault for each part that could not be read.

    Records stand in lists of a document, in one array, or one object a line. One is held at a time.
    """
    yield from _Walk(text).documents()


class _Walk:
    def __init__(self, text: TextIO) -> None:
        self._cursor = JsonCursor(text)
        self._count = 0

    def documents(self) -> Iterator[tuple[str, Record] | ListFault]:
        while self._cursor.peek():
            try:
                yield from self._array() if self._cursor.peek() == "[" else self._object()
            except JsonCutOff as broken:
                yield self._fault(f"{broken}; what stood before it was read")
                return
            except (JsonBroken, JsonTooLarge, RecursionError) as broken:
                again = self._cursor.skip_to_row()
                yield self._fault(
                    f"{broken}; {'reading goes on at the next row' if again else 'nothing after it was read'}"
                )

    def _array(self) -> Iterator[tuple[str, Record] | ListFault]:
        for _ in self._cursor.elements():
            yield from self._element()

    def _element(self) -> Iterator[tuple[str, Record] | ListFault]:
        try:
            value = self._cursor.value()
        except JsonCutOff:
            raise
        except JsonBroken as broken:
            yield self._fault(str(broken))
        except JsonTooLarge:
            yield from self._object()
        else:
            yield from self._unpacked(value)

    def _object(self) -> Iterator[tuple[str, Record] | ListFault]:
        """Walk a large object member by member: the lists in it are streamed, the rest of it is a record if none is."""
        rest: Record = {}
        lists = 0
        for name in self._cursor.members():
            if name in _LISTS and self._cursor.peek() == "[":
                lists += 1
                yield from self._array()
            else:
                rest[name] = self._small_value()
        if not lists:
            yield self._record(rest)

    def _small_value(self) -> Any:
        try:
            return self._cursor.value()
        except JsonTooLarge:
            self._cursor.skip()
            return None

    def _unpacked(self, value: object) -> Iterator[tuple[str, Record] | ListFault]:
        if not isinstance(value, dict):
            yield self._fault(f"a record is an object, not {str(value)[:40]!r}")
            return
        lists = [value[name] for name in _LISTS & value.keys() if isinstance(value[name], list)]
        for element in (element for each in lists for element in each):
            yield from self._unpacked(element)
        if not lists:
            yield self._record(value)

    def _record(self, record: Record) -> tuple[str, Record]:
        self._count += 1
        return f"record {self._count}", record

    def _fault(self, reason: str) -> ListFault:
        self._count += 1
        return ListFault(f"record {self._count}", reason)
