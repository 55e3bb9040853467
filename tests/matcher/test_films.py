"""Films: a still is found at its second, two films at the nearest pair of frames, and always once for a pair of contents."""

import uuid

import pytest

from factories.matching import File, Held, RunningMatcher, asker, flipped, hold, random_code, unit_of
from support import database
from vigie.backends.known import By, Claim, ContactAnswer, FullAnswer, Item, ItemAnswers
from vigie.kernel import context, gate
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.policy import Audience
from vigie.rooms.media.models import Fingerprint

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def alvania() -> Actor:
    return unit_of("ALV")


@pytest.fixture
def borduvia() -> Actor:
    return unit_of("BOR")


def hold_film(owner: Actor, frames: dict[int, bytes], *, audience: Audience = Audience.COMMUNITY) -> Held:
    """The owner holds a film: the row of the file itself, and one for each frame (by its millisecond)."""
    held = hold(owner, File(), audience=audience)
    with context.acting_as(owner, clock=utc_now), gate.opened():
        whole = Fingerprint.objects.for_actor(owner).get(id=held.fingerprint)
        copied = {
            field.attname: getattr(whole, field.attname)
            for field in Fingerprint._meta.concrete_fields
            if field.attname not in ("id", "frame_ms", "pdq", "quality")
        }
        Fingerprint.objects.bulk_create(
            [Fingerprint(**copied, frame_ms=at, pdq=code, quality=80) for at, code in frames.items()]
        )
    return held


def ask(matcher: RunningMatcher, held: Held, piece: tuple[int, int] | None = None) -> ItemAnswers:
    [answers] = matcher.client.range(asker(held.owner), [Item(content=held.content, frames=piece)])
    return answers


def told(owner: Actor) -> list[tuple[str, int | None]]:
    with database.administrator() as look:
        return look.execute(
            "SELECT claim, distance FROM match_delivery WHERE owner_unit = %s", [owner.unit]
        ).fetchall()


def test_a_still_of_a_film_is_found_once_at_its_nearest_frame(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    code = random_code()
    frames = {0: random_code(), 4000: flipped(code, 9), 5000: flipped(code, 3), 6000: flipped(code, 12)}
    film = hold_film(borduvia, frames)
    still = hold(alvania, File(pdq=code))

    [answer] = ask(matcher, still).answers

    assert isinstance(answer, FullAnswer)
    assert (answer.public_id, answer.claim, answer.by) == (film.public_id, Claim.RESEMBLES, By.PDQ)
    assert (answer.distance, answer.frame_ms, answer.own_frame_ms) == (3, 5000, -1)
    assert told(borduvia) == [("resembles", None)]


def test_a_film_asked_about_says_which_of_its_own_frames_is_the_still(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    code = random_code()
    hold(borduvia, File(pdq=code), audience=Audience.COMMUNITY)
    film = hold_film(alvania, {1000: random_code(), 7000: flipped(code, 5), 8000: flipped(code, 2)})

    [answer] = ask(matcher, film).answers

    assert isinstance(answer, FullAnswer)
    assert (answer.distance, answer.frame_ms, answer.own_frame_ms) == (2, -1, 8000)


def test_two_films_are_one_answer_with_both_times(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    scenes = [random_code() for _ in range(6)]
    theirs = hold_film(borduvia, {at * 1000: flipped(code, 8) for at, code in enumerate(scenes)})
    nearest = {9000: flipped(scenes[3], 0)}
    mine = hold_film(alvania, {at * 1000: flipped(code, 6) for at, code in enumerate(scenes)} | nearest)

    [answer] = ask(matcher, mine).answers

    assert isinstance(answer, FullAnswer)
    assert answer.public_id == theirs.public_id
    assert (answer.distance, answer.frame_ms, answer.own_frame_ms) == (8, 3000, 9000)
    assert len(told(borduvia)) == 1


def test_the_same_file_is_a_fact_and_no_frame(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    file, code = File(), random_code()
    for owner in (alvania, borduvia):
        held = hold(owner, file, audience=Audience.COMMUNITY)
        with context.acting_as(owner, clock=utc_now), gate.opened():
            row = Fingerprint.objects.for_actor(owner).get(id=held.fingerprint)
            row.id, row.frame_ms, row.pdq, row.quality = uuid.uuid4(), 2000, code, 90
            row._state.adding = True
            row.save(force_insert=True)

    answers = ask(matcher, held)

    [answer] = answers.answers
    assert isinstance(answer, FullAnswer)
    assert (answer.claim, answer.by, answer.distance) == (Claim.IDENTICAL, By.SHA256, None)
    assert (answer.frame_ms, answer.own_frame_ms) == (-1, -1)
    assert answers.own == ()


def test_a_piece_of_a_film_is_asked_about_alone(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    early, late = random_code(), random_code()
    hold(borduvia, File(pdq=early), audience=Audience.COMMUNITY)
    hold(borduvia, File(pdq=late), audience=Audience.COMMUNITY)
    film = hold_film(alvania, {0: early, 400_000: late})

    def times(piece: tuple[int, int]) -> list[int]:
        return [one.own_frame_ms for one in ask(matcher, film, piece).answers if isinstance(one, FullAnswer)]

    assert times((-1, 299_999)) == [0]
    assert times((299_999, 599_999)) == [400_000]
    assert times((100_000, 400_000)) == []
    assert times((400_000, 400_001)) == [400_000]


def test_a_contact_says_nothing_of_any_frame(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    code = random_code()
    hold_film(borduvia, {at * 1000: flipped(code, at) for at in range(5)}, audience=Audience.UNIT)
    film = hold_film(alvania, {3000: code})

    [answer] = ask(matcher, film).answers

    assert isinstance(answer, ContactAnswer)
    assert "frame" not in answer.model_dump_json()


def test_a_film_is_not_told_that_its_own_frames_are_alike(matcher: RunningMatcher, alvania: Actor) -> None:
    code = random_code()
    film = hold_film(alvania, {at * 1000: flipped(code, 4) for at in range(40)})
    assert ask(matcher, film).own == ()
    again = hold_film(alvania, {3000: code})
    [own] = ask(matcher, again).own
    assert (own.content, own.distance, own.own_frame_ms) == (film.content, 4, 3000)


def test_a_withdrawn_film_answers_with_no_frame(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    code = random_code()
    film = hold_film(borduvia, {0: code, 1000: flipped(code, 7)})
    still = hold(alvania, File(pdq=code))
    assert len(ask(matcher, still).answers) == 1
    with context.acting_as(borduvia, clock=utc_now), gate.opened():
        Fingerprint.objects.for_actor(borduvia).filter(content_id=film.content).update(withdrawn=True)
    assert ask(matcher, still).answers == ()
