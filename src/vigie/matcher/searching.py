"""From questions to hits: the indexes say which numbers are near or equal, the database what they are now."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vigie.backends.known.messages import NEAR, By
from vigie.engines.nearest.found import Found
from vigie.engines.nearest.index import Codes, Groups
from vigie.matcher.asking import Question, Turned
from vigie.matcher.hits import Hit, by_digest, strongest
from vigie.matcher.library import WIDTHS, Library
from vigie.matcher.records import Record

Fetch = Callable[[Sequence[uuid.UUID]], list[Record]]
"""Reads the records of these fingerprints as they are now; those that are gone are left out."""

_CODES_AT_A_TIME: Final = 512
"""Asked of the index at once: every frame of a still film is near every other, and their pairs must not pile up."""
_FETCHED_AT_A_TIME: Final = 5_000


class _Near(NamedTuple):
    """How near a number came to a question, nearest first."""

    distance: int
    variant: int
    asked_ms: int


class _Raw(NamedTuple):
    """What the indexes say about one question: numbers with equal digests, and near ones."""

    equal: set[int]
    near: dict[int, _Near]


def search(
    library: Library, questions: Sequence[Question], fetch: Fetch, glimpsed: int = NEAR
) -> list[list[Hit]]:
    """For each question the strongest hit on each content that answers, strongest first.

    Codes beyond `NEAR` and within `glimpsed` bits are among the hits where the search comes across them. Questions without a hit cost no work of their own beside the indexes'. Raises DigestsRefused or SnapshotRefused when
    files turn out to be damaged: no answer is given that could be incomplete.
    """
    raw: dict[int, _Raw] = {}
    for place, number in _equal(library, questions):
        raw.setdefault(place, _Raw(set(), {})).equal.add(number)
    for place, number, near in _near(library, questions, glimpsed):
        known = raw.setdefault(place, _Raw(set(), {})).near
        if number not in known or near < known[number]:
            known[number] = near
    records = _records(library, {n for one in raw.values() for n in (*one.equal, *one.near)}, fetch)
    hits: list[list[Hit]] = [[] for _ in questions]
    for place, one in raw.items():
        hits[place] = strongest(list(_hits(questions[place], one, records)))
    return hits


def _hits(question: Question, raw: _Raw, records: dict[int, Record]) -> Iterator[Hit]:
    for number in raw.equal & records.keys():
        hit = by_digest(records[number], question.digests)
        if hit is not None:
            yield hit
    for number in raw.near.keys() & records.keys():
        record, near = records[number], raw.near[number]
        if record.searchable is not None and record.content != question.content:
            yield Hit(record, By.PDQ, near.distance, near.variant, near.asked_ms)


def _records(library: Library, numbers: set[int], fetch: Fetch) -> dict[int, Record]:
    """The records behind these numbers as the truth has them now; one that is gone answers no more."""
    if not numbers:
        return {}
    ordered = np.array(sorted(numbers), dtype=np.uint64)
    ids = library.names.ids_of(ordered)
    found: dict[uuid.UUID, Record] = {}
    for start in range(0, len(ids), _FETCHED_AT_A_TIME):
        found.update((record.id, record) for record in fetch(ids[start : start + _FETCHED_AT_A_TIME]))
    missing = [place for place, one in enumerate(ids) if one not in found]
    if missing:
        library.names.require([ids[place] for place in missing], ordered[missing])
    return {number: found[one] for number, one in zip(ordered.tolist(), ids, strict=True) if one in found}


def _equal(library: Library, questions: Sequence[Question]) -> Iterator[tuple[int, int]]:
    """Places of questions, and numbers that have one of their digests."""
    for name, width in WIDTHS.items():
        asked = [
            (place, digest)
            for place, question in enumerate(questions)
            if (digest := getattr(question.digests, name)) is not None
            and (name == "sha256" or question.digests.sha256 is None)
        ]
        if not asked:
            continue
        digests = np.frombuffer(b"".join(digest for _, digest in asked), dtype=np.uint8)
        found = library.tables[name].look_up(digests.reshape(-1, width))
        for which, row in zip(found.which.tolist(), found.rows.tolist(), strict=True):
            yield asked[which][0], row


def _near(library: Library, questions: Sequence[Question], glimpsed: int) -> Iterator[tuple[int, int, _Near]]:
    """Places of questions, and numbers whose codes are near one of theirs."""
    for groups, asked in _by_groups(questions):
        some: list[tuple[int, Turned]] = []
        waiting = 0
        for one in asked:
            some.append(one)
            waiting += len(one[1].codes)
            if waiting >= _CODES_AT_A_TIME:
                yield from _near_some(library, some, groups, glimpsed)
                some, waiting = [], 0
        if some:
            yield from _near_some(library, some, groups, glimpsed)


def _by_groups(
    questions: Sequence[Question],
) -> Iterable[tuple[Groups | None, list[tuple[int, Turned]]]]:
    """Pictures to look up, with their questions' places, together where the same groups may answer."""
    together: dict[int, tuple[Groups | None, list[tuple[int, Turned]]]] = {}
    for place, question in enumerate(questions):
        for picture in question.pictures:
            together.setdefault(id(question.groups), (question.groups, []))[1].append((place, picture))
    return together.values()


def _near_some(
    library: Library, asked: Sequence[tuple[int, Turned]], groups: Groups | None, glimpsed: int
) -> Iterator[tuple[int, int, _Near]]:
    stacked = np.concatenate([picture.codes for _, picture in asked])
    unique, back = _unique(stacked)
    found: Found = library.codes.range_arrays(unique, NEAR, groups, glimpsed=glimpsed)
    if not len(found.ids):
        return
    begins = np.searchsorted(found.queries, np.arange(len(unique) + 1))
    begin, end = begins[:-1][back].tolist(), begins[1:][back].tolist()
    numbers, distances = found.ids.tolist(), found.distances.tolist()
    row = 0
    for place, picture in asked:
        for variant in range(len(picture.codes)):
            for hit in range(begin[row], end[row]):
                yield place, numbers[hit], _Near(distances[hit], variant, picture.frame_ms)
            row += 1


def _unique(codes: Codes) -> tuple[Codes, npt.NDArray[np.intp]]:
    """The codes that differ, and where each of all stands among them: frames of a film are often equal."""
    packed = np.ascontiguousarray(codes).view(np.dtype((np.void, codes.shape[1]))).reshape(-1)
    _, first, back = np.unique(packed, return_index=True, return_inverse=True)
    return codes[first], back.reshape(-1)
