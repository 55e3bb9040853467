"""Clocks: the unit is asked six months before, an unanswered case is erased, and a legal hold stops everything."""

import dataclasses
import uuid
from datetime import date, datetime, timedelta

import pytest

from factories.cases import borellian, opened_case, opened_exhibit
from factories.media import picture
from factories.retention import erased, given, others_told, stored, supervisor_of
from vigie.kernel.actors import Actor, Clock, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.rooms.cases import operations as cases
from vigie.rooms.cases import queries as case_queries
from vigie.rooms.cases.rules import review_day, years_later
from vigie.rooms.cases.schemas import Outcome
from vigie.rooms.media import queries as media
from vigie.rooms.retention import operations, queries, tasks
from vigie.rooms.retention.schemas import Answer


def after(**time: int) -> Clock:
    """A clock that is so far ahead."""
    return lambda: utc_now() + timedelta(**time)


def last_day() -> date:
    [(day,)] = stored("SELECT retain_until FROM cases_case")
    assert isinstance(day, date)
    return day


def on(day: date) -> Clock:
    """A clock that stands at two in the morning of that day."""
    return lambda: datetime(day.year, day.month, day.day, 2, tzinfo=utc_now().tzinfo)


def gone(actor: Actor) -> None:
    for (erasure,) in stored("SELECT public_id FROM retention_erasure WHERE state = 'under_way'"):
        erased(actor, erasure)
        others_told()
        erased(actor, erasure)


@pytest.mark.parametrize(
    ("day", "asked"),
    [
        (date(2031, 11, 29), date(2031, 5, 29)),
        (date(2031, 8, 31), date(2031, 2, 28)),
        (date(2031, 3, 1), date(2030, 9, 1)),
    ],
)
def test_the_unit_is_asked_six_months_before(day: date, asked: date) -> None:
    assert review_day(day) == asked


def test_a_leap_day_has_an_anniversary() -> None:
    assert years_later(date(2028, 2, 29), 5) == date(2033, 2, 28)
    assert years_later(date(2026, 11, 29), 5) == date(2031, 11, 29)


def test_a_case_has_its_clock_from_its_opening_on(actor: Actor) -> None:
    opened_case(actor)
    [(until, asks)] = stored("SELECT retain_until, review_at FROM cases_case")
    assert until == years_later(utc_now().date(), 5)
    assert asks == review_day(until)


def test_the_supervisor_is_asked_once_and_nobody_else_sees_it(actor: Actor) -> None:
    case = opened_case(actor)
    boss = supervisor_of(actor)
    tasks.look_at_clocks(on(review_day(last_day()) - timedelta(days=1)))
    with act_as(boss, clock=utc_now):
        assert queries.reviews(boss) == ()
    for _night in range(2):
        tasks.look_at_clocks(on(review_day(last_day())))
    with act_as(boss, clock=utc_now):
        [asked] = queries.reviews(boss)
        assert queries.reviews_waiting(boss) == 1
    assert (asked.case, asked.reference, asked.due, asked.on_hold) == (case, "C-1", last_day(), False)
    with act_as(actor, clock=utc_now):
        assert queries.reviews_waiting(actor) == 0
    with pytest.raises(Refused), act_as(actor, clock=utc_now):
        queries.reviews(actor)
    other = supervisor_of(borellian())
    with act_as(other, clock=utc_now):
        assert queries.reviews(other) == ()
        with pytest.raises(NotFound):
            operations.answer_review(other, asked.public_id, answer=Answer.ERASE, words="Why")


def asked_about(actor: Actor) -> uuid.UUID:
    tasks.look_at_clocks(on(review_day(last_day())))
    boss = supervisor_of(actor)
    with act_as(boss, clock=utc_now):
        [found] = queries.reviews(boss)
    return found.public_id


def test_a_case_that_is_kept_lives_until_its_new_day_and_is_asked_about_again(actor: Actor) -> None:
    opened_case(actor)
    review, old = asked_about(actor), last_day()
    boss = supervisor_of(actor)
    boss = dataclasses.replace(
        boss,
        agreement_until=on(old)(),
        certified_until=on(old)(),
        confirmed_at=on(old - timedelta(days=100))(),
    )
    with act_as(boss, clock=on(old - timedelta(days=100))):
        operations.answer_review(
            boss, review, answer=Answer.KEEP, words="The trial goes on", last_day=old + timedelta(days=200)
        )
    tasks.look_at_clocks(on(old + timedelta(days=25)))
    assert stored("SELECT state FROM cases_case") == [("open",)]
    assert last_day() == old + timedelta(days=200)
    assert stored("SELECT count(*) FROM retention_review") == [(2,)]
    with act_as(boss, clock=utc_now), pytest.raises(NotFound):
        operations.answer_review(boss, review, answer=Answer.ERASE, words="again")


@pytest.mark.parametrize("days", [None, 0, 366 * 6])
def test_a_case_is_kept_for_no_longer_than_a_new_one(actor: Actor, days: int | None) -> None:
    opened_case(actor)
    review = asked_about(actor)
    boss = supervisor_of(actor)
    day = None if days is None else utc_now().date() + timedelta(days=days)
    with act_as(boss, clock=utc_now), pytest.raises(Invalid):
        operations.answer_review(boss, review, answer=Answer.KEEP, words="Why", last_day=day)
    with act_as(boss, clock=utc_now), pytest.raises(Invalid):
        operations.answer_review(boss, review, answer=Answer.ERASE, words=" ")


