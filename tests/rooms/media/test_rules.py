"""Joining two owners' choices, and what counts as tighter."""

import dataclasses
import uuid

from hypothesis import given
from hypothesis import strategies as st

from vigie.kernel.policy import Answer, AnswerOutside, Audience, Viewer, Visibility, match_answer, stricter
from vigie.rooms.media.rules import is_tighter

UNITS = {
    uuid.UUID(int=number): country for number, country in enumerate(["ALV", "ALV", "BOR", "BOR", "CAS"], 1)
}
VIEWERS = [Viewer(unit, country) for unit, country in UNITS.items()]
PARTIES = st.frozensets(st.sampled_from([*{*UNITS.values()}, *map(str, UNITS)]), max_size=4)


@st.composite
def choices(draw: st.DrawFn, owner: uuid.UUID | None = None) -> Visibility:
    unit = owner or draw(st.sampled_from(list(UNITS)))
    audience = draw(st.sampled_from(Audience))
    return Visibility(
        owner_unit=unit,
        owner_country=UNITS[unit],
        audience=audience,
        listed=draw(PARTIES) if audience is Audience.LISTED else frozenset(),
        excluded=draw(PARTIES),
        answer_outside=draw(st.sampled_from(AnswerOutside)),
    )


def sees(viewer: Viewer, record: Visibility) -> bool:
    return match_answer(viewer, record) is Answer.FULL


@given(choices(), choices())
def test_a_joint_record_is_seen_by_nobody_but_its_author_who_does_not_see_both(
    mine: Visibility, other: Visibility
) -> None:
    joint = stricter(mine, other)
    for viewer in VIEWERS:
        if viewer.unit != mine.owner_unit and sees(viewer, joint):
            assert sees(viewer, mine)
            assert sees(viewer, other)


@given(choices())
def test_joining_with_an_open_record_of_the_same_owner_changes_nothing(mine: Visibility) -> None:
    for_all = Visibility(mine.owner_unit, mine.owner_country, Audience.COMMUNITY)
    joint = stricter(mine, for_all)
    assert [match_answer(viewer, joint) for viewer in VIEWERS] == [
        match_answer(viewer, mine) for viewer in VIEWERS
    ]


RANK = {Answer.SILENT: 0, Answer.CONTACT_ONLY: 1, Answer.FULL: 2}


@given(choices(uuid.UUID(int=1)), choices(uuid.UUID(int=1)))
def test_after_tightening_nobody_learns_more(new: Visibility, old: Visibility) -> None:
    if is_tighter(new, old):
        for viewer in VIEWERS:
            assert RANK[match_answer(viewer, new)] <= RANK[match_answer(viewer, old)]


def test_some_choices_are_tighter() -> None:
    wide = Visibility(uuid.UUID(int=1), "ALV", Audience.COMMUNITY)
    assert is_tighter(dataclasses.replace(wide, audience=Audience.UNIT), wide)
    assert is_tighter(dataclasses.replace(wide, excluded=frozenset({"BOR"})), wide)
    assert is_tighter(dataclasses.replace(wide, answer_outside=AnswerOutside.SILENT), wide)
    assert not is_tighter(wide, wide)
    assert not is_tighter(wide, dataclasses.replace(wide, audience=Audience.UNIT))
