"""Millions of records straight into the database of a throw-away installation: what a bench asks about.

Record `n` (from 1) is the picture of code `pdq(n)` and digest `sha256(n)`; SQL and Python make the same bytes. Every
fourth record is the asking unit's own; the others are of a hundred other units, which let a contact be told.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psycopg

from vigie.backends.postgres import Role, connection_parameters
from vigie.config.schema import Settings

OWN_EVERY: Final = 4
_BLOCK: Final = 500_000
_TABLES: Final = ("media_content", "media_fingerprint")
_OWNER: Final = "CASE WHEN n %% 4 = 0 THEN %(unit)s::uuid ELSE ('0b0e0000-0000-4000-8000-' || lpad((n %% 100)::text, 12, '0'))::uuid END"
_COUNTRY: Final = "CASE WHEN n %% 4 = 0 THEN 'ALV' ELSE 'BOR' END"
_ROW: Final = "('0198' || lpad(to_hex(n / 10), 8, '0') || '7' || substr(md5(n || 'id'), 1, 3) || '8' || substr(md5(n || 'id'), 4, 15))::uuid"
"""As UUIDs of version 7 are when ten records a millisecond come in."""
_PUBLIC: Final = "('10' || lpad(to_hex(n), 30, '0'))::uuid"
_DIGESTS: Final = "sha256(n::text::bytea), substring(sha256(('1' || n)::bytea), 1, 20), decode(md5(n::text), 'hex'), 1000 + n"
_WISHES: Final = "'unit', '{}', '{}', 'contact_only'"
_CONTENT: Final = f"""
INSERT INTO media_content (id, owner_unit, owner_country, recorded_by, recorded_at, purpose, legal_basis, handling,
    confidentiality, public_id, audience, listed, excluded, answer_outside, sha256, sha1, md5, size, kind, format,
    orientation, holding, analysed_with, refusal)
SELECT {_ROW}, {_OWNER}, {_COUNTRY}, %(unit)s::uuid, now(), 'victim_identification', 'seizure', 'orcon', '', {_PUBLIC},
    {_WISHES}, {_DIGESTS}, 'picture', 'jpeg', 1, 'own_copy', '', ''
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""
_FINGERPRINT: Final = f"""
INSERT INTO media_fingerprint (id, owner_unit, owner_country, recorded_by, recorded_at, content_id, public_id, frame_ms,
    sha256, sha1, md5, size, pdq, quality, audience, listed, excluded, answer_outside, sealed, withdrawn)
SELECT {_ROW}, {_OWNER}, {_COUNTRY}, %(unit)s::uuid, now(), {_ROW}, {_PUBLIC}, -1, {_DIGESTS},
    decode(md5(n || 'a') || md5(n || 'b'), 'hex'), 100, {_WISHES}, false, false
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""
_INDEXES: Final = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('u', 'x')
WHERE i.indrelid = %s::regclass AND NOT i.indisprimary
"""


def pdq(number: int) -> bytes:
    """The code of record `number`, 32 bytes."""
    return b"".join(hashlib.md5(f"{number}{half}".encode()).digest() for half in "ab")


def digests(number: int) -> dict[str, Any]:
    """MD5, SHA-1, SHA-256 (hexadecimal) and the size in bytes of record `number`."""
    return {
        "md5": hashlib.md5(str(number).encode()).hexdigest(),
        "sha1": hashlib.sha256(f"1{number}".encode()).digest()[:20].hex(),
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "bytes": 1000 + number,
    }


def fill(home: Path, size: int, say: Callable[[str], None]) -> None:
    """The database of the installation running in this home holds records 1 to `size`; its indexes are laid at the end."""
    way = connection_parameters(Role.OWNER, Settings(home=home))
    with psycopg.connect(**way, autocommit=True) as connection:  # type: ignore[arg-type]  # psycopg types each keyword apart
        [unit] = connection.execute("SELECT id FROM units_unit WHERE code = 'alv-viu'").fetchone()
        connection.execute(
            "SET ROLE NONE"
        )  # the administrator's own rights: nobody's rows are hidden from him
        connection.execute("SET session_replication_role = replica")  # both tables are written by one hand
        connection.execute("SET maintenance_work_mem = '1GB'")
        for table, statement in zip(_TABLES, (_CONTENT, _FINGERPRINT), strict=True):
            restore = _dropped(connection, table)
            for first in range(1, size + 1, _BLOCK):
                last = min(first + _BLOCK - 1, size)
                connection.execute(statement, {"unit": str(unit), "first": first, "last": last})
                say(f"{table}: {last} of {size} rows")
            for number, one in enumerate(restore, 1):
                connection.execute(one)
                say(f"{table}: {number} of {len(restore)} indexes")
            connection.execute(f"VACUUM ANALYZE {table}")


def _dropped(connection: psycopg.Connection[Any], table: str) -> list[Any]:
    """The table's indexes beside its key are gone; returns the statements that lay them again."""
    restore: list[Any] = []
    for index, definition, constraint, terms in connection.execute(_INDEXES, [table]).fetchall():
        if constraint is None:
            connection.execute(f"DROP INDEX {index}")
            restore.append(definition)
        else:
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')
            restore.append(f'ALTER TABLE {table} ADD CONSTRAINT "{constraint}" {terms}')
    return restore
