"""Identifiers: rows sort by creation, what crosses owners says nothing of its time."""

import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from vigie.kernel import ids


def test_a_row_id_is_a_uuid_of_version_7_and_the_variant_of_rfc_9562() -> None:
    made = [ids.uuid7() for _ in range(200)]
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {uuid.RFC_4122}
    assert len(set(made)) == 200


def test_the_first_48_bits_are_the_milliseconds_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.uuid7()
    after = time.time_ns() // 1_000_000
    assert before <= made.int >> 80 <= after


@given(st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=6, unique=True))
def test_ids_sort_by_the_millisecond_they_were_made_in(milliseconds: list[int]) -> None:
    clock = ids.time.time_ns
    made = []
    try:
        for moment in sorted(milliseconds):
            ids.time.time_ns = lambda moment=moment: moment * 1_000_000  # type: ignore[assignment]  # a clock
            made.append(ids.uuid7())
    finally:
        ids.time.time_ns = clock
    assert made == sorted(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made)


def test_the_other_74_bits_are_random() -> None:
    free = (2**12 - 1) << 64 | (2**62 - 1)
    ones = zeros = 0
    for _ in range(200):
        made = ids.uuid7().int
        ones |= made
        zeros |= ~made
    assert ones & free == free
    assert zeros & free == free


def test_what_other_owners_see_is_random_and_bears_no_time() -> None:
    made = {ids.public_id() for _ in range(200)}
    assert len(made) == 200
    assert {one.version for one in made} == {4}
