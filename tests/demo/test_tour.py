"""The tour's steps follow what really happened, and nothing else."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from vigie.demo.tour.steps import STEPS, AskerSide, OwnerSide, Step, notices_from
from vigie.demo.tour.views import WORDS
from vigie.rooms.intake.rules import SubmissionState
from vigie.rooms.intake.schemas import Progress, StageCount, Stages
from vigie.rooms.matching.rules import Opinion, State
from vigie.rooms.matching.schemas import Claim, Level, MatchNoticeView, MatchView, VerdictView

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
HERE, ABROAD = uuid.uuid4(), uuid.uuid4()


def handed_in(state: SubmissionState = SubmissionState.RECORDED) -> Progress:
    count = StageCount(done=28, total=28)
    return Progress(
        id=uuid.uuid4(), exhibit=uuid.uuid4(), exhibit_reference="E-1", case=uuid.uuid4(), case_reference="C",
        state=state, opened_at=NOW, closed_at=NOW, first_answer_at=NOW,
        stages=Stages(hashed=count, checked=count, sent=count, verified=count, analysed=count, matched=count),
        known=8, new=20, refused=0, sealed=0, bytes_total=1, bytes_saved=1, refusals=(),
    )  # fmt: skip


def match(**changes: Any) -> MatchView:
    facts: dict[str, Any] = {
        "public_id": uuid.uuid4(), "content": uuid.uuid4(), "level": Level.FULL, "claim": Claim.RESEMBLES, "by": None,
        "distance": 12, "variant": "original", "frame_ms": -1, "state": State.PROPOSED, "holder_unit": ABROAD,
        "holder_country": "BOR", "desk": None, "other": None, "engine": "test", "published_at": NOW, "seen_at": None,
        "may_judge": True,
    }  # fmt: skip
    return MatchView(**(facts | changes))


def notice(**changes: Any) -> MatchNoticeView:
    facts: dict[str, Any] = {
        "public_id": uuid.uuid4(), "content": uuid.uuid4(), "level": Level.FULL, "claim": Claim.RESEMBLES, "by": None,
        "distance": 12, "variant": "original", "state": State.PROPOSED, "asker_unit": HERE, "asker_country": "ALV",
        "desk": None, "other": None, "told_at": NOW, "seen_at": None, "may_judge": True,
    }  # fmt: skip
    return MatchNoticeView(**(facts | changes))


def said(opinion: Opinion, *, own: bool) -> VerdictView:
    return VerdictView(opinion=opinion, by_own_unit=own, person=None, method="test", at=NOW)


@pytest.mark.parametrize(
    ("progress", "matches", "step"),
    [
        (None, (), Step.HAND_IN),
        (handed_in(SubmissionState.OPEN), (), Step.WATCH),
        (handed_in(SubmissionState.CLOSED), (match(),), Step.WATCH),
        (handed_in(), (), Step.WATCH),
        (handed_in(), (match(level=Level.CONTACT_ONLY, may_judge=False),), Step.WATCH),
        (handed_in(), (match(),), Step.OPEN),
        (handed_in(), (match(), match(seen_at=NOW)), Step.CONFIRM),
        (handed_in(), (match(seen_at=NOW, state=State.REJECTED_HERE),), Step.CONFIRM),
        (handed_in(), (match(seen_at=NOW, state=State.CONFIRMED_HERE), match()), Step.CHANGE_DESK),
        (handed_in(), (match(state=State.DISPUTED),), Step.CHANGE_DESK),
        (handed_in(), (match(state=State.CONFIRMED_HERE), match(state=State.AGREED)), Step.DONE),
    ],
)
def test_the_askers_step(progress: Progress | None, matches: tuple[MatchView, ...], step: Step) -> None:
    assert AskerSide(progress, matches).step() is step


def test_the_match_to_open_is_one_of_the_preferred_desk_and_has_something_to_compare() -> None:
    other = uuid.uuid4()
    exact, near, far = match(distance=None), match(distance=9), match(distance=30, holder_unit=other)
    side = AskerSide(handed_in(), (exact, near, far))
    assert side.suggested(frozenset({ABROAD})) == near
    assert side.suggested(frozenset()) == far
    assert AskerSide(handed_in(), ()).suggested(frozenset()) is None


def test_the_owner_waits_for_a_notice_on_which_the_other_side_spoke() -> None:
    silent, spoken = notice(), notice(verdicts=(said(Opinion.SAME_ITEM, own=False),))
    unsure = notice(verdicts=(said(Opinion.UNRELATED, own=False), said(Opinion.SAME_ITEM, own=True)))
    assert OwnerSide((silent, unsure)).waiting is None
    assert OwnerSide((silent, unsure, spoken)).waiting == spoken
    assert OwnerSide((spoken,)).step() is Step.CONFIRM_THERE
    assert OwnerSide((spoken, notice(state=State.AGREED))).step() is Step.DONE


def test_only_what_the_tours_unit_asked_counts_for_the_owner() -> None:
    agreed_with_another = notice(asker_unit=uuid.uuid4(), state=State.AGREED)
    assert notices_from((agreed_with_another,), HERE).step() is Step.CONFIRM_THERE


def test_there_are_seven_steps_and_each_has_its_words() -> None:
    assert len(Step) == STEPS == 7
    assert set(WORDS) == set(Step)