def test_without_an_answer_a_case_is_erased_after_its_last_day(actor: Actor) -> None:
    case = opened_case(actor, title="A title")
    [content] = given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    day = last_day()
    tasks.look_at_clocks(on(day))
    assert stored("SELECT count(*) FROM retention_erasure") == [(0,)], "the last day itself is kept"
    tasks.look_at_clocks(on(day + timedelta(days=1)))
    tasks.look_at_clocks(on(day + timedelta(days=2)))
    gone(actor)
    assert stored("SELECT count(*), min(authority), min(state) FROM retention_erasure") == [
        (1, "retention", "done")
    ]
    assert stored("SELECT count(*) FROM media_content") == [(0,)]
    [(reference, title, state)] = stored("SELECT reference, title, state FROM cases_case")
    assert (reference.startswith("erased "), title, state) == (True, "", "erased")
    assert stored("SELECT path_text FROM intake_manifestentry") == [("",)]
    with act_as(actor, clock=utc_now), pytest.raises(NotFound):
        media.content(actor, content)


def test_a_content_of_two_cases_lives_until_the_last_of_them(actor: Actor) -> None:
    first, second = opened_case(actor, "C-1"), opened_case(actor, "C-2")
    [both] = given(actor, picture(1), exhibit=opened_exhibit(actor, case=first))
    given(actor, picture(1), exhibit=opened_exhibit(actor, case=second))
    with act_as(actor, clock=utc_now):
        cases.set_not_relevant(actor, case=first, outcome=Outcome.NOT_RELEVANT)
    tasks.look_at_clocks(after(days=32))
    gone(actor)
    with act_as(actor, clock=utc_now):
        assert [place.case_reference for place in media.places(actor, both)] == ["C-2"]
        cases.set_not_relevant(actor, case=second, outcome=Outcome.NOT_RELEVANT)
    tasks.look_at_clocks(after(days=32))
    gone(actor)
    assert stored("SELECT count(*) FROM media_content") == [(0,)]


def test_not_relevant_can_be_taken_back_until_its_day(actor: Actor) -> None:
    case = opened_case(actor)
    [content] = given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    for outcome in (Outcome.NOT_RELEVANT, Outcome.NOT_RELEVANT, Outcome.RELEVANT):
        with act_as(actor, clock=utc_now):
            cases.set_not_relevant(actor, case=case, outcome=outcome)
    tasks.look_at_clocks(after(days=32))
    with act_as(actor, clock=utc_now):
        assert media.content(actor, content).public_id == content
        cases.set_not_relevant(actor, case=case, outcome=Outcome.NOT_RELEVANT)
    tasks.look_at_clocks(after(days=29))
    assert stored("SELECT count(*) FROM retention_erasure") == [(0,)]
    tasks.look_at_clocks(after(days=32))
    assert stored("SELECT authority, contents FROM retention_erasure") == [("not_relevant", 1)]
    with act_as(actor, clock=utc_now), pytest.raises(Conflict):
        cases.set_not_relevant(actor, case=case, outcome=Outcome.RELEVANT)
    other = borellian()
    with act_as(other, clock=utc_now), pytest.raises(NotFound):
        cases.set_not_relevant(other, case=case, outcome=Outcome.RELEVANT)


def test_a_legal_hold_stops_every_clock_until_its_last_day(actor: Actor) -> None:
    case = opened_case(actor)
    given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    boss, day = supervisor_of(actor), last_day()
    with act_as(boss, clock=utc_now):
        cases.set_hold(boss, case=case, ordered_by="Court", why="Appeal", until=day + timedelta(days=10))
        [hold] = case_queries.holds(boss, case)
    assert hold.until == day + timedelta(days=10)
    tasks.look_at_clocks(on(day + timedelta(days=10)))
    assert stored("SELECT count(*) FROM retention_erasure") == [(0,)]
    tasks.look_at_clocks(on(day + timedelta(days=11)))
    assert stored("SELECT contents FROM retention_erasure") == [(1,)]


def test_the_answer_to_let_it_go_erases_nothing_before_the_last_day(actor: Actor) -> None:
    case = opened_case(actor)
    given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    boss, review, day = supervisor_of(actor), asked_about(actor), last_day()
    with act_as(boss, clock=utc_now):
        operations.answer_review(boss, review, answer=Answer.ERASE, words="Nothing more to find")
        assert queries.reviews(boss) == ()
    tasks.look_at_clocks(on(day))
    assert stored("SELECT count(*) FROM retention_erasure") == [(0,)]
    tasks.look_at_clocks(on(day + timedelta(days=1)))
    gone(actor)
    assert stored("SELECT count(*) FROM media_content") == [(0,)]
    assert stored("SELECT authority FROM retention_erasure") == [("retention",)]


def test_an_erasure_whose_job_was_lost_goes_on(actor: Actor) -> None:
    case = opened_case(actor)
    given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    with act_as(actor, clock=utc_now):
        cases.set_not_relevant(actor, case=case, outcome=Outcome.NOT_RELEVANT)
    tasks.look_at_clocks(after(days=32))
    from support.database import administrator

    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs")
    tasks.go_on_with_erasures()
    assert stored("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'retention.erase'") == [(1,)]
