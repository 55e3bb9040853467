"""Manifest entries read and written thousands at a time.

Django's bulk_create needs 4.3 s for 10,000 of these rows on two cores, most of it composing one statement with a
place for every value; the same rows as arrays take a tenth of that.
"""

import dataclasses
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from vigie.backends.postgres.arrays import array
from vigie.kernel.ids import public_id, uuid7
from vigie.kernel.operation import in_progress
from vigie.kernel.policy import Handling
from vigie.rooms.intake.models import ManifestEntry, Submission
from vigie.rooms.intake.rules import EntryState, Held


@dataclasses.dataclass(slots=True, kw_only=True)
class Entry:
    """The columns of a manifest entry that a manifest reads or writes."""

    ordinal: int
    path: bytes
    path_text: str
    size: int
    modified_text: str
    md5: bytes
    sha1: bytes
    sha256: bytes
    state: EntryState = EntryState.WANTED
    holding: Held = Held.NOT_HELD
    reason: str = ""
    sealed: bool = False
    upload_id: uuid.UUID = dataclasses.field(default_factory=public_id)


_TYPES = {
    "ordinal": "bigint",
    "path": "bytea",
    "path_text": "text",
    "size": "bigint",
    "modified_text": "text",
    "md5": "bytea",
    "sha1": "bytea",
    "sha256": "bytea",
    "state": "text",
    "holding": "text",
    "reason": "text",
    "sealed": "boolean",
    "upload_id": "uuid",
}
_COLUMNS = tuple(_TYPES)


def read_entries(rows: QuerySet[ManifestEntry]) -> Iterator[Entry]:
    """The entries of a query that was made for an actor."""
    for values in rows.values_list(*_COLUMNS):
        columns = dict(zip(_COLUMNS, values, strict=True))
        for name in ("path", "md5", "sha1", "sha256"):
            columns[name] = bytes(columns[name])
        columns["state"], columns["holding"] = EntryState(columns["state"]), Held(columns["holding"])
        yield Entry(**columns)


def write_entries(submission: Submission, entries: Sequence[Entry], ownership: Mapping[str, Any]) -> None:
    """The entries stand in the database; one of the same submission and number gets the new columns.

    Only inside an operation. Row-level security holds as for any other statement.
    """
    in_progress()
    if not entries:
        return
    fixed = {
        **ownership,
        "submission_id": submission.id,
        "handling": Handling.ORCON.value,
        "confidentiality": "",
        "attempts": 0,
    }
    varying = {"id": "uuid"} | _TYPES
    table = ManifestEntry._meta.db_table  # noqa: SLF001 - Django documents _meta
    statement = (
        f"INSERT INTO {table} ({', '.join([*fixed, *varying])}) "  # noqa: S608 - names of ours only, values are parameters
        f"SELECT {', '.join(['%s'] * len(fixed))}, given.* "
        f"FROM unnest({', '.join(f'%s::{kind}[]' for kind in varying.values())}) AS given "
        f"ON CONFLICT (submission_id, ordinal) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)}"
    )
    arrays = [array(uuid7() for _ in entries), *(_column(name, entries) for name in _COLUMNS)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*fixed.values(), *arrays])


def _column(name: str, entries: Sequence[Entry]) -> Any:
    values = [getattr(entry, name) for entry in entries]
    if _TYPES[name] != "text":
        return array(values)
    return [str(value) for value in values]
