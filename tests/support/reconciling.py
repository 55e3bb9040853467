"""Sets what the database was made to keep beside what the log says of it, by transaction.

The database notes by itself, in triggers the program knows nothing of, which transaction wrote to which table; the key
provider is wrapped by one that notes which data key was opened in which transaction. Both are compared with the log.
"""

import contextlib
import dataclasses
import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import connections

from vigie.backends.keys import KeyProvider, WrappedKey

_LOG = "audit_event"
_NOTES = """
CREATE UNLOGGED TABLE noted_write (
    transaction xid8, place text, line uuid, role text DEFAULT session_user,
    UNIQUE NULLS NOT DISTINCT (transaction, place, line)
);
CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO noted_write (transaction, place, line) VALUES (pg_current_xact_id(), TG_TABLE_NAME, NULL) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION note_line() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO noted_write (transaction, place, line) VALUES (pg_current_xact_id(), TG_TABLE_NAME, NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
"""
_CASE_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relforcerowsecurity AND relname NOT LIKE 'audit_%'"
)
"""Everything that belongs to somebody: what row-level security is forced on, but for the log itself."""
_UNRECONCILED = """
SELECT place, count(*) FROM noted_write w WHERE place <> 'audit_event'
AND NOT (place = 'match_delivery' AND role = 'vigie_matcher')
AND NOT EXISTS (SELECT FROM noted_write l WHERE l.transaction = w.transaction AND l.place = 'audit_event')
GROUP BY place
"""
"""The matcher has no rights on the log. It answers a question that has its line, and its only writing is the outbox of
notices to owners; each notice has its line when the worker takes it out."""


@contextlib.contextmanager
def noted(admin: "psycopg.Connection[Any]") -> Iterator[list[str]]:
    """Inside the block every write to a case table is noted; yields the tables. `admin` commits by itself."""
    tables = [row[0] for row in admin.execute(_CASE_TABLES).fetchall()]
    admin.execute(_NOTES)
    for table, function in (*((table, "note_write") for table in tables), (_LOG, "note_line")):
        admin.execute(
            f'CREATE TRIGGER reconciled AFTER INSERT OR UPDATE OR DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION {function}()".encode()
        )
    try:
        yield tables
    finally:
        admin.execute(
            "DROP FUNCTION note_write() CASCADE; DROP FUNCTION note_line() CASCADE; DROP TABLE noted_write"
        )


def unreconciled(admin: "psycopg.Connection[Any]") -> dict[str, int]:
    """How many transactions wrote to a table and no line to the log, by table."""
    return dict(admin.execute(_UNRECONCILED).fetchall())


def written(admin: "psycopg.Connection[Any]") -> dict[str, int]:
    """In how many transactions each table was written to, the log included."""
    return dict(admin.execute("SELECT place, count(*) FROM noted_write GROUP BY place").fetchall())


@dataclasses.dataclass(frozen=True, slots=True)
class Opening:
    """A data key left the provider: of which content (its public id), in which transaction, by its number."""

    content: uuid.UUID
    transaction: int | None


class CountingKeys:
    """A key provider that keeps its own account of what it opened, as a token or a service of somebody else would."""

    def __init__(self, inner: KeyProvider, admin: "psycopg.Connection[Any]") -> None:
        self._inner = inner
        self._admin = admin
        self.openings: list[Opening] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def unwrap(self, key: WrappedKey, context: bytes) -> bytes:
        """The data key, once it was noted."""
        self._note(key)
        return self._inner.unwrap(key, context)

    def _note(self, key: WrappedKey) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id_if_assigned()::text::bigint")
            [transaction] = cursor.fetchone()
        [content] = self._admin.execute(
            "SELECT c.public_id FROM media_content c LEFT JOIN media_originalkey k ON k.content_id = c.id "
            "LEFT JOIN media_rendition r ON r.content_id = c.id WHERE k.wrapped = %s OR r.wrapped = %s LIMIT 1",
            [key.sealed, key.sealed],
        ).fetchone() or [None]
        self.openings.append(Opening(content, transaction))


def unexplained(admin: "psycopg.Connection[Any]", openings: list[Opening], verbs: set[str]) -> list[str]:
    """What was opened without a line of one of these verbs that names it in the same transaction, and the reverse.

    A line names a content as its subject, a page of contents by the SHA-256 of their ids in order, and a check or a
    change of keys by how many there were. What was opened and could then not be shown is rolled back with its line: it
    has a refusal that names it, in a transaction of its own.
    """
    lines = admin.execute(
        "SELECT w.transaction::text::bigint, e.outcome, e.verb, e.subject_kind, e.subject_id, e.facts "
        "FROM noted_write w JOIN audit_event e ON e.id = w.line WHERE e.verb = ANY(%s)",
        [sorted(verbs)],
    ).fetchall()
    said: dict[int | None, list[_Line]] = {}
    refused = Counter(subject for _, outcome, _, _, subject, _ in lines if outcome == "refused")
    for transaction, outcome, *line in lines:
        if outcome == "done":
            said.setdefault(transaction, []).append(_Line(*line))
    opened: dict[int | None, set[uuid.UUID]] = {}
    for one in openings:
        opened.setdefault(one.transaction, set()).add(one.content)
    wrong = []
    for transaction, contents in opened.items():
        if any(line.says(contents) for line in said.get(transaction, [])):
            continue
        [content, *more] = contents
        if transaction not in said and not more and refused[content] > 0:
            refused[content] -= 1
            continue
        wrong.append(f"{len(contents)} opened, and no line says so: {said.get(transaction)}")
    return wrong + [
        f"nothing was opened, and a line says so: {line}"
        for transaction, lines_of_it in said.items()
        for line in lines_of_it
        if transaction not in opened and not line.is_empty()
    ]


@dataclasses.dataclass(frozen=True, slots=True)
class _Line:
    verb: str
    kind: str
    subject: uuid.UUID
    facts: dict[str, Any]

    def says(self, contents: set[uuid.UUID]) -> bool:
        if self.kind == "page":
            digest = hashlib.sha256(b"".join(one.bytes for one in sorted(contents))).hexdigest()
            return bool(self.facts["digest"] == digest)
        if self.kind == "content":
            return contents == {self.subject}
        many = self.facts.get("contents", self.facts.get("moved", 0) / 2)  # an original and a veil for each
        return bool(many == len(contents))

    def is_empty(self) -> bool:
        return 0 in {self.facts.get("count"), self.facts.get("contents"), self.facts.get("moved")}
