"""The first page: what waits, in words, with the next act; never a picture."""

import pytest

from factories.cases import opened_exhibit
from factories.intake import opened_submission
from factories.media import stored_vault
from factories.people import Somebody, add_person, add_unit
from factories.web import browser
from vigie.kernel.permissions import Role
from vigie.kernel.vault import Vault

__all__ = ["stored_vault"]

pytestmark = pytest.mark.usefixtures("database")


def home(person: Somebody) -> str:
    answer = browser(person).get("/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<img" not in page
    return page


@pytest.fixture
def ines() -> Somebody:
    add_unit("alv", "ALV")
    return add_person("ines", "alv")


def test_a_new_unit_is_led_to_its_first_case(ines: Somebody) -> None:
    page = home(ines)
    assert "Your unit has no case yet" in page
    assert 'href="/cases/open/"' in page
    assert "Nobody asks anything just now." in page
    assert "No new match." in page
    assert "nothing waits" in page


def test_who_handed_nothing_in_is_led_to_the_newest_case(ines: Somebody) -> None:
    opened_exhibit(ines.actor, legal_basis="seizure")
    page = home(ines)
    assert "Your unit’s newest case" in page
    assert "C-1" in page


def test_who_handed_in_goes_on_where_they_stopped(ines: Somebody, stored_vault: Vault) -> None:
    exhibit = opened_exhibit(ines.actor, legal_basis="seizure")
    opened_submission(ines.actor, exhibit)
    page = home(ines)
    assert "Where you stopped" in page
    assert f"/exhibits/{exhibit}/" in page
    assert "Your unit’s newest case" in home(add_person("tomas", "alv"))


@pytest.mark.parametrize(("days", "said"), [(7, True), (12, True), (60, True), (61, False), (90, False)])
def test_a_certificate_about_to_end_is_said(ines: Somebody, days: int, said: bool) -> None:
    page = home(add_person("lea", "alv", certified_days=days))
    assert ("Your certificate ends in" in page) is said
    assert (f"ends in {days} days" in page) is said


def test_a_missing_certificate_is_said_and_matches_stay_shut(ines: Somebody) -> None:
    page = home(add_person("lea", "alv", certified_days=0))
    assert "You have no valid certificate" in page
    assert "Matches open again with a valid certificate." in page
    assert 'href="/cases/open/"' not in page


@pytest.mark.parametrize(
    ("role", "there", "missing"),
    [
        (Role.OVERSIGHT, ["/log/", "/units/"], ["/cases/", "/matches/", "/doctor/"]),
        (Role.ADMINISTRATOR, ["/doctor/", "/units/", "/people/"], ["/cases/", "/matches/", "/log/"]),
        (Role.GATEWAY, ["/units/", "/people/"], ["/cases/", "/matches/", "/log/", "/doctor/"]),
    ],
)
def test_others_find_what_is_theirs_and_no_door_that_is_shut(
    ines: Somebody, role: Role, there: list[str], missing: list[str]
) -> None:
    page = home(add_person("other", "alv", role, certified_days=0))
    assert "What you can do here" in page
    assert "certificate" not in page.split("<main")[1]
    for address in there:
        assert f'href="{address}"' in page
    for address in missing:
        assert f'<a href="{address}"' not in page
