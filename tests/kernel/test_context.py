"""The actor context and the guards that hang on it."""

import uuid

import pytest

from factories.actors import investigator
from vigie.kernel import context
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import GuardMissing
from vigie.rooms.cases.models import Case

pytestmark = pytest.mark.usefixtures("database")


def test_a_query_without_an_actor_raises_and_never_returns_nothing() -> None:
    with pytest.raises(GuardMissing):
        list(Case.objects.all())


def test_a_write_outside_an_operation_is_refused() -> None:
    actor = investigator()
    with context.acting_as(actor, clock=utc_now), pytest.raises(GuardMissing):
        Case.objects.create(
            id=uuid.uuid4(),
            owner_unit=actor.unit,
            owner_country="ALV",
            recorded_by=actor.id,
            recorded_at=utc_now(),
            purpose="investigation",
            legal_basis="x",
            reference="r",
        )


def test_the_actor_set_sees_an_empty_table() -> None:
    actor = investigator()
    with context.acting_as(actor, clock=utc_now):
        assert list(Case.objects.for_actor(actor)) == []
