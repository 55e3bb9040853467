"""Series: numbered per owner, shared by choice, their members seen by those who see both."""

import re
import uuid
from typing import Any

import pytest

from factories.actors import investigator
from factories.cases import BASIS, borellian, castorian, directory
from factories.media import recorded
from support.database import administrator
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.rooms.media.operations import tighten_visibility
from vigie.rooms.series import operations, queries
from vigie.rooms.series.rules import Basis, first_number, next_number


@pytest.fixture
def actor(database: None, stored_vault: None) -> Actor:
    directory()
    return investigator()


def made(actor: Actor, **changes: Any) -> uuid.UUID:
    facts: dict[str, Any] = {
        "name": "Lighthouse",
        "legal_basis": BASIS,
        "purpose": Purpose.VICTIM_IDENTIFICATION,
        "audience": Audience.COMMUNITY,
    }
    with act_as(actor, clock=utc_now):
        return operations.create_series(actor, **(facts | changes))


def joined(actor: Actor, series: uuid.UUID, content: uuid.UUID) -> None:
    with act_as(actor, clock=utc_now):
        operations.add_member(actor, series=series, content=content, basis=Basis.INVESTIGATION)


def of_content(actor: Actor, content: uuid.UUID) -> list[str]:
    with act_as(actor, clock=utc_now):
        return [one.name for one in queries.series_of(actor, content)]


def test_numbers_start_at_random_and_go_on(actor: Actor) -> None:
    ids = [made(actor), made(actor)]
    with act_as(actor, clock=utc_now):
        first, second = (queries.series(actor, one).number for one in ids)
    assert re.fullmatch(r"ALV-\d{7}", first)
    assert second == next_number(first)
    assert len({first_number("ALV") for _ in range(20)}) > 1


def test_a_list_shows_what_the_actor_sees_page_by_page(actor: Actor) -> None:
    shared = [made(actor, name=f"S{number}") for number in range(3)]
    made(actor, name="hidden", audience=Audience.UNIT)
    other = borellian()
    with act_as(other, clock=utc_now):
        page = queries.series_list(other, limit=2)
        rest = queries.series_list(other, after=page.after, limit=2)
        assert [one.public_id for one in page.series + rest.series] == shared[::-1]
        assert rest.after is None
        assert not page.series[0].is_own
        with pytest.raises(NotFound):
            queries.series_list(other, after=uuid.uuid4())


@pytest.mark.parametrize(
    "changes", [{"name": " "}, {"legal_basis": "none"}, {"audience": Audience.LISTED}, {"listed": ["BOR"]}]
)
def test_what_cannot_be_kept_is_refused(actor: Actor, changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        made(actor, **changes)


def test_members_are_seen_by_those_who_see_both(actor: Actor) -> None:
    for_all = recorded(actor, seed=1)
    own_only = recorded(actor, seed=2, audience=Audience.UNIT)
    listed = recorded(actor, seed=3, audience=Audience.LISTED, listed=["BOR"])
    series = made(actor)
    for content in (for_all, own_only, listed):
        joined(actor, series, content)
    seen = {}
    for who in (actor, borellian(), castorian()):
        with act_as(who, clock=utc_now):
            members = queries.members(who, series)
            assert queries.series(who, series).members == len(members)
            seen[who.country] = members
    assert seen == {"ALV": (for_all, own_only, listed), "BOR": (for_all, listed), "CAS": (for_all,)}


def test_another_unit_may_join_its_own_content_to_a_shared_series(actor: Actor) -> None:
    series = made(actor, audience=Audience.LISTED, listed=["BOR"])
    other = borellian()
    content = recorded(other, seed=4)
    joined(other, series, content)
    assert of_content(actor, content) == ["Lighthouse"]
    assert of_content(other, content) == ["Lighthouse"]
    assert of_content(castorian(), content) == []


def test_only_own_content_and_only_once(actor: Actor) -> None:
    series = made(actor)
    content = recorded(actor, seed=5)
    joined(actor, series, content)
    with pytest.raises(Conflict):
        joined(actor, series, content)
    with pytest.raises(NotFound):
        joined(borellian(), series, content)
    with pytest.raises(NotFound):
        joined(actor, uuid.uuid4(), content)


@pytest.mark.parametrize(
    ("handling", "expected"),
    [(Handling.OPEN, "orcon"), (Handling.ORCON, "orcon"), (Handling.ORIGINATOR_ONLY, "originator_only")],
)
def test_a_membership_is_handled_as_strictly_as_the_stricter_of_both(
    actor: Actor, handling: Handling, expected: str
) -> None:
    series, content = made(actor), recorded(actor, 1, handling=handling)
    joined(actor, series, content)
    with administrator() as look:
        [row] = look.execute("SELECT handling FROM series_membership").fetchall()
        kept = look.execute(
            "SELECT handling FROM media_content UNION ALL SELECT handling FROM media_rendition "
            "UNION ALL SELECT handling FROM media_originalkey"
        ).fetchall()
    assert row == (expected,)
    assert kept == [(handling.value,)] * 3


def test_a_membership_narrows_with_its_content(actor: Actor) -> None:
    from support.database import administrator

    series = made(actor)
    content = recorded(actor, seed=6)
    joined(actor, series, content)
    assert of_content(borellian(), content) == ["Lighthouse"]
    with act_as(actor, clock=utc_now):
        tighten_visibility(actor, content, audience=Audience.UNIT, answer_outside=AnswerOutside.SILENT)
    assert of_content(borellian(), content) == []
    with administrator() as look:
        assert look.execute("SELECT audience, answer_outside FROM series_membership").fetchall() == [
            ("unit", "silent")
        ]


def test_two_people_who_take_the_same_number_get_two(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    made(actor)
    with act_as(actor, clock=utc_now):
        [taken] = [one.number for one in queries.series_list(actor).series]
    offered = iter([taken, next_number(taken)])
    monkeypatch.setattr(operations, "next_number", lambda _: next(offered))
    second = made(actor)
    with act_as(actor, clock=utc_now):
        assert queries.series(actor, second).number == next_number(taken)
    monkeypatch.setattr(operations, "next_number", lambda _: taken)
    with pytest.raises(Conflict):
        made(actor)


def test_a_hidden_series_is_not_there(actor: Actor) -> None:
    hidden = made(actor, audience=Audience.UNIT)
    other = borellian()
    with act_as(other, clock=utc_now), pytest.raises(NotFound):
        queries.series(other, hidden)
