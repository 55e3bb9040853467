"""When asking is unusual: a few plain rules, each of which says why. No score, and nothing is decided by them. Pure.

A person's week is compared with the median of their own eight weeks before it and with the median of their unit in the
same week, whichever is higher: who is busy with a large case is as usual as the busiest half of the unit. The limits are
choices of this project, not measurements; `docs/explanation/silence.md` names them all.
"""

import dataclasses
import enum
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

WEEKS_BEFORE: Final = 8
DAY_BEGINS: Final = 6
DAY_ENDS: Final = 20
"""Hours of the asker's own day; before and after them, and on Saturday and Sunday, is night or weekend."""
KEPT: Final = timedelta(days=366)
"""How long a line of the digest is kept."""


class Rule(enum.StrEnum):
    """Why a week is unusual."""

    MUCH_MORE = "much_more"
    MANY_HITS = "many_hits"
    NIGHT_OR_WEEKEND = "night_or_weekend"
    BULK_WITHOUT_INTAKE = "bulk_without_intake"
    MANY_MISSES = "many_misses"
    WALKING = "walking"
    NEW_ASKER = "new_asker"
    MOSTLY_SILENT = "mostly_silent"


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """A rule that holds, the figure it holds by, and what is usual: numbers, or shares in per cent."""

    rule: Rule
    value: int
    usual: int


@dataclasses.dataclass(slots=True)
class PersonWeek:
    """What one person asked in one week."""

    calls: int = 0
    rows: int = 0
    hits: int = 0
    """Rows about which others said something."""
    misses: int = 0
    """Rows of which nobody said anything: not the unit itself, no list, nobody else."""
    odd_hours: int = 0
    """Calls at night or on a weekend, in the unit's own time."""
    neighbours: int = 0
    """Codes given without a digest that lie beside one asked about shortly before."""
    handed_in: int = 0
    """Files announced for handing in."""


@dataclasses.dataclass(slots=True)
class UnitWeek:
    """What one unit asked about one owner's holdings in one week, as the owner's notices tell it."""

    questions: int = 0
    silent: int = 0
    odd_hours: int = 0


def person_reasons(
    week: PersonWeek, before: Sequence[PersonWeek], colleagues: Sequence[PersonWeek]
) -> tuple[Reason, ...]:
    """Why this week is unusual for this person; empty when it is not. `before` has one entry for each earlier week."""
    return tuple(_of_person(week, before, colleagues))


def _of_person(
    week: PersonWeek, before: Sequence[PersonWeek], colleagues: Sequence[PersonWeek]
) -> Iterator[Reason]:
    rows = max(_median([one.rows for one in before]), _median([one.rows for one in colleagues]))
    if week.rows >= 200 and week.rows >= 5 * rows:
        yield Reason(Rule.MUCH_MORE, week.rows, rows)
    usual = _usual([(one.hits, one.rows) for one in before], [(one.hits, one.rows) for one in colleagues])
    share = _share(week.hits, week.rows)
    if week.hits >= 10 and share >= 20 and share >= 3 * usual:
        yield Reason(Rule.MANY_HITS, share, usual)
    usual = _usual(
        [(one.odd_hours, one.calls) for one in before], [(one.odd_hours, one.calls) for one in colleagues]
    )
    share = _share(week.odd_hours, week.calls)
    if week.odd_hours >= 5 and share >= 50 and share >= 2 * usual:
        yield Reason(Rule.NIGHT_OR_WEEKEND, share, usual)
    if week.rows >= 1_000 and week.handed_in == 0:
        yield Reason(Rule.BULK_WITHOUT_INTAKE, week.rows, _median([one.handed_in for one in before]))
    usual = _usual([(one.misses, one.rows) for one in before], [(one.misses, one.rows) for one in colleagues])
    share = _share(week.misses, week.rows)
    if week.rows >= 200 and share >= 95 and 0 < usual <= share - 15:
        yield Reason(Rule.MANY_MISSES, share, usual)
    if week.neighbours >= 8:
        yield Reason(Rule.WALKING, week.neighbours, _median([one.neighbours for one in before]))


def unit_reasons(
    week: UnitWeek, before: Sequence[UnitWeek], others: Sequence[UnitWeek]
) -> tuple[Reason, ...]:
    """Why this week of this asker is unusual for this owner; `others` are the owner's other askers of the week."""
    return tuple(_of_unit(week, before, others))


def _of_unit(week: UnitWeek, before: Sequence[UnitWeek], others: Sequence[UnitWeek]) -> Iterator[Reason]:
    own = _median([one.questions for one in before])
    usual = max(own, _median([one.questions for one in others]))
    if week.questions >= 20 and week.questions >= 5 * usual:
        yield Reason(Rule.MUCH_MORE, week.questions, usual)
    if week.questions >= 10 and not any(one.questions for one in before):
        yield Reason(Rule.NEW_ASKER, week.questions, 0)
    silent = _share(week.silent, week.questions)
    usual = _usual([(one.silent, one.questions) for one in before], ())
    if week.silent >= 10 and silent >= 50 and silent >= 2 * usual:
        yield Reason(Rule.MOSTLY_SILENT, silent, usual)
    odd = _share(week.odd_hours, week.questions)
    usual = _usual([(one.odd_hours, one.questions) for one in before], ())
    if week.odd_hours >= 10 and odd >= 50 and odd >= 2 * usual:
        yield Reason(Rule.NIGHT_OR_WEEKEND, odd, usual)


def is_odd_hour(moment: datetime, zone: tzinfo) -> bool:
    """Whether it is night or weekend where the asker's unit is."""
    there = moment.astimezone(zone)
    return there.weekday() >= 5 or not DAY_BEGINS <= there.hour < DAY_ENDS


def monday_of(day: date) -> date:
    """The first day of the week."""
    return day - timedelta(days=day.weekday())


def last_whole_week(now: datetime) -> date:
    """The Monday of the newest week that is over (UTC)."""
    return monday_of(now.astimezone(UTC).date()) - timedelta(weeks=1)


def _median(numbers: Sequence[int]) -> int:
    return round(statistics.median(numbers)) if numbers else 0


def _share(part: int, whole: int) -> int:
    return part * 100 // whole if whole else 0


def _usual(before: Sequence[tuple[int, int]], colleagues: Sequence[tuple[int, int]]) -> int:
    """The higher of two median shares; weeks and people without any question say nothing."""
    shares = [[_share(*one) for one in some if one[1]] for some in (before, colleagues)]
    return max(_median(shares[0]), _median(shares[1]))
