"""What a restore must leave out: tombstones of every unit, from a moment on."""

import uuid
from datetime import timedelta

import pytest

from support.database import administrator
from vigie.backends.postgres.erasures import Erased, erasures_since
from vigie.kernel.actors import utc_now

pytestmark = pytest.mark.usefixtures("database")


def test_erasures_from_a_moment_on_come_with_their_objects_names_oldest_first() -> None:
    now = utc_now()
    rows = [
        Erased(uuid.uuid4(), uuid.uuid4(), name, now - timedelta(days=days))
        for days, name in ((3, "aa"), (2, ""), (1, "bb"))
    ]
    with administrator() as connection:
        for one in rows:
            connection.execute(
                "INSERT INTO media_tombstone (id, owner_unit, owner_country, recorded_by, recorded_at, public_id, "
                "authority, object_name) VALUES (%s, %s, 'ALV', %s, %s, %s, 'decision', %s)",
                [one.content, one.unit, uuid.uuid4(), one.at, uuid.uuid4(), one.object_name],
            )
        assert list(erasures_since(connection, now - timedelta(days=2))) == rows[1:]
        assert list(erasures_since(connection, now)) == []
