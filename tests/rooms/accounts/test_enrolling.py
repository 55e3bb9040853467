"""Enrolment: one code, one use, any alphabet, and then the second factor."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from factories.people import add_person, add_unit
from support import database as ground
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations
from vigie.rooms.accounts.schemas import Enrolment
from vigie.rooms.units.queries import unit_by_code

pytestmark = pytest.mark.usefixtures("database")
GOOD = "une lampe dessinée à côté"


@pytest.fixture
def enrolment(database: None) -> Enrolment:
    add_unit("alv-viu", "ALV")
    anna = add_person("anna", "alv-viu", Role.ADMINISTRATOR)
    with act_as(anna.actor, clock=utc_now):
        added = operations.add_user(
            anna.actor, username="omar", display_name="Omar", unit=unit_by_code("alv-viu"), language="fr"
        )
        operations.grant_role(anna.actor, user_id=added.user, role=Role.INVESTIGATOR)
    return added


def chosen(enrolment: Enrolment, password: str = GOOD, again: str | None = None) -> tuple[int, str]:
    answer = Client().post(
        f"/enrol/{enrolment.code}/", {"password": password, "again": password if again is None else again}
    )
    return answer.status_code, answer.headers.get("Location", "")


def test_a_password_of_any_alphabet_is_taken_and_the_second_factor_follows(enrolment: Enrolment) -> None:
    client = Client()
    assert "Omar" in client.get(f"/enrol/{enrolment.code}/").content.decode()
    answer = client.post(f"/enrol/{enrolment.code}/", {"password": GOOD, "again": GOOD})
    assert answer.status_code == 302
    assert client.get("/")["Location"] == "/second-factor/set-up/"


def test_a_code_works_once(enrolment: Enrolment) -> None:
    assert chosen(enrolment)[0] == 302
    assert chosen(enrolment)[0] == 404
    assert Client().get(f"/enrol/{enrolment.code}/").status_code == 404


def test_a_code_ends_after_its_time(enrolment: Enrolment) -> None:
    with ground.administrator() as connection:
        connection.execute(
            "UPDATE accounts_user SET enrolment_until = %s WHERE username = 'omar'",
            [utc_now() - timedelta(seconds=1)],
        )
    assert chosen(enrolment)[0] == 404


@pytest.mark.parametrize(
    ("password", "again"), [(GOOD, GOOD + "."), (GOOD, ""), ("short", "short"), ("é", "e")]
)
def test_two_that_differ_or_one_that_is_weak_are_asked_for_again(
    enrolment: Enrolment, password: str, again: str
) -> None:
    assert chosen(enrolment, password, again) == (422, "")
    assert chosen(enrolment)[0] == 302


def test_an_unknown_code_and_an_ended_one_are_the_same_page(enrolment: Enrolment) -> None:
    def page(code: str) -> str:
        text = Client().get(f"/enrol/{code}/").content.decode().replace(code, "CODE")
        return re.sub(r"[A-Za-z0-9]{64}", "TOKEN", text)

    chosen(enrolment)
    assert page(enrolment.code) == page("x" * 43)
