"""What was erased since a backup was taken must not come back with it: a list kept apart, applied by a restore.

A text file of JSON lines. The first is `{"format": "vigie-erasures/1", "written_at": …, "count": …}`; each other
names one erased content by its row id: `{"content": …, "object": …, "erased_at": …}`. Nothing in it tells what the
content was.
"""

import json
import os
import uuid
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from vigie.backends.blobs.durable import replace_file
from vigie.backends.postgres.connections import Role, admin_parameters, connection_parameters
from vigie.backends.postgres.roles import administrator
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings

FORMAT: Final = "vigie-erasures/1"
_TOMBSTONES: Final = "SELECT id, object_name, recorded_at FROM media_tombstone ORDER BY id"
_OF_CONTENT: Final = ("media_rendition", "media_fingerprint")
_DIGESTS: Final = (("sha256", 32), ("sha1", 20), ("md5", 16))


def write_erasures(settings: Settings, out: Path, now: datetime) -> int:
    """The file holds every erasure the database has on record; returns how many. Reads as the role `backup`."""
    parameters = connection_parameters(Role.BACKUP, settings)
    with closing(psycopg.connect(**parameters, autocommit=True)) as connection:  # type: ignore[arg-type]  # one type per keyword
        there = connection.execute("SELECT to_regclass('media_tombstone') IS NOT NULL").fetchone()
        rows: Iterable[tuple[Any, ...]] = (
            connection.execute(_TOMBSTONES).fetchall() if there is not None and there[0] else ()
        )
    lines = [
        {"content": str(content), "object": name, "erased_at": at.isoformat()} for content, name, at in rows
    ]
    first = {"format": FORMAT, "written_at": now.isoformat(), "count": len(lines)}
    text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in (first, *lines))
    replace_file(out.absolute(), text.encode("ascii"))
    return len(lines)


def read_erasures(file: Path) -> list[uuid.UUID]:
    """The row ids of the erased contents; SetupProblem when the file is not such a list, or was cut."""
    try:
        first, *rest = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
        if first["format"] != FORMAT or first["count"] != len(rest):
            raise ValueError("it is of another format, or was cut")
        return [uuid.UUID(line["content"]) for line in rest]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise SetupProblem(
            f"{file} is no whole list of erasures: {error}.",
            safe="Nothing was restored.",
            remedy="Name the file that `vigie backup erasures` wrote.",
        ) from error


def erase_again(settings: Settings, contents: list[uuid.UUID]) -> tuple[int, frozenset[str]]:
    """Of these contents no wrapped key, rendition, fingerprint or digest is left in a database that was just restored.

    Returns how many there were, and the names of their objects, which must not be brought back. The rows themselves
    stay, emptied, because others refer to them; `bytes not here` is what they say from now on.
    """
    parameters = {**admin_parameters(settings), "dbname": settings.database_name}
    with administrator(parameters) as connection, connection.transaction():
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(Role.OWNER.value)))
        gone = connection.execute(
            "DELETE FROM media_originalkey WHERE content_id = ANY(%s) RETURNING name", (contents,)
        ).fetchall()
        for table in _OF_CONTENT:
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE content_id = ANY(%s)").format(sql.Identifier(table)),
                (contents,),
            )
        found = connection.execute("SELECT id FROM media_content WHERE id = ANY(%s)", (contents,)).fetchall()
        for (row,) in found:
            emptied = [os.urandom(size) for _, size in _DIGESTS]
            connection.execute(
                "UPDATE media_content SET sha256 = %s, sha1 = %s, md5 = %s, holding = 'not_held' WHERE id = %s",
                (*emptied, row),
            )
    return len(found), frozenset(name for (name,) in gone)
