"""Lists as tables with a header line: the ICSE hash export and any other whose columns say what they hold."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vigie.engines.formats.hash_lists.entries import ListEntry, ListFault, ListRecord, RecordTexts, entry_of
from vigie.engines.formats.hash_lists.plain import Reading64
from vigie.engines.formats.hash_lists.threatexchange import signal_of

_DELIMITERS: Final = (";", ",", "\t", "|")
_COLUMNS: Final = {
    "md5": "md5", "md5hash": "md5", "hashmd5": "md5",
    "sha1": "sha1", "sha1hash": "sha1", "hashsha1": "sha1",
    "sha256": "sha256", "sha256hash": "sha256", "hashsha256": "sha256",
    "pdq": "pdq", "pdqhash": "pdq", "hashpdq": "pdq",
    "pdqquality": "quality", "quality": "quality",
    "hash": "hash", "hashvalue": "hash", "value": "hash", "signal": "hash", "indicator": "hash",
    "type": "type", "signaltype": "type", "hashtype": "type", "hashname": "type",
    "item": "item", "id": "item", "itemid": "item", "imageid": "item", "mediaid": "item",
    "category": "category", "classification": "category", "status": "category",
    "series": "series", "seriesname": "series",
    "size": "size", "mediasize": "size", "filesize": "size", "bytes": "size",
    "baseline": "baseline",
}  # fmt: skip
_HASHES: Final = ("md5", "sha1", "sha256", "pdq")
_ICSE: Final = frozenset({"md5", "sha1", "photodna", "imageid", "baseline"})
_FLAGS: Final = {
    "y": True,
    "yes": True,
    "t": True,
    "true": True,
    "n": False,
    "no": False,
    "f": False,
    "false": False,
}
_BY_DIGITS: Final = {32: ("md5",), 40: ("sha1",)}


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: its delimiter, and for each meaning the column that has it."""

    delimiter: str
    columns: dict[str, int]
    names: tuple[str, ...]

    @property
    def is_icse(self) -> bool:
        """True for the columns of INTERPOL's ICSE hash export, in any order."""
        return set(self.names) >= _ICSE

    @property
    def is_signals(self) -> bool:
        """True for rows of a type and a value, as ThreatExchange tools write them."""
        return {"type", "hash"} <= self.columns.keys()


def header_of(line: str) -> Header | None:
    """Return the header a first line is, or None when no column of it names a hash. Columns are found by name."""
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        names = tuple("".join(filter(str.isalnum, cell.lower())) for cell in cells)
        columns: dict[str, int] = {}
        for place, name in enumerate(names):
            if meaning := _COLUMNS.get(name):
                columns.setdefault(meaning, place)
        named = "type" in columns or {"hash", "hashvalue"} & set(names)
        if columns.keys() & set(_HASHES) or ("hash" in columns and named):
            return Header(delimiter, columns, names)
    return None


def read_table(lines: Iterable[tuple[int, str]], header: Header, reading: Reading64) -> Iterator[ListRecord]:
    """Yield an entry or faults for each row after the header.

    A quotation mark that is never closed would swallow the rows after it: rows that span lines and cannot be used are
    read again line by line.
    """
    for first, held, cells in _rows(lines, header.delimiter):
        found = _found(f"line {first}", cells, header, reading)
        if len(held) > 1 and not any(isinstance(one, ListEntry) for one in found):
            for number, line in enumerate(held, start=first):
                yield from _found(f"line {number}", _cells(line, header.delimiter), header, reading)
        else:
            yield from found


def _rows(
    lines: Iterable[tuple[int, str]], delimiter: str
) -> Iterator[tuple[int, list[str], list[str] | None]]:
    """Yield the number of a row's first line, its lines and its cells; None for cells that cannot be told apart."""
    held: list[tuple[int, str]] = []

    def remembered() -> Iterator[str]:
        for number, line in lines:
            held.append((number, line))
            yield line + "\n"

    reader = csv.reader(remembered(), delimiter=delimiter, strict=True)
    while True:
        held.clear()
        cells: list[str] | None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        if held[0][1].strip():
            yield held[0][0], [line for _, line in held], cells


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _found(where: str, cells: list[str] | None, header: Header, reading: Reading64) -> list[ListRecord]:
    if cells is None:
        return [ListFault(where, "a quotation mark is not closed or not where a cell begins")]
    if not any(cell.strip() for cell in cells):
        return []
    row = {meaning: cells[place] for meaning, place in header.columns.items() if place < len(cells)}
    if header.is_signals:
        return [
            *signal_of(
                where, row.get("item", ""), row.get("type", ""), row.get("hash", ""), row.get("category", "")
            )
        ]
    faults: list[ListRecord] = []
    category = row.get("category", "")
    if header.is_icse and row.get("baseline", "").strip():
        flag = _FLAGS.get(row["baseline"].strip().lower())
        if flag is None:
            faults.append(ListFault(where, f"Baseline is neither yes nor no: {row['baseline'][:20]!r}"))
        category = "Baseline" if flag else category
    texts = RecordTexts(
        where=where,
        item=row.get("item", "").strip() or where,
        hashes=_hashes(row, reading),
        pdq_quality=row.get("quality", ""),
        category=category,
        series=row.get("series", ""),
        size=row.get("size", ""),
    )
    return [*faults, *entry_of(texts)]


def _hashes(row: dict[str, str], reading: Reading64) -> dict[str, str]:
    hashes: dict[str, str] = {name: row[name] for name in _HASHES if name in row}
    if unnamed := row.get("hash", "").strip():
        for name in _BY_DIGITS.get(len(unnamed), reading.value):
            hashes.setdefault(name, unnamed)
    return hashes
