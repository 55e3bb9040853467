"""The database as the matcher sees it: fingerprints to follow in commit order, and deliveries to leave for owners.

Rows are followed by the transaction that wrote them, never by "greater than the last one seen": a transaction that
began early and commits late would be passed over for good. The cursor is a snapshot; what comes next is exactly what
that snapshot could not see.
"""

import contextlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, LiteralString, NamedTuple

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from vigie.backends.known.messages import WHOLE, Shard
from vigie.backends.known.port import MatcherUnavailable
from vigie.backends.postgres import Role, connection_parameters
from vigie.config.schema import Settings
from vigie.matcher.records import COLUMNS, Reader, Record

_BATCH: Final = 5_000  # rows fetched at a time when many are read
_SECONDS: Final = 5
_NOTHING_SEEN: Final = "1:1:"
"""The snapshot before the first transaction (`xmin:xmax:xip`, PostgreSQL 9.27.11)."""
_ALL: LiteralString = "SELECT {columns} FROM media_fingerprint"
_SINCE: LiteralString = """
    SELECT {columns} FROM media_fingerprint
    WHERE changed_xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot)
      AND NOT pg_visible_in_snapshot(changed_xid, %(seen)s::pg_snapshot)
"""
_CHANGED: LiteralString = f"""
SELECT s.now::text, f.* FROM (SELECT pg_current_snapshot() AS now) s LEFT JOIN ({_SINCE} LIMIT %(most)s) f ON true
"""  # noqa: S608 - joined from two constants
_NAMED: LiteralString = "SELECT {columns} FROM media_fingerprint WHERE id = ANY (%s)"
_ASKED: LiteralString = """
SELECT {columns}, dihedral FROM media_fingerprint
WHERE content_id = ANY (%s) AND owner_unit = %s AND NOT withdrawn ORDER BY content_id, frame_ms
"""
_IDENTITY: LiteralString = """
SELECT concat_ws(' ', (pg_control_system()).system_identifier, (pg_control_checkpoint()).timeline_id,
    d.oid, t.oid, pg_relation_filenode(t.oid)), pg_snapshot_xmax(pg_current_snapshot())::text
FROM pg_database d, pg_class t WHERE d.datname = current_database() AND t.oid = 'media_fingerprint'::regclass
"""
_TELL: LiteralString = """
INSERT INTO match_delivery (id, owner_unit, owner_country, content_id, asker_unit, asker_country, asker_public_id,
    pair, level, claim, by, distance, variant, asker_content, at, deliver_after)
SELECT gen_random_uuid(), told.*, now(), now() + random() * %(longest)s * interval '1 second'
FROM unnest(%(owner_unit)s::uuid[], %(owner_country)s::text[], %(content)s::uuid[], %(asker_unit)s::uuid[],
    %(asker_country)s::text[], %(asker_public_id)s::uuid[], %(pair)s::uuid[], %(level)s::text[], %(claim)s::text[],
    %(by)s::text[], %(distance)s::int[], %(variant)s::text[], %(asker_content)s::uuid[]) AS told
ON CONFLICT DO NOTHING
"""


class Delivery(NamedTuple):
    """What an owner must be told: who asked about which of its contents, and what they were told."""

    owner_unit: uuid.UUID
    owner_country: str
    content: uuid.UUID
    asker_unit: uuid.UUID
    asker_country: str
    asker_public_id: uuid.UUID | None
    pair: uuid.UUID
    level: str
    claim: str
    by: str
    distance: int | None
    variant: str
    asker_content: uuid.UUID | None
    """The row id of what was asked about, for taking back what was told should it be erased: no owner reads it."""


class OwnRow(NamedTuple):
    """A fingerprint that is asked about, with the codes of its orientations where they are known."""

    record: Record
    dihedral: bytes | None


class TruthLost(Exception):  # noqa: N818 - the state of a connection
    """The connection to the database broke: what was read over it may be out of date, and is to be read anew."""


