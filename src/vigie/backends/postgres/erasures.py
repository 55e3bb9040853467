"""Which contents were erased, as a backup or a restore must know it: read past every unit's wall, by the role `backup`."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import Connection

_SINCE: Final = """
SELECT id, owner_unit, object_name, recorded_at FROM media_tombstone WHERE recorded_at >= %s ORDER BY recorded_at, id
"""
_AT_ONCE: Final = 5_000


class Erased(NamedTuple):
    """One erased content: its row id, its owner, the name of its object in the store, and when."""

    content: uuid.UUID
    unit: uuid.UUID
    object_name: str
    """Empty when no object is to be removed: there was none, it left every backup, or its name is another content's now."""
    at: datetime


def erasures_since(connection: "Connection[Any]", moment: datetime) -> Iterator[Erased]:
    """The contents erased at that moment and after, oldest first; streamed, inside a transaction of the connection's.

    What a restored database holds of them goes: the rows of these contents, and the objects of these names.
    """
    with connection.transaction(), connection.cursor(name="erasures") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(_SINCE, [moment])
        for row in cursor:
            yield Erased(*row)
