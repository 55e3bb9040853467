"""Project VIC (VICS) 1.x and 2.0 JSON, as cases or as a bare list of media.

The data model is not public; members are those that public readers and writers use, and every reader meets "none"
written as an empty string, null or a missing member.
"""

from collections.abc import Iterator
from typing import TextIO

from vigie.engines.formats.hash_lists.entries import ListRecord, RecordTexts, entry_of
from vigie.engines.formats.hash_lists.json_records import Record, json_records
from vigie.engines.formats.hash_lists.plain import label_of


def read_vics(text: TextIO) -> Iterator[ListRecord]:
    """Yield an entry or faults for each Media record; a case without media yields nothing."""
    for found in json_records(text):
        if not isinstance(found, tuple):
            yield found
            continue
        where, record = found
        if "MD5" not in record and ("CaseID" in record or "CaseNumber" in record):
            continue
        yield from entry_of(_texts(where, record))


def _texts(where: str, record: Record) -> RecordTexts:
    hashes = {"md5": text_of(record.get("MD5")), "sha1": text_of(record.get("SHA1"))}
    quality = ""
    alternatives = record.get("AlternativeHashes")
    for alternative in alternatives if isinstance(alternatives, list) else ():
        if not isinstance(alternative, dict):
            continue
        name, value = text_of(alternative.get("HashName")), text_of(alternative.get("HashValue"))
        label = label_of(name)
        if label is not None:
            hashes[label] = hashes.get(label) or value
        elif "".join(filter(str.isalnum, name.lower())) == "pdqquality":
            quality = value
    return RecordTexts(
        where=where,
        item=text_of(record.get("MediaID")) or hashes["md5"] or where,
        hashes=hashes,
        pdq_quality=quality,
        category=text_of(record.get("Category")),
        series=text_of(record.get("Series")),
        size=text_of(record.get("MediaSize")),
    )


def text_of(value: object) -> str:
    """Return the text of a member: "" for null, lists and objects, words and numbers as they stand, "true" and "false"."""
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