class Truth:
    """One connection as the role `vigie_matcher`, used from one thread at a time."""

    def __init__(self, settings: Settings, shard: Shard = WHOLE) -> None:
        self._shard = shard
        self._settings = settings
        self._connection: psycopg.Connection[Any] | None = None
        self._reader = Reader()
        self._seen = _NOTHING_SEEN
        self._identity = ""
        self._newest = 0

    @property
    def connected(self) -> bool:
        """Whether what was read so far can be followed on."""
        return self._connection is not None

    def connect(self) -> None:
        """A fresh connection is open; nothing has been seen over it yet. Raises MatcherUnavailable or TruthLost."""
        self.close()
        parameters = connection_parameters(Role.MATCHER, self._settings)
        try:
            self._connection = psycopg.connect(**parameters, autocommit=True, connect_timeout=_SECONDS)  # type: ignore[arg-type]  # psycopg types each keyword apart
        except psycopg.Error as error:
            raise MatcherUnavailable("the database does not answer") from error
        self._reader = Reader()
        self._seen = _NOTHING_SEEN
        identity, newest = self._run(_IDENTITY, ())[0]
        self._identity = f"{identity} {self._shard.number}/{self._shard.of}"
        self._newest = int(newest)

    @contextlib.contextmanager
    def one_snapshot(self) -> Iterator[None]:
        """What is read inside the block is the database at one moment; a block inside another is of its moment."""
        if (
            self._connection is not None
            and self._connection.info.transaction_status is TransactionStatus.INTRANS
        ):
            yield
            return
        with self._guarded() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

    def everything(self) -> Iterator[list[Record]]:
        """All rows, some thousands at a time; only inside `one_snapshot`."""
        return self._streamed(_ALL, {})

    @property
    def cursor(self) -> str:
        """Up to where this database was followed: `follow` goes on from it, over another connection too."""
        return f"{self._identity}|{self._seen}"

    def look(self) -> None:
        """From now on `changes` goes on from this moment; called where everything of it is read anyway."""
        self._seen = self._run("SELECT pg_current_snapshot()::text", ())[0][0]

    def follow(self, cursor: str) -> bool:
        """Whether the cursor is of this database and not of a later day than it: `changes` then goes on from it.

        A database that was restored is another one: by its system identifier, the timeline of its log, its own number,
        its table's, or its table's file; or it has not got as far as the cursor.
        """
        identity, _, seen = cursor.partition("|")
        if identity != self._identity or not seen:
            return False
        if int(seen.split(":")[1]) > self._newest:
            return False
        self._seen = seen
        return True

    def changes(self) -> Iterator[list[Record]]:
        """Every row written by a transaction that committed since the last look, whatever its number.

        A few come in one statement, at one moment. A matcher that was away while a list of millions came in reads them
        some thousands at a time; the cursor moves on when the last of them was taken.
        """
        rows = self._run(_with_columns(_CHANGED), {"seen": self._seen, "most": _BATCH})
        if len(rows) < _BATCH:
            self._seen = rows[0][0]
            yield self._of_shard(row[1:] for row in rows if row[1] is not None)
            return
        with self.one_snapshot():
            seen = self._run("SELECT pg_current_snapshot()::text", ())[0][0]
            yield from self._streamed(_SINCE, {"seen": self._seen})
        self._seen = seen

    def named(self, ids: Sequence[uuid.UUID]) -> list[Record]:
        """The rows with these ids that are there now."""
        return self._of_shard(self._run(_with_columns(_NAMED), (list(ids),)))

    def asked_about(self, unit: uuid.UUID, contents: Sequence[uuid.UUID]) -> list[OwnRow]:
        """The rows of these contents that this unit holds, withdrawn ones apart; a content's rows stand together."""
        rows = self._run(_with_columns(_ASKED), (list(contents), unit)) if contents else ()
        return [OwnRow(self._reader.record(row[:-1]), row[-1]) for row in rows]

    def tell(self, deliveries: Iterable[Delivery], *, longest_delay: float) -> None:
        """The deliveries stand in the database, each due at a random moment of the next `longest_delay` seconds.

        One statement for all of them; an owner is told once about a pair, however often somebody asks.
        """
        columns = list(zip(*deliveries, strict=True))
        if columns:
            named: dict[str, Any] = dict(zip(Delivery._fields, map(list, columns), strict=True))
            self._run(_TELL, {**named, "longest": longest_delay})

    def close(self) -> None:
        """The connection is closed; only `connect` opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _streamed(self, statement: LiteralString, values: dict[str, str]) -> Iterator[list[Record]]:
        with self._guarded() as connection, connection.cursor(name="streamed", binary=True) as cursor:
            cursor.execute(_with_columns(statement), values)
            while rows := cursor.fetchmany(_BATCH):
                yield self._of_shard(rows)

    def _of_shard(self, rows: Iterable[tuple[Any, ...]]) -> list[Record]:
        records = map(self._reader.record, rows)
        return [record for record in records if self._shard.holds(record.content)]

    def _run(self, statement: Any, values: Any) -> list[tuple[Any, ...]]:
        with self._guarded() as connection:
            cursor = connection.cursor(binary=True)
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[psycopg.Connection[Any]]:
        if self._connection is None:
            raise TruthLost("the database does not answer")
        try:
            yield self._connection
        except psycopg.Error as error:
            self.close()
            raise TruthLost("the database does not answer") from error


def _with_columns(statement: LiteralString) -> sql.Composed:
    return sql.SQL(statement).format(columns=sql.SQL(COLUMNS))
