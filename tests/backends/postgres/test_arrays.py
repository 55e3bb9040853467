"""Arrays written here are read by PostgreSQL as the values they were made of."""

import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from factories.actors import investigator
from factories.matching import File, hold
from support.database import administrator
from vigie.backends.postgres.arrays import among_digests, among_numbers, array
from vigie.kernel import context
from vigie.kernel.actors import utc_now
from vigie.rooms.media.models import Content

pytestmark = pytest.mark.usefixtures("database")
KINDS = {
    "bytea": st.binary(max_size=40),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "uuid": st.uuids(),
}


@pytest.mark.parametrize("kind", KINDS)
@tries(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_array_is_read_as_what_it_was_made_of(kind: str, data: st.DataObject) -> None:
    values: list[Any] = data.draw(st.lists(KINDS[kind], max_size=6))
    with administrator() as look:
        row = look.execute(f"SELECT %s::{kind}[]".encode(), [array(values)]).fetchone()
    assert row == (values,)


def test_rows_are_found_by_any_of_many_values_and_by_none_of_none() -> None:
    actor = investigator(unit=uuid.uuid4())
    one, two, _ = (hold(actor, File(data=bytes([n] * (n + 1)))) for n in range(3))
    with context.acting_as(actor, clock=utc_now):
        rows = Content.objects.for_actor(actor)
        digests = [bytes(row.sha256) for row in rows if row.id in {one.content, two.content}]
        by_digest = rows.filter(among_digests("sha256", [*digests, b"\0" * 32, b"'\\\"{},"]))
        assert set(by_digest.values_list("id", flat=True)) == {one.content, two.content}
        assert set(rows.filter(among_numbers("size", [1, 2, 9])).values_list("id", flat=True)) == {
            one.content,
            two.content,
        }
        assert not rows.filter(among_digests("sha256", [])).exists()
