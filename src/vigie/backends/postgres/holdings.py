"""Who holds sealed media in this database, asked past row-level security by the role `backup`, which writes nothing."""

import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg

from vigie.backends.postgres.connections import Role, connection_parameters
from vigie.config.schema import Settings

_HOLDERS: Final = "SELECT owner_country, owner_unit, purpose, count(*) FROM media_originalkey GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
_USES: Final = (
    "SELECT key_id, count(*) FROM (SELECT key_id FROM media_originalkey "
    "UNION ALL SELECT key_id FROM media_rendition) AS used GROUP BY 1 ORDER BY 1"
)
_SAMPLE: Final = (
    "SELECT owner_country, owner_unit, purpose, content_id FROM media_originalkey ORDER BY random() LIMIT %s"
)


@dataclass(frozen=True, slots=True, order=True)
class Holder:
    """A unit that holds originals for a purpose."""

    country: str
    unit: uuid.UUID
    purpose: str


def holders(settings: Settings) -> dict[Holder, int]:
    """Every unit that holds originals, by purpose, with their number."""
    return {Holder(*row[:3]): row[3] for row in _asked(settings, _HOLDERS)}


def key_uses(settings: Settings) -> dict[str, int]:
    """How many data keys each wrapping key wraps, by its id; keys that wrap nothing are left out."""
    return {row[0]: row[1] for row in _asked(settings, _USES)}


def sample(settings: Settings, count: int) -> dict[Holder, list[uuid.UUID]]:
    """So many originals chosen by chance (row ids of their contents), by who holds them."""
    found: dict[Holder, list[uuid.UUID]] = {}
    for *holder, content in _asked(settings, _SAMPLE, count):
        found.setdefault(Holder(*holder), []).append(content)
    return found


def _asked(settings: Settings, question: LiteralString, *values: Any) -> Sequence[tuple[Any, ...]]:
    parameters = connection_parameters(Role.BACKUP, settings)
    with closing(psycopg.connect(**parameters, autocommit=True, connect_timeout=10)) as connection:  # type: ignore[arg-type]  # one type per keyword
        return connection.execute(question, values).fetchall()
