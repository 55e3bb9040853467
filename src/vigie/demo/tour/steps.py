"""The steps of the tour, and which of them is done, seen from what really happened. Pure."""

import uuid
from dataclasses import dataclass
from enum import IntEnum

from vigie.rooms.intake.rules import SubmissionState
from vigie.rooms.intake.schemas import Progress
from vigie.rooms.matching.rules import SAYS_SAME, State
from vigie.rooms.matching.schemas import Level, MatchNoticeView, MatchView

STEPS = 7


class Step(IntEnum):
    """What the visitor does next; the number is how many steps lie behind."""

    HAND_IN = 0
    WATCH = 1
    OPEN = 2
    CONFIRM = 3
    CHANGE_DESK = 4
    CONFIRM_THERE = 5
    DONE = 6


@dataclass(frozen=True)
class AskerSide:
    """What the asker's own unit sees: the submission of the day, if any, and the answers it brought."""

    progress: Progress | None
    matches: tuple[MatchView, ...]

    @property
    def abroad(self) -> tuple[MatchView, ...]:
        """The answers in full from other countries: those both sides can look at and speak about."""
        return tuple(m for m in self.matches if m.level is Level.FULL and m.may_judge)

    @property
    def confirmed(self) -> MatchView | None:
        """An answer that the asker's unit has confirmed, one both sides confirmed first."""
        found = [m for m in self.abroad if m.state in {State.CONFIRMED_HERE, State.AGREED, State.DISPUTED}]
        return min(found, key=lambda m: m.state is not State.AGREED) if found else None

    def suggested(self, preferred: frozenset[uuid.UUID]) -> MatchView | None:
        """The answer to open: of a preferred unit if there is one, and unlike its counterpart, so as to compare."""
        return max(
            self.abroad,
            key=lambda m: (m.holder_unit in preferred, m.distance or 0, str(m.public_id)),
            default=None,
        )

    def step(self) -> Step:
        """How far the asker's side came."""
        if self.confirmed is not None:
            return Step.DONE if self.confirmed.state is State.AGREED else Step.CHANGE_DESK
        if any(match.seen_at is not None for match in self.abroad):
            return Step.CONFIRM
        if self.progress is None:
            return Step.HAND_IN
        return Step.OPEN if self.is_matched and self.abroad else Step.WATCH

    @property
    def is_matched(self) -> bool:
        """True when everything handed in has been asked about and the chain of custody says so."""
        return self.progress is not None and self.progress.state is SubmissionState.RECORDED


@dataclass(frozen=True)
class OwnerSide:
    """What the other unit sees: its notices of what the asker's unit asked."""

    notices: tuple[MatchNoticeView, ...]

    @property
    def waiting(self) -> MatchNoticeView | None:
        """The notice on which the other side has said the same and this side nothing yet."""
        return next((notice for notice in self.notices if _they_confirmed(notice)), None)

    def step(self) -> Step:
        """How far the owner's side came."""
        if any(notice.state is State.AGREED for notice in self.notices):
            return Step.DONE
        return Step.CONFIRM_THERE


def notices_from(notices: tuple[MatchNoticeView, ...], asker: uuid.UUID) -> OwnerSide:
    """The owner's side of what this unit asked."""
    return OwnerSide(tuple(one for one in notices if one.asker_unit == asker))


def _they_confirmed(notice: MatchNoticeView) -> bool:
    return any(not said.by_own_unit and said.opinion in SAYS_SAME for said in notice.verdicts)
