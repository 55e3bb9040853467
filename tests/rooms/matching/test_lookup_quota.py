"""Every look-up counts against one quota of person, unit and day; what a supervisor released does not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from factories.clients import terminal
from factories.people import add_person
from factories.web import lines_of
from rooms.matching.asking import at
from rooms.matching.looking_up import Desk, desk, sha256
from support.database import administrator
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.matching import operations
from vigie.rooms.matching.operations import DailyLimits, Place, QuotaSpent
from vigie.rooms.matching.rules.lookups import Variants, end_of_day

pytestmark = pytest.mark.usefixtures("database", "matcher")


@pytest.fixture
def alvania(database: None) -> Desk:
    return desk("ALV")


def limited(person: int, unit: int = 1_000) -> override_settings:
    changed = settings.VIGIE.model_copy(update={"lookups_person_day": person, "lookups_unit_day": unit})
    return override_settings(VIGIE=changed)


def rows(first: int, count: int) -> list[dict[str, str]]:
    return [sha256(bytes([first + n])) for n in range(count)]


def counts() -> list[tuple[int, int]]:
    with administrator() as look:
        return look.execute("SELECT asked, released FROM matching_lookupcount ORDER BY id").fetchall()


def test_calls_of_a_day_add_up_and_what_is_over_is_refused_whole(alvania: Desk) -> None:
    with limited(person=5):
        assert alvania.told(*rows(0, 3))["quota"]["left"] == 2
        refused = alvania.ask(*rows(10, 3))
        assert refused.status_code == 429
        assert refused.headers["Content-Type"] == "application/problem+json"
        problem = refused.json()
        assert problem["code"] == "quota-spent"
        assert problem["detail"].startswith("2 more hashes may be looked up until ")
        assert end_of_day(utc_now()).strftime("%Y-%m-%d 00:00") in problem["detail"]
        assert alvania.told(*rows(10, 2))["quota"]["left"] == 0
    assert counts() == [(5, 0)]
    outcomes = [(outcome, reason) for outcome, reason, _ in lines_of("match:lookup:ask")]
    assert outcomes == [("done", ""), ("refused", "quota-spent"), ("done", "")]


def test_colleagues_share_the_units_limit_and_other_units_have_their_own(alvania: Desk) -> None:
    colleague = terminal(add_person("second", "alv-viu"))
    borellia = desk("BOR")
    with limited(person=4, unit=6):
        alvania.told(*rows(0, 4))
        assert alvania.ask(*rows(0, 3), client=colleague).status_code == 429
        assert alvania.told(*rows(0, 2), client=colleague)["quota"]["left"] == 0
        assert borellia.told(*rows(0, 4))["quota"]["left"] == 0


def test_a_new_day_begins_at_zero(alvania: Desk) -> None:
    actor, place = alvania.investigator.actor, Place(alvania.case, alvania.exhibit)
    limits = DailyLimits(person=2, unit=2)
    for days in (0, 1):
        with act_as(actor, clock=at(utc_now() + timedelta(days=days))):
            answer = operations.look_up_hashes(actor, place, rows(0, 2), Variants.ONE, limits)
            assert answer.quota.left == 0
    with pytest.raises(QuotaSpent), act_as(actor, clock=utc_now):
        operations.look_up_hashes(actor, place, rows(0, 1), Variants.ONE, limits)


def test_a_hash_counts_once_however_many_a_row_carries(alvania: Desk) -> None:
    told = alvania.told({**sha256(b"x"), "md5": "1f" * 16, "pdq": "4f" * 32})
    assert told["hashes"] == 3
    assert counts() == [(3, 0)]


def test_calls_at_the_same_moment_do_not_pass_the_limit_together(alvania: Desk) -> None:
    def call(first: int) -> int:
        try:
            return int(alvania.ask(*rows(first, 2)).status_code)
        finally:
            connections.close_all()

    with limited(person=5), ThreadPoolExecutor(4) as together:
        statuses = sorted(together.map(call, (0, 10, 20, 30)))
    assert statuses == [200, 200, 429, 429]
    assert counts() == [(4, 0)]
