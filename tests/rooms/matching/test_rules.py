"""States from two sides' words, the moment of publication, and what a list may hide."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.rooms.matching.rules import (
    SAYS_SAME,
    WRITING,
    Digests,
    Opinion,
    State,
    can_hide,
    flags,
    hides,
    publication,
    state_here,
    state_of,
)

WORDS = st.sampled_from([None, *Opinion])
SHA256, SHA1, MD5 = bytes(32), bytes(20), bytes(16)
WHOLE = Digests(SHA256, SHA1, MD5, 7)


@pytest.mark.parametrize(
    ("mine", "theirs", "state"),
    [
        (None, None, State.PROPOSED),
        (None, Opinion.SAME_ITEM, State.PROPOSED),
        (Opinion.CANNOT_TELL, Opinion.SAME_ITEM, State.PROPOSED),
        (Opinion.SAME_ITEM, None, State.CONFIRMED_HERE),
        (Opinion.SAME_ITEM, Opinion.CANNOT_TELL, State.CONFIRMED_HERE),
        (Opinion.SAME_ITEM, Opinion.SAME_ITEM, State.AGREED),
        (Opinion.SAME_ITEM, Opinion.SAME_PLACE, State.DISPUTED),
        (Opinion.SAME_ITEM, Opinion.UNRELATED, State.DISPUTED),
        (Opinion.UNRELATED, None, State.REJECTED_HERE),
        (Opinion.UNRELATED, Opinion.UNRELATED, State.REJECTED_HERE),
        (Opinion.UNRELATED, Opinion.SAME_SESSION, State.DISPUTED),
    ],
)
def test_a_state_is_what_both_words_make_it(
    mine: Opinion | None, theirs: Opinion | None, state: State
) -> None:
    assert state_of(mine, theirs) is state


@given(WORDS, WORDS)
def test_agreement_and_dispute_look_the_same_from_both_sides(
    mine: Opinion | None, theirs: Opinion | None
) -> None:
    for shared in (State.AGREED, State.DISPUTED):
        assert (state_of(mine, theirs) is shared) is (state_of(theirs, mine) is shared)
    if state_of(mine, theirs) is State.AGREED:
        assert mine in SAYS_SAME


@given(WORDS)
def test_alone_a_word_makes_its_own_side_s_state(mine: Opinion | None) -> None:
    assert state_of(mine, None) is state_here(mine)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year < 9999))
def test_publication_is_the_next_whole_second_after_the_answer_is_written(now: datetime) -> None:
    seen = publication(now)
    assert seen.microsecond == 0
    assert WRITING < seen - now <= WRITING + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("item", "enough"),
    [
        (Digests(sha256=SHA256), True),
        (Digests(sha1=SHA1, md5=MD5, size=7), True),
        (Digests(sha1=SHA1, md5=MD5), False),
        (Digests(sha1=SHA1, size=7), False),
        (Digests(md5=MD5, size=7), False),
        (Digests(), False),
    ],
)
def test_hiding_takes_more_than_a_weak_digest(item: Digests, enough: bool) -> None:
    assert can_hide(item) is enough
    assert hides(item, WHOLE) is enough


def test_weak_digests_do_not_hide_other_bytes() -> None:
    forged = Digests(b"\1" * 32, SHA1, MD5, 7)
    assert not hides(WHOLE, forged)
    assert flags(WHOLE, forged) == ""
    assert not hides(Digests(sha1=SHA1, md5=MD5, size=7), Digests(SHA256, SHA1, MD5, 8))


@pytest.mark.parametrize(
    ("item", "by"),
    [
        (Digests(sha256=SHA256), "sha256"),
        (Digests(sha1=SHA1), "sha1"),
        (Digests(md5=MD5, size=7), "md5"),
        (Digests(md5=MD5), "md5"),
        (Digests(md5=MD5, size=8), ""),
        (Digests(size=7), ""),
    ],
)
def test_flagging_takes_any_digest_that_fits_the_size(item: Digests, by: str) -> None:
    assert flags(item, WHOLE) == by
