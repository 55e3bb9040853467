"""The actor context and the guards that hang on it."""

import threading
import uuid
from datetime import UTC, datetime

import pytest
from django.db import connections, transaction

from factories.actors import investigator
from vigie.kernel import context
from vigie.kernel.actors import LogScope, Purpose, utc_now
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


def settings_on_the_connection() -> dict[str, str | None]:
    names = ("unit", "country", "person", "purposes", "log_scope", "staff_scope")
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"nullif(current_setting('vigie.{name}', true), '')" for name in names)
        )
        return dict(zip(names, cursor.fetchone(), strict=True))


def test_everything_a_policy_depends_on_is_set_on_the_connection_and_gone_afterwards() -> None:
    actor = investigator(purpose=Purpose.SAFEGUARDING, log_scope=LogScope.UNIT)
    with context.acting_as(actor, clock=utc_now) as running:
        assert running == context.current() == context.current_or_none()
        assert settings_on_the_connection() == {
            "unit": str(actor.unit),
            "country": "ALV",
            "person": str(actor.id),
            "purposes": "safeguarding,victim_identification",
            "log_scope": "unit",
            "staff_scope": "unit",
        }
    assert context.current_or_none() is None
    assert set(settings_on_the_connection().values()) == {None}


def test_a_service_is_the_person_it_works_for() -> None:
    person = uuid.uuid4()
    with context.acting_as(investigator(on_behalf_of=person), clock=utc_now):
        assert settings_on_the_connection()["person"] == str(person)


def test_blocks_do_not_nest_across_actors() -> None:
    actor = investigator()
    with context.acting_as(actor, clock=utc_now):
        for other in (investigator(), actor):
            with pytest.raises(GuardMissing, match="already set"), context.acting_as(other, clock=utc_now):
                pass
        assert context.current().actor == actor


def test_a_block_is_the_whole_transaction() -> None:
    """Inside another one the settings would outlive the block: they end with the transaction only."""
    with (
        transaction.atomic(),
        pytest.raises(GuardMissing, match="transaction is open"),
        context.acting_as(investigator(), clock=utc_now),
    ):
        pass
    assert context.current_or_none() is None


def test_a_failure_ends_the_block_for_the_next_actor() -> None:
    with pytest.raises(ZeroDivisionError), context.acting_as(investigator(), clock=utc_now):
        raise ZeroDivisionError
    with context.acting_as(investigator(), clock=utc_now):
        assert context.current_or_none() is not None


def test_outside_any_block_nobody_is_current() -> None:
    with pytest.raises(GuardMissing, match="no actor is set"):
        context.current()
    with pytest.raises(GuardMissing, match="no actor is set"):
        context.now()


def test_the_clock_is_the_blocks_own() -> None:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    with context.acting_as(investigator(), clock=lambda: moment):
        assert context.now() == moment


def test_threads_share_no_actor() -> None:
    seen = []
    with context.acting_as(investigator(), clock=utc_now):
        thread = threading.Thread(target=lambda: seen.append(context.current_or_none()))
        thread.start()
        thread.join()
    assert seen == [None]
