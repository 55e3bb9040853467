"""A long film asked about piece by piece: one answer for each other content, by the nearest frame."""

import uuid

from vigie.backends.known import By, Claim, ContactAnswer, FullAnswer, ItemAnswers, OwnMatch
from vigie.rooms.matching.operations.pieces import MOST_PICTURES, as_one, requests
from vigie.rooms.media.schemas import FilmFrames

FILM, PICTURE = uuid.uuid4(), uuid.uuid4()
HOLDER = {"holder_unit": uuid.uuid4(), "holder_country": "BOR"}


def full(key: bytes, distance: int | None, own_ms: int, *, by: By = By.PDQ) -> FullAnswer:
    claim = Claim.RESEMBLES if by is By.PDQ else Claim.IDENTICAL
    return FullAnswer(
        **HOLDER, claim=claim, answer_key=key, pair=uuid.UUID(bytes=key * 16), public_id=uuid.uuid4(), by=by,
        distance=distance, own_frame_ms=own_ms,
    )  # fmt: skip


def contact(claim: Claim) -> ContactAnswer:
    return ContactAnswer(**HOLDER, claim=claim, answer_key=b"c", pair=uuid.UUID(int=1))


def own(distance: int, own_ms: int) -> OwnMatch:
    return OwnMatch(
        content=PICTURE, public_id=PICTURE, claim=Claim.RESEMBLES, by=By.PDQ, distance=distance, own_frame_ms=own_ms
    )  # fmt: skip


def said(*answers: FullAnswer | ContactAnswer, mine: tuple[OwnMatch, ...] = ()) -> ItemAnswers:
    return ItemAnswers(content=FILM, recognised=True, answers=answers, own=mine)


def test_the_nearest_frame_of_all_pieces_speaks_for_the_film() -> None:
    first = said(full(b"a", 12, 1000), contact(Claim.RESEMBLES), mine=(own(9, 2000),))
    second = said(full(b"a", 4, 301_000), full(b"b", 2, 302_000), mine=(own(3, 303_000),))
    third = said(full(b"a", 4, 601_000), contact(Claim.IDENTICAL))

    film = as_one([first, second, third])

    nearest, further, other = film.answers
    assert isinstance(nearest, FullAnswer)
    assert isinstance(further, FullAnswer)
    assert (nearest.answer_key, nearest.own_frame_ms) == (b"b", 302_000)
    assert (further.answer_key, further.distance, further.own_frame_ms) == (b"a", 4, 301_000)
    assert other.claim is Claim.IDENTICAL
    assert [(one.distance, one.own_frame_ms) for one in film.own] == [(3, 303_000)]


def test_a_fact_is_stronger_than_the_nearest_frame() -> None:
    film = as_one([said(full(b"a", 0, 0)), said(full(b"a", None, -1, by=By.SHA256))])
    assert [one.claim for one in film.answers] == [Claim.IDENTICAL]


def test_pictures_and_short_films_share_a_request_up_to_its_size() -> None:
    pictures = [uuid.uuid4() for _ in range(256)]
    assert [len(one) for one in requests(pictures, {})] == [256]
    films = [uuid.uuid4() for _ in range(5)]
    short = FilmFrames(100, (0,), 400_000)
    asked = list(requests([*films, *pictures], dict.fromkeys(films, short)))
    assert [item.content for one in asked for item in one] == [*films, *pictures]
    weights = [sum(101 if item.content in films else 1 for item in one) for one in asked]
    assert max(weights) <= MOST_PICTURES
    assert all(item.frames is None for one in asked for item in one)


def test_a_long_film_is_asked_about_in_pieces_that_leave_nothing_out_and_overlap_nowhere() -> None:
    firsts, end = (40, 61_000, 122_500, 700_000), 702_000
    asked = list(requests([PICTURE, FILM], {FILM: FilmFrames(3 * MOST_PICTURES + 5, firsts, end)}))
    pieces = [item.frames for one in asked for item in one if item.content == FILM]
    assert [len(one) for one in asked] == [1] * len(asked)
    covered = [at for piece in pieces if piece for at in piece]
    assert covered == [-1, 61_000, 61_000, 122_500, 122_500, 700_000, 700_000, end + 1]
    assert list(requests([], {})) == []
