"""The chain of custody: every link stands on the one before, and no change stays unseen."""

import dataclasses
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories.actors import investigator
from factories.cases import directory, opened_exhibit
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import GuardMissing, NotFound
from vigie.kernel.operation import act_as, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.cases import queries
from vigie.rooms.cases.operations import add_custody
from vigie.rooms.cases.rules import FIRST_LINK, CustodyLink, link_digest

LINK = CustodyLink(
    exhibit=uuid.UUID(int=1),
    position=3,
    at=datetime(2026, 11, 21, 9, tzinfo=UTC),
    by=uuid.UUID(int=2),
    act="hashed",
    tool="vigie",
    tool_version="1",
    parameters={"files": 3},
)


@operation(Permission.CASE_EXHIBIT_ADD)
def _act(actor: Actor, exhibit: uuid.UUID, **parameters: str | int) -> bytes:
    return add_custody(actor, exhibit, act="hashed", tool="vigie", version="1", parameters=parameters)


@pytest.fixture
def exhibit(database: None) -> tuple[Actor, uuid.UUID]:
    directory()
    actor = investigator()
    public_id = opened_exhibit(actor)
    with act_as(actor, clock=utc_now):
        _act(actor, public_id, files=2, note="ünïcode")
        _act(actor, public_id)
    return actor, public_id


def test_links_follow_each_other(exhibit: tuple[Actor, uuid.UUID]) -> None:
    actor, public_id = exhibit
    with act_as(actor, clock=utc_now):
        steps = queries.custody(actor, public_id)
        verdict = queries.verify_custody(actor, public_id)
    assert [(step.position, step.act) for step in steps] == [(0, "registered"), (1, "hashed"), (2, "hashed")]
    assert steps[1].parameters == {"files": 2, "note": "ünïcode"}
    assert verdict.intact
    assert verdict.links == 3


@pytest.mark.parametrize(
    ("change", "first_bad"),
    [
        ("UPDATE cases_custodyevent SET act = 'wiped' WHERE position = 1", 1),
        ("UPDATE cases_custodyevent SET parameters = '{\"files\": 3}' WHERE position = 1", 1),
        ("UPDATE cases_custodyevent SET at = at + interval '1 second' WHERE position = 0", 0),
        ("DELETE FROM cases_custodyevent WHERE position = 1", 1),
        ("DELETE FROM cases_custodyevent WHERE position = 0", 0),
        ("UPDATE cases_custodyevent SET digest = sha256('x') WHERE position = 2", 2),
    ],
)
def test_every_change_is_named(exhibit: tuple[Actor, uuid.UUID], change: str, first_bad: int) -> None:
    actor, public_id = exhibit
    with administrator() as look:
        look.execute(change.encode())
    with act_as(actor, clock=utc_now):
        verdict = queries.verify_custody(actor, public_id)
    assert not verdict.intact
    assert verdict.first_bad == first_bad


def test_the_program_cannot_change_a_link(exhibit: tuple[Actor, uuid.UUID]) -> None:
    from django.db import ProgrammingError

    from vigie.kernel import gate
    from vigie.rooms.cases.models import CustodyEvent

    actor, _ = exhibit
    with pytest.raises(ProgrammingError), act_as(actor, clock=utc_now), gate.opened():
        CustodyEvent.objects.for_actor(actor).update(act="wiped")


def test_a_link_needs_an_operation_and_the_units_own_exhibit(exhibit: tuple[Actor, uuid.UUID]) -> None:
    actor, public_id = exhibit
    with act_as(actor, clock=utc_now):
        with pytest.raises(GuardMissing):
            add_custody(actor, public_id, act="x", tool="x", version="1", parameters={})
        with pytest.raises(NotFound):
            _act(actor, uuid.uuid4())


def test_the_digest_does_not_depend_on_the_zone_a_time_is_written_in() -> None:
    elsewhere = dataclasses.replace(LINK, at=LINK.at.astimezone(timezone(timedelta(hours=5))))
    assert link_digest(FIRST_LINK, LINK) == link_digest(FIRST_LINK, elsewhere)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers(), max_size=4))
def test_other_parameters_give_another_digest(parameters: dict[str, str | int]) -> None:
    other = dataclasses.replace(LINK, parameters=parameters)
    assert (link_digest(FIRST_LINK, other) == link_digest(FIRST_LINK, LINK)) == (
        parameters == LINK.parameters
    )


def test_another_predecessor_gives_another_digest() -> None:
    assert link_digest(FIRST_LINK, LINK) != link_digest(bytes([1]) * 32, LINK)
