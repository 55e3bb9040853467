"""A long film is asked about piece by piece; what its pieces are answered is one answer about the film. Pure."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from vigie.backends.known import Answer, By, FullAnswer, Item, ItemAnswers, OwnMatch

_SECOND_MS: Final = 1_000
"""A film has at most one frame on record for each second of it."""
MOST_PICTURES: Final = 300
"""Pictures and frames of one request: little more than a chunk of 256 pictures. Sixteen codes each are looked up, and
the plain index takes 2 ms for a code and million rows."""
PIECE_MS: Final = MOST_PICTURES * _SECOND_MS
_STRENGTH: Final = tuple(By)


def requests(contents: Iterable[uuid.UUID], film_ends: Mapping[uuid.UUID, int]) -> Iterator[list[Item]]:
    """The items of one request after the other: each content once, a long film in several requests of its own.

    `film_ends` says when the last frame of a film stands, in milliseconds; what is not in it is one picture.
    """
    together: list[Item] = []
    pictures = 0
    for content in contents:
        end = film_ends.get(content, -1)
        if end >= PIECE_MS:
            # the row of the whole file stands at -1: it is asked about with the first piece
            for start in range(-1, end + 1, PIECE_MS):
                yield [Item(content=content, frames=(start, start + PIECE_MS))]
            continue
        more = 1 + (end + 1) // _SECOND_MS
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
