"""Which rows of a look-up can be asked about, and what is said of those that cannot."""

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.rooms.matching.rules.lookups import (
    TICK_SECONDS,
    Unreadable,
    day_of,
    digest_of,
    end_of_day,
    read_rows,
    until_tick,
)

MD5, SHA1, SHA256, PDQ = "1f" * 16, "2f" * 20, "3f" * 32, "4f" * 32
EMPTY = "d41d8cd98f00b204e9800998ecf8427e"


def faults(value: Any) -> list[str]:
    return [fault.reason for fault in read_rows([(5, value)]).faults]


def test_a_row_carries_every_kind_of_hash_and_counts_each() -> None:
    rows = read_rows([(1, {"md5": MD5, "sha1": SHA1, "sha256": SHA256.upper(), "pdq": PDQ, "size": 9})])
    [one] = rows.usable
    assert one.kinds == ("sha256", "sha1", "md5", "pdq")
    assert (one.digests.sha256, one.digests.size, rows.hashes) == (bytes.fromhex(SHA256), 9, 4)
    assert rows.faults == ()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"md5": MD5[:-1], "size": 1}, "md5 is not 32 hexadecimal digits"),
        ({"md5": "g" * 32, "size": 1}, "md5 is not 32 hexadecimal digits"),
        ({"sha1": MD5, "size": 1}, "sha1 is not 40 hexadecimal digits"),
        ({"sha256": SHA1}, "sha256 is not 64 hexadecimal digits"),
        ({"pdq": PDQ + "00"}, "pdq is not 64 hexadecimal digits"),
        ({"sha256": 7}, "sha256 is not a text"),
        ({"sha256": [SHA256]}, "sha256 is not a text"),
        ({"md5": EMPTY, "size": 0}, "that of an empty file"),
        ({}, "no md5, sha1, sha256 or pdq hash"),
        ({"sha256": ""}, "no md5, sha1, sha256 or pdq hash"),
        ({"sha256": None}, "no md5, sha1, sha256 or pdq hash"),
        ([SHA256], "not an object"),
        (SHA256, "not an object"),
        (None, "not an object"),
        (Unreadable("not a line of JSON"), "not a line of JSON"),
        ({"pdq": PDQ, "quality": 49}, "below quality 50"),
    ],
)
def test_a_row_without_a_usable_hash_is_named_with_its_reason(value: Any, reason: str) -> None:
    assert read_rows([(5, value)]).usable == ()
    [said] = faults(value)
    assert reason in said


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"sha-1": SHA1}, "'sha-1' is not compared"),
        ({"md5": "short"}, "md5 is not 32"),
        ({"quality": 101}, "not 0 to 100"),
        ({"quality": True}, "quality is not a whole number"),
        ({"size": -1}, "size is not a whole number"),
        ({"size": "9"}, "size is not a whole number"),
        ({"dihedral": ["x"]}, "dihedral is not eight codes"),
        ({"dihedral": [SHA256] * 8}, "dihedral is not eight codes"),
        ({"dihedral": [PDQ] * 7 + [5]}, "dihedral is not eight codes"),
    ],
)
def test_what_else_a_row_carries_is_asked_about(more: dict[str, Any], reason: str) -> None:
    value = {"sha256": SHA256, "pdq": PDQ, **more}
    [one] = read_rows([(5, value)]).usable
    assert one.kinds == ("sha256", "pdq")
    [said] = faults(value)
    assert reason in said


def test_weak_digests_need_no_size_to_be_asked_about() -> None:
    [one] = read_rows([(5, {"md5": MD5})]).usable
    assert one.kinds == ("md5",)
    assert faults({"md5": MD5}) == []


def test_the_eight_orientations_travel_with_their_code() -> None:
    eight = [PDQ, *(f"{n}a" * 32 for n in range(7))]
    [one] = read_rows([(1, {"pdq": PDQ, "dihedral": eight})]).usable
    assert one.dihedral == bytes.fromhex("".join(eight))


def test_the_same_row_again_is_named_with_the_first_and_not_asked() -> None:
    rows = read_rows([(7, {"sha256": SHA256}), (8, {"md5": MD5, "size": 1}), (9, {"sha256": SHA256.upper()})])
    assert [one.row for one in rows.usable] == [7, 8]
    assert [(fault.row, fault.reason) for fault in rows.faults] == [(9, "the same as row 7")]
    assert rows.hashes == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(["md5", "sha1", "sha256", "pdq", "quality", "size", "dihedral", "other"])
VALUES = JSON | st.sampled_from([MD5, SHA1, SHA256, PDQ, 50, 100, [PDQ] * 8])


@given(st.lists(JSON | st.dictionaries(NAMES, VALUES), max_size=20))
def test_every_row_is_asked_about_or_named(values: list[Any]) -> None:
    rows = read_rows(enumerate(values, 1))
    asked, named = {one.row for one in rows.usable}, {fault.row for fault in rows.faults}
    assert asked | named == set(range(1, len(values) + 1))
    assert all(one.kinds for one in rows.usable)
    assert len({one.canonical for one in rows.usable}) == len(rows.usable)


def test_two_calls_about_the_same_have_different_digests() -> None:
    rows = read_rows([(1, {"sha256": SHA256})]).usable
    one, other = uuid.uuid4(), uuid.uuid4()
    assert digest_of(one, rows) == digest_of(one, rows) != digest_of(other, rows)


def test_a_day_ends_at_midnight_utc_wherever_the_asker_is() -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert day_of(late).isoformat() == "2026-11-22"
    assert end_of_day(late) == datetime(2026, 11, 23, tzinfo=UTC)


@given(st.floats(0, 2e9))
def test_answers_leave_at_whole_tenths_of_a_second(now: float) -> None:
    wait = until_tick(now)
    assert 0 <= wait <= TICK_SECONDS
    assert (now + wait) / TICK_SECONDS == pytest.approx(round((now + wait) / TICK_SECONDS), abs=1e-5)


@given(st.floats(0, 2e9), st.floats(0, 5))
def test_no_answer_leaves_before_its_moment_however_soon_it_was_ready(now: float, ahead: float) -> None:
    left = now + until_tick(now, now + ahead)
    assert left >= now + ahead - 1e-6
    assert left <= now + ahead + TICK_SECONDS + 1e-6


@given(st.floats(0, 2e9), st.floats(0, 0.09), st.floats(0, 0.09))
def test_two_answers_to_one_question_leave_at_the_same_moment(came: float, soon: float, later: float) -> None:
    """What the search took longer does not show while it ends within the first tick."""
    left = [ready + until_tick(ready, came + TICK_SECONDS) for ready in (came + soon, came + later)]
    assert left[0] == pytest.approx(left[1], abs=1e-5)
