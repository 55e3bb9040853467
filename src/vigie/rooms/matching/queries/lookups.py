"""What is said of rows of hashes: own holdings, lists and others' answers side by side."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence

from vigie.backends.known import Answer, Found, FullAnswer, OwnMatch
from vigie.kernel.actors import Actor
from vigie.kernel.policy import Viewer, may_pass_on
from vigie.rooms.matching.queries.lists import known_for
from vigie.rooms.matching.rules import Digests, Level
from vigie.rooms.matching.rules.lookups import LookUp
from vigie.rooms.matching.schemas import KnownState
from vigie.rooms.matching.schemas.lookups import HeldElsewhere, HeldHere, LookUpResult
from vigie.rooms.media import queries as media
from vigie.rooms.series.queries import series_of_each
from vigie.rooms.units.queries import desks

_NOTHING_LISTED = KnownState(hidden=False)
_NOTHING_FOUND = Found(place=0)


def results(actor: Actor, rows: Sequence[LookUp], found: Mapping[int, Found]) -> tuple[LookUpResult, ...]:
    """One result for each row, in order; what its owner does not show now is left out, as if nobody held it.

    Asks no permission of its own: it is read inside the operation that looks up.
    """
    listed = known_for(actor, {one.row: one.digests for one in rows})
    told = _Told(actor, found.values())
    return tuple(
        LookUpResult(row=one.row)
        if one.row not in found and one.row not in listed
        else _result(told, one.row, found.get(one.row, _NOTHING_FOUND), listed.get(one.row, _NOTHING_LISTED))
        for one in rows
    )


def results_of(
    actor: Actor, files: Mapping[int, Digests], found: Mapping[int, Found]
) -> tuple[LookUpResult, ...]:
    """What may be said now of files that were looked up before, by row; as `results`, whose words it takes."""
    return results(actor, [LookUp(row, file) for row, file in files.items()], found)


def _result(told: "_Told", row: int, found: Found, state: KnownState) -> LookUpResult:
    return LookUpResult(
        row=row,
        own=told.own(found.own),
        hidden=state.hidden,
        hides=state.hides,
        flags=state.flags,
        answers=told.answers(found.answers),
    )


def _may_leave(actor: Actor, contents: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Which of these the owner lets stand in an answer that is kept as a file; of the others only a contact does."""
    known = media.governed(actor, contents) if contents else {}
    here = Viewer(actor.unit, actor.country)
    return frozenset(one for one, terms in known.items() if may_pass_on(actor, terms, here) is None)


class _Told:
    """What stands beside answers: the contents the actor may see now, their series, the desks of holders."""

    def __init__(self, actor: Actor, found: Iterable[Found]) -> None:
        both = list(found)
        full = {one.public_id for each in both for one in each.answers if isinstance(one, FullAnswer)}
        own = {one.public_id for each in both for one in each.own}
        self._facts = media.facts(actor, full | own) if full or own else {}
        self._leaves = _may_leave(actor, full)
        self._series = series_of_each(actor, full & self._facts.keys())
        self._desks = desks(actor, {one.holder_unit for each in both for one in each.answers})

    def own(self, matches: Iterable[OwnMatch]) -> tuple[HeldHere, ...]:
        """What the unit holds itself, strongest first."""
        return tuple(
            HeldHere(
                content=self._facts[one.public_id],
                claim=one.claim,
                by=one.by,
                distance=one.distance,
                variant=one.variant,
                frame_ms=one.frame_ms,
            )
            for one in matches
            if one.public_id in self._facts
        )

    def answers(self, answers: Iterable[Answer]) -> tuple[HeldElsewhere, ...]:
        """What others allow to be said; a full answer whose item is not in view is none."""
        return tuple(
            self._answer(one)
            for one in answers
            if not isinstance(one, FullAnswer) or one.public_id in self._facts
        )

    def _answer(self, one: Answer) -> HeldElsewhere:
        holder = {
            "holder_unit": one.holder_unit,
            "holder_country": one.holder_country,
            "desk": self._desks.get(one.holder_unit),
        }
        if not isinstance(one, FullAnswer) or one.public_id not in self._leaves:
            return HeldElsewhere(level=Level.CONTACT_ONLY, claim=one.claim, **holder)
        return HeldElsewhere(
            level=Level.FULL,
            claim=one.claim,
            by=one.by,
            distance=one.distance,
            variant=one.variant,
            frame_ms=one.frame_ms,
            other=self._facts[one.public_id],
            series=self._series.get(one.public_id, ()),
            **holder,
        )
