"""Reads of content: pages, filters, counts and places, each from what the actor may see."""

import uuid

import pytest

from factories.actors import investigator
from factories.cases import borellian, directory, opened_exhibit
from factories.intake import Neighbour, handed_in, neighbour_in_place, opened_submission, worked
from factories.matching import File, film, hold
from factories.media import picture, recorded
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import Audience
from vigie.kernel.vault import Vault
from vigie.rooms.media import queries
from vigie.rooms.media.schemas import ContentState, FilmFrames, Kind


@pytest.fixture
def actor(database: None, stored_vault: Vault) -> Actor:
    directory()
    return investigator()


@pytest.fixture
def exhibit(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> uuid.UUID:
    """An exhibit with three pictures and one file nothing could be decoded of, the first picture found twice."""
    found = opened_exhibit(actor)
    with neighbour_in_place(monkeypatch) as neighbour:
        assert isinstance(neighbour, Neighbour)
        submission = opened_submission(actor, found)
        handed_in(actor, submission, picture(1), picture(2), picture(3), b"words", picture(1))
        worked(actor, submission)
        worked(actor, submission)
    return found


def test_an_exhibits_contents_come_page_by_page_each_once(actor: Actor, exhibit: uuid.UUID) -> None:
    with act_as(actor, clock=utc_now):
        whole = queries.contents_of_exhibit(actor, exhibit)
        first = queries.contents_of_exhibit(actor, exhibit, limit=3)
        rest = queries.contents_of_exhibit(actor, exhibit, after=first.after, limit=3)
        assert first.contents + rest.contents == whole.contents
        assert (len(whole.contents), whole.after, rest.after) == (4, None, None)
        with pytest.raises(NotFound):
            queries.contents_of_exhibit(actor, exhibit, after=uuid.uuid4())


def test_contents_are_filtered_and_counted_by_state_and_kind(actor: Actor, exhibit: uuid.UUID) -> None:
    with act_as(actor, clock=utc_now):
        counts = queries.counts_by_state(actor, exhibit)
        shown = {
            state: len(queries.contents_of_exhibit(actor, exhibit, state=state).contents)
            for state in ContentState
        }
        [other] = queries.contents_of_exhibit(actor, exhibit, kind=Kind.OTHER).contents
    assert (
        counts
        == shown
        == {ContentState.SHOWN: 3, ContentState.REFUSED: 1, ContentState.SEALED: 0, ContentState.NOT_HELD: 0}
    )
    assert (other.state, other.refusal, other.has_veil) == (ContentState.REFUSED, "unknown_format", False)
    with administrator() as look:
        look.execute("UPDATE media_content SET holding = 'not_held' WHERE kind = 'other'")
    with act_as(actor, clock=utc_now):
        [gone] = queries.contents_of_exhibit(actor, exhibit, state=ContentState.NOT_HELD).contents
    assert gone.state is ContentState.NOT_HELD


def test_files_and_contents_of_an_exhibit_are_two_figures(actor: Actor, exhibit: uuid.UUID) -> None:
    from vigie.rooms.cases.queries import exhibit as exhibit_of

    with act_as(actor, clock=utc_now):
        seen = exhibit_of(actor, exhibit)
    assert (seen.files, seen.contents) == (5, 4)


def test_another_unit_sees_shared_content_but_no_exhibit_and_no_place(
    actor: Actor, exhibit: uuid.UUID
) -> None:
    with act_as(actor, clock=utc_now):
        ids = [one.public_id for one in queries.contents_of_exhibit(actor, exhibit).contents]
        twice = next(one for one in ids if len(queries.places(actor, one)) == 2)
        assert {place.path for place in queries.places(actor, twice)} == {"DCIM/0000.jpg", "DCIM/0004.jpg"}
    other = borellian()
    with act_as(other, clock=utc_now):
        assert set(queries.facts(other, ids)) == set(ids)
        assert not queries.content(other, twice).is_own
        assert queries.contents_of_exhibit(other, exhibit).contents == ()
        assert set(queries.counts_by_state(other, exhibit).values()) == {0}
        assert queries.places(other, twice) == ()
        with pytest.raises(NotFound):
            queries.own_content_id(other, twice)


def test_who_sees_a_content_is_known_to_those_who_see_it(actor: Actor) -> None:
    shared = recorded(actor, seed=1, audience=Audience.LISTED, listed=["BOR"])
    other = borellian()
    with act_as(other, clock=utc_now):
        assert queries.sharing(other, shared).listed == {"BOR"}
        with pytest.raises(NotFound):
            queries.sharing(other, uuid.uuid4())


def test_those_who_look_after_the_machine_see_no_content(actor: Actor) -> None:
    content = recorded(actor, seed=1)
    caretaker = investigator(roles=frozenset({Role.ADMINISTRATOR}))
    with act_as(caretaker, clock=utc_now), pytest.raises(Refused):
        queries.content(caretaker, content)


def test_a_films_frames_are_counted_and_parted(actor: Actor) -> None:
    long, short, still = (hold(actor, File()) for _ in range(3))
    film(long, [400, 0, 200, 1_000, 600, 800, 1_200])
    film(short, [40])
    contents = [one.content for one in (long, short, still)]
    with act_as(actor, clock=utc_now):
        found = queries.film_frames(actor, contents, 3)
        assert found == {
            long.content: FilmFrames(7, (0, 600, 1_200), 1_200),
            short.content: FilmFrames(1, (40,), 40),
        }
        assert queries.film_frames(actor, contents, 1)[long.content].firsts == tuple(range(0, 1_201, 200))
