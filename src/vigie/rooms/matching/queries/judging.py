"""What was said about pairs, and whether the other item is shown: shared by both sides and by verdicts."""

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vigie.kernel.actors import Actor
from vigie.rooms.matching.models import Candidate, MatchNotice, OwnerQuestion, Verdict
from vigie.rooms.matching.rules import UNDONE, Level, Opinion, State, state_of
from vigie.rooms.matching.schemas import By, Claim, QuestionView, VerdictView
from vigie.rooms.media import queries as media
from vigie.rooms.media.schemas import ContentFacts
from vigie.rooms.units.queries import desks

Side = Candidate | MatchNotice


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """Where a pair stands for the viewer's side."""

    state: State
    verdicts: tuple[VerdictView, ...]
    version: int


_NOT_JUDGED = Judged(State.PROPOSED, (), 0)


class Around:
    """What is shown beside matches or notices: the other items as far as they can be seen now, desks, words."""

    def __init__(self, actor: Actor, sides: Sequence[Side]) -> None:
        others = [other for side in sides if (other := other_of(side)) is not None]
        pairs = {side.pair for side in sides}
        self.facts = media.facts(actor, others) if others else {}
        self._desks = desks(actor, {_party(side) for side in sides})
        self._judged = _judged_pairs(actor, pairs)
        self._questions = _questions(actor, pairs)

    def shown(self, side: Side) -> ContentFacts | None:
        """The other item, unless its owner keeps it to itself."""
        other = other_of(side)
        return None if other is None else self.facts.get(other)

    def columns(self, side: Side) -> dict[str, Any]:
        """What a match and a notice show alike; what describes the other item is empty unless that is shown."""
        judged, other = self._judged.get(side.pair, _NOT_JUDGED), self.shown(side)
        return {
            "public_id": side.public_id,
            "content": side.content.public_id,
            "level": Level(side.level),
            "claim": Claim(side.claim),
            "by": By(side.by) if other is not None and side.by else None,
            "distance": side.distance if other is not None else None,
            "variant": side.variant if other is not None else "",
            "state": State.ERASED if side.state == State.ERASED.value else judged.state,
            "desk": self._desks.get(_party(side)),
            "other": other,
            "seen_at": side.seen_at,
            "may_judge": other is not None,
            "verdicts": judged.verdicts,
            "version": judged.version,
            "questions": self._questions.get(side.pair, ()),
        }


def _judged_pairs(actor: Actor, pairs: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Judged]:
    """Where each of these pairs stands by the last word of each side the viewer may read."""
    by_pair: dict[uuid.UUID, list[Verdict]] = defaultdict(list)
    for row in Verdict.objects.for_actor(actor).filter(pair__in=set(pairs)).order_by("id"):
        by_pair[row.pair].append(row)
    return {pair: _judged(actor, rows) for pair, rows in by_pair.items()}


def own_words(actor: Actor, pair: uuid.UUID) -> list[Verdict]:
    """What the actor's unit has said about a pair, first word first."""
    rows = Verdict.objects.for_actor(actor).filter(pair=pair, owner_unit=actor.unit)
    return list(rows.order_by("id"))


def _questions(actor: Actor, pairs: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, tuple[QuestionView, ...]]:
    """The questions about these pairs that the actor's unit put or was asked, oldest first."""
    by_pair: dict[uuid.UUID, list[QuestionView]] = defaultdict(list)
    for row in OwnerQuestion.objects.for_actor(actor).filter(pair__in=set(pairs)).order_by("id"):
        by_pair[row.pair].append(
            QuestionView(
                public_id=row.public_id, from_unit=row.owner_unit, words=row.words, at=row.recorded_at
            )
        )
    return {pair: tuple(found) for pair, found in by_pair.items()}


def _party(side: Side) -> uuid.UUID:
    unit: uuid.UUID = side.asker_unit if isinstance(side, MatchNotice) else side.holder_unit
    return unit


def other_of(side: Side) -> uuid.UUID | None:
    """The public id of the other item, where the record has one at all."""
    if isinstance(side, MatchNotice):
        return side.asker_public_id
    return side.other_public_id if side.level == Level.FULL.value else None


def is_shown(actor: Actor, side: Side) -> bool:
    """Whether the other item can be seen now, by the wishes its owner has now."""
    other = other_of(side)
    return other is not None and other in media.facts(actor, [other])


def _judged(actor: Actor, rows: list[Verdict]) -> Judged:
    last: dict[uuid.UUID, Verdict] = {row.owner_unit: row for row in rows}
    standing = {unit: row for unit, row in last.items() if row.verdict != UNDONE}
    mine = standing.get(actor.unit)
    others = [row for unit, row in standing.items() if unit != actor.unit]
    theirs = others[0] if others else None
    return Judged(
        state=state_of(Opinion(mine.verdict) if mine else None, Opinion(theirs.verdict) if theirs else None),
        verdicts=tuple(_view(actor, row) for row in standing.values()),
        version=sum(row.owner_unit == actor.unit for row in rows),
    )


def _view(actor: Actor, row: Verdict) -> VerdictView:
    own = row.owner_unit == actor.unit
    return VerdictView(
        opinion=Opinion(row.verdict),
        by_own_unit=own,
        person=row.recorded_by if own else None,
        method=row.method,
        at=row.recorded_at,
    )
