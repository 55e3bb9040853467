"""A long film is asked about piece by piece; what its pieces are answered is one answer about the film. Pure."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from vigie.backends.known import Answer, By, FullAnswer, Item, ItemAnswers, OwnMatch
from vigie.rooms.media.schemas import FilmFrames

MOST_PICTURES: Final = 300
"""Pictures and frames of one request: little more than a chunk of 256 pictures. Sixteen codes each are looked up, which
takes the index a second at ten million rows and six at a hundred million (`docs/reference/figures.md`)."""
_STRENGTH: Final = tuple(By)


def requests(contents: Iterable[uuid.UUID], films: Mapping[uuid.UUID, FilmFrames]) -> Iterator[list[Item]]:
    """The items of one request after the other: each content once, a long film in several requests of its own.

    `films` gives each film's frames, in parts of `MOST_PICTURES`; what is not in it is one picture.
    """
    together: list[Item] = []
    pictures = 0
    for content in contents:
        film = films.get(content)
        if film is not None and film.number >= MOST_PICTURES:
            # the row of the whole file stands at -1: it is asked about with the first piece
            for piece in pairwise((-1, *film.firsts[1:], film.last + 1)):
                yield [Item(content=content, frames=piece)]
            continue
        more = 1 if film is None else 1 + film.number
        if together and pictures + more > MOST_PICTURES:
            yield together
            together, pictures = [], 0
        together.append(Item(content=content))
        pictures += more
    if together:
        yield together


def as_one(pieces: Sequence[ItemAnswers]) -> ItemAnswers:
    """What is known of the film: each answer once, by its nearest frame; the earliest of equally near ones."""
    answers: dict[bytes, Answer] = {}
    own: dict[object, OwnMatch] = {}
    for piece in pieces:
        for answer in piece.answers:
            before = answers.get(answer.answer_key)
            if before is None or _rank(answer) < _rank(before):
                answers[answer.answer_key] = answer
        for match in piece.own:
            held = own.get(match.content)
            if held is None or _rank(match) < _rank(held):
                own[match.content] = match
    return pieces[0].model_copy(
        update={
            "recognised": any(piece.recognised for piece in pieces),
            "near_limit": any(piece.near_limit for piece in pieces),
            "answers": tuple(_strongest_first(answers.values())),
            "own": tuple(sorted(own.values(), key=_rank)),
        }
    )


def _strongest_first(answers: Iterable[Answer]) -> list[Answer]:
    full = sorted((one for one in answers if isinstance(one, FullAnswer)), key=_rank)
    return [*full, *(one for one in answers if not isinstance(one, FullAnswer))]


def _rank(said: Answer | OwnMatch) -> tuple[int, int, int]:
    """Orders what is said from a fact down to a likeness; a contact says no more than its claim."""
    if isinstance(said, FullAnswer | OwnMatch):
        return (_STRENGTH.index(said.by), said.distance or 0, said.own_frame_ms)
    return (list(type(said.claim)).index(said.claim), 0, 0)
