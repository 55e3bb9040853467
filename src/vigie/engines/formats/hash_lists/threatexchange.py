"""ThreatExchange lists of hash signals: the rows of `threat_updates` as JSON, and tables of type and value.

A row that takes an indicator back (`should_delete`) is a withdrawal: the source keeps it for 90 days only, so whoever
reads it must act on it.
"""

from collections.abc import Iterator
from typing import TextIO

from vigie.engines.formats.hash_lists.entries import (
    ListEntry,
    ListFault,
    ListRecord,
    ListWithdrawal,
    RecordTexts,
    entry_of,
    shown,
)
from vigie.engines.formats.hash_lists.json_records import Record, json_records
from vigie.engines.formats.hash_lists.plain import label_of
from vigie.engines.formats.hash_lists.vics import text_of

_VALUES = ("indicator", "raw_indicator", "signal", "signal_value", "hash", "value")
_TYPES = ("type", "signal_type")


def read_threatexchange(text: TextIO) -> Iterator[ListRecord]:
    """Yield an entry, a withdrawal or faults for each row; the category is the descriptors' statuses."""
    for found in json_records(text):
        if isinstance(found, tuple):
            yield from _row(*found)
        else:
            yield found


def signal_of(
    where: str, item: str, kind: str, value: str, category: str = ""
) -> Iterator[ListEntry | ListFault]:
    """Yield the entry of one signal of a named type, or the fault that its type is not compared."""
    label = label_of(kind)
    if label is None:
        yield ListFault(where, f"{shown(kind or 'no type')} is a kind of signal that is not compared")
        return
    yield from entry_of(RecordTexts(where, item or where, {label: value}, category=category))


def _row(where: str, record: Record) -> Iterator[ListRecord]:
    item = text_of(record.get("id")) or where
    if text_of(record.get("should_delete")).lower() == "true":
        yield ListWithdrawal(item)
        return
    kind = next((text_of(record[name]) for name in _TYPES if record.get(name)), "")
    value = next((text_of(record[name]) for name in _VALUES if record.get(name)), "")
    if isinstance(record.get("indicator"), dict):
        nested = record["indicator"]
        kind, value = text_of(nested.get("type")) or kind, text_of(nested.get("indicator"))
    yield from signal_of(where, item, kind, value, _statuses(record))


def _statuses(record: Record) -> str:
    descriptors = record.get("descriptors")
    rows = descriptors.get("data") if isinstance(descriptors, dict) else descriptors
    told = [record, *(row for row in rows if isinstance(row, dict))] if isinstance(rows, list) else [record]
    return ", ".join(sorted({text_of(row["status"]) for row in told if row.get("status")}))
