"""A national gateway answers for its people: it gives and takes their rights, and nobody decides on their own."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from factories.people import Somebody, add_person, add_unit
from support import database as ground
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.errors import Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import Reason
from vigie.rooms.accounts import operations, queries
from vigie.rooms.accounts.rules import (
    COUNTRY_ROLES,
    INSTALLATION_ROLES,
    STAFF_ROLES,
    Subject,
    against_deciding,
    urgency,
)
from vigie.rooms.accounts.schemas import Access
from vigie.rooms.units.queries import unit_by_code

pytestmark = pytest.mark.usefixtures("database")


class Ground:
    """Alvania with a gateway, Borduvia without; the administrator sits in Borduvia."""

    def __init__(self) -> None:
        for code, country in (
            ("alv-ncb", "ALV"),
            ("alv-viu", "ALV"),
            ("bor-office", "BOR"),
            ("bor-viu", "BOR"),
        ):
            add_unit(code, country)
        self.galia = add_person("galia", "alv-ncb", Role.GATEWAY, certified_days=0)
        self.anna = add_person("anna", "bor-office", Role.ADMINISTRATOR, certified_days=0)
        self.ines = add_person("ines", "alv-viu", certified_days=0)
        self.bruno = add_person("bruno", "bor-viu", certified_days=0)


@pytest.fixture
def ground_of_two(database: None) -> Ground:
    return Ground()


def now(person: Somebody, **later: float) -> Actor:
    user = queries.person_of(person.user.id)
    assert user is not None
    moment = utc_now() + timedelta(**later)
    return queries.actor_for(user, now=moment, confirmed_at=moment)


def by(person: Somebody, act: Callable[[Actor], Any]) -> Any:
    actor = now(person)
    with act_as(actor, clock=utc_now):
        return act(actor)


def refused(person: Somebody, act: Callable[[Actor], Any]) -> str:
    with pytest.raises(Refused) as caught:
        by(person, act)
    return caught.value.code


def role(person: Somebody, wanted: Role = Role.SUPERVISOR) -> Callable[[Actor], Any]:
    return lambda actor: operations.grant_role(actor, user_id=person.user.id, role=wanted)


def certificate(person: Somebody, **changes: Any) -> Callable[[Actor], Any]:
    moment = utc_now()
    given: dict[str, Any] = {
        "user_id": person.user.id,
        "course": "Victim identification",
        "issuer": "Police school",
        "passed_on": moment.date(),
        "valid_from": moment,
        "valid_until": moment + timedelta(days=365),
    }
    return lambda actor: operations.grant_certificate(actor, **(given | changes))


def confirm(person: Somebody) -> Callable[[Actor], Any]:
    return lambda actor: operations.confirm_access(actor, user_id=person.user.id)


def suspend(person: Somebody) -> Callable[[Actor], Any]:
    return lambda actor: operations.suspend_access(actor, user_id=person.user.id, why="left the unit")


def last_line() -> AuditEvent:
    return AuditEvent.objects.using("auditor").order_by("id").last()  # type: ignore[return-value]  # there is one


def reviewed(days_ago: float, *names: str) -> None:
    with ground.administrator() as connection:
        connection.execute(
            "UPDATE accounts_user SET reviewed_at = now() - %s WHERE username = ANY(%s)",
            [timedelta(days=days_ago), list(names)],
        )


class TestRights:
    """Who decides: the country's gateway; the administrator where there is none; never the person."""

    def test_a_gateway_gives_and_takes_rights_in_every_unit_of_its_country(
        self, ground_of_two: Ground
    ) -> None:
        galia, ines = ground_of_two.galia, ground_of_two.ines
        by(galia, role(ines))
        by(galia, certificate(ines))
        assert now(ines).roles == {Role.INVESTIGATOR, Role.SUPERVISOR}
        assert now(ines).certified_until is not None
        assert last_line().concerned == [ines.user.unit_id]
        by(galia, lambda actor: operations.revoke_role(actor, user_id=ines.user.id, role=Role.SUPERVISOR))
        assert now(ines).roles == {Role.INVESTIGATOR}

    @pytest.mark.parametrize("act", [role, certificate, confirm, suspend])
    def test_people_of_other_countries_are_nobody_to_it(self, ground_of_two: Ground, act: Any) -> None:
        with pytest.raises(NotFound):
            by(ground_of_two.galia, act(ground_of_two.bruno))

    @pytest.mark.parametrize("act", [role, certificate, confirm])
    def test_an_administrator_decides_only_where_there_is_no_gateway(
        self, ground_of_two: Ground, act: Any
    ) -> None:
        assert refused(ground_of_two.anna, act(ground_of_two.ines)) == Reason.GATEWAY_DECIDES
        assert last_line().reason == "gateway-decides"
        by(ground_of_two.anna, act(ground_of_two.bruno))

    @pytest.mark.parametrize("act", [role, certificate, confirm, suspend])
    def test_nobody_decides_on_themselves(self, ground_of_two: Ground, act: Any) -> None:
        for person in (ground_of_two.galia, ground_of_two.anna):
            assert refused(person, act(person)) == Reason.OWN_RIGHTS

    @pytest.mark.parametrize("act", [role, certificate, confirm, suspend])
    def test_nor_with_a_second_account_of_theirs(self, ground_of_two: Ground, act: Any) -> None:
        second = add_person("galia.2", "alv-ncb", Role.INVESTIGATOR)
        by(
            ground_of_two.anna,
            lambda actor: operations.join_accounts(
                actor, user_id=second.user.id, same_as=ground_of_two.galia.user.id
            ),
        )
        assert refused(ground_of_two.galia, act(second)) == Reason.OWN_RIGHTS

    def test_nobody_takes_their_own_role_either(self, ground_of_two: Ground) -> None:
        anna = ground_of_two.anna
        own = partial(operations.revoke_role, user_id=anna.user.id, role=Role.ADMINISTRATOR)
        assert refused(anna, own) == Reason.OWN_RIGHTS

    def test_the_only_gateway_officer_is_looked_after_by_the_administrator(
        self, ground_of_two: Ground
    ) -> None:
        by(ground_of_two.anna, certificate(ground_of_two.galia))
        by(ground_of_two.galia, role(ground_of_two.ines, Role.GATEWAY))
        assert refused(ground_of_two.anna, certificate(ground_of_two.galia)) == Reason.GATEWAY_DECIDES
        by(ground_of_two.ines, certificate(ground_of_two.galia))

    @pytest.mark.parametrize("wanted", sorted(INSTALLATION_ROLES))
    def test_roles_that_reach_beyond_a_country_are_the_administrators_to_give_and_take(
        self, ground_of_two: Ground, wanted: Role
    ) -> None:
        ines, galia = ground_of_two.ines, ground_of_two.galia
        take = partial(operations.revoke_role, user_id=ines.user.id, role=wanted)
        assert refused(galia, role(ines, wanted)) == Reason.NO_ROLE
        by(ground_of_two.anna, role(ines, wanted))
        for act in (take, suspend(ines), confirm(ines)):
            assert refused(galia, act) == Reason.NO_ROLE
        by(ground_of_two.anna, confirm(ines))
        by(ground_of_two.anna, take)

    def test_a_gateway_adds_people_to_units_of_its_country_only(self, ground_of_two: Ground) -> None:
        def add(name: str, unit: str) -> Callable[[Actor], Any]:
            return lambda actor: operations.add_user(
                actor, username=name, display_name=name, unit=unit_by_code(unit), language="en"
            )

        added = by(ground_of_two.galia, add("omar", "alv-viu"))
        assert last_line().subject_id == added.user
        with pytest.raises(NotFound):
            by(ground_of_two.galia, add("olga", "bor-viu"))

    def test_a_gateway_alone_acts_for_no_purpose_that_reads_cases(self, ground_of_two: Ground) -> None:
        assert now(ground_of_two.galia).purpose is Purpose.OVERSIGHT

    def test_rights_are_given_after_a_fresh_sign_in_only(self, ground_of_two: Ground) -> None:
        galia, ines = ground_of_two.galia, ground_of_two.ines
        old = queries.actor_for(galia.user, now=utc_now(), confirmed_at=utc_now() - timedelta(minutes=6))
        for act in (role(ines), certificate(ines), confirm(ines)):
            with pytest.raises(StepUpNeeded), act_as(old, clock=utc_now):
                act(old)

    def test_without_the_role_of_either_nobody_decides(self) -> None:
        someone = uuid.uuid4()
        from factories.actors import investigator

        supervisor = investigator(roles=frozenset({Role.SUPERVISOR}))
        subject = Subject(someone, "ALV", has_gateway=False)
        assert against_deciding(supervisor, subject) is Reason.NO_ROLE

    def test_every_role_of_people_is_one_of_a_country_or_of_the_installation(self) -> None:
        assert {role for role in Role if "service" not in role.name.lower()} == STAFF_ROLES
        assert not COUNTRY_ROLES & INSTALLATION_ROLES


class TestCertificates:
    """A certificate names its course, its day and who vouches for it, and runs two years at most."""

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"issuer": " "}, "who held it"),
            ({"course": ""}, "who held it"),
            ({"passed_on": (utc_now() + timedelta(days=1)).date()}, "the day its course was passed"),
            ({"valid_until": utc_now() + timedelta(days=733)}, "731 days at most"),
            ({"valid_until": utc_now() - timedelta(days=1)}, "ends after it begins"),
        ],
    )
    def test_what_it_must_say(self, ground_of_two: Ground, changes: dict[str, Any], said: str) -> None:
        with pytest.raises(Invalid, match=said):
            by(ground_of_two.galia, certificate(ground_of_two.ines, **changes))

    def test_it_is_listed_for_who_looks_after_the_person(self, ground_of_two: Ground) -> None:
        galia, ines = ground_of_two.galia, ground_of_two.ines
        by(galia, certificate(ines))
        [shown] = by(galia, lambda actor: queries.certificates(actor, ines.user.id))
        assert (shown.course, shown.issuer, shown.passed_on) == (
            "Victim identification",
            "Police school",
            utc_now().date(),
        )
        assert by(ground_of_two.bruno, lambda actor: queries.certificates(actor, ines.user.id)) == []

    def test_those_that_end_within_60_days_are_told_of(self, ground_of_two: Ground) -> None:
        galia = ground_of_two.galia
        for name, days in (("a59", 59), ("b61", 61), ("c7", 7)):
            add_person(name, "alv-viu", certified_days=days)
        add_person("d5", "bor-viu", certified_days=5)
        ending = by(galia, lambda actor: queries.endings(actor, now=utc_now()))
        assert [(one.username, one.days) for one in ending] == [("c7", 7), ("a59", 59)]
        later = utc_now() + timedelta(days=10)
        actor = now(galia)
        with act_as(actor, clock=utc_now):
            assert next(one.days for one in queries.endings(actor, now=later)) == 0  # it has ended

    @pytest.mark.parametrize(
        ("days", "mark"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7)]
    )
    def test_reminders_come_at_60_30_and_7_days(self, days: int, mark: int | None) -> None:
        assert urgency(days) == mark


class TestReview:
    """Access is confirmed every 90 days; unconfirmed it is suspended, and a confirmation gives it back."""

    @pytest.mark.parametrize(
        ("days", "access"),
        [
            (0, Access.CONFIRMED),
            (75, Access.CONFIRMED),
            (77, Access.DUE),
            (89, Access.DUE),
            (91, Access.OVERDUE),
        ],
    )
    def test_it_is_due_14_days_before_the_90th(
        self, ground_of_two: Ground, days: int, access: Access
    ) -> None:
        reviewed(days, "ines")
        found = by(ground_of_two.galia, lambda a: queries.person(a, "ines", now=utc_now()))
        assert found.access is access
        open_now = now(ground_of_two.ines).access_until
        assert open_now is not None
        assert (open_now > utc_now()) is (access is not Access.OVERDUE)

    def test_who_was_not_confirmed_may_do_nothing_until_they_are(self, ground_of_two: Ground) -> None:
        reviewed(91, "ines")
        own = partial(operations.set_preferences, language="fr", theme="dark")
        assert refused(ground_of_two.ines, own) == Reason.ACCESS_SUSPENDED
        by(ground_of_two.galia, confirm(ground_of_two.ines))
        assert last_line().verb == "account:access:confirm"
        by(ground_of_two.ines, own)

    def test_access_that_was_taken_ends_every_sign_in_and_comes_back_with_a_confirmation(
        self, ground_of_two: Ground
    ) -> None:
        galia, ines = ground_of_two.galia, ground_of_two.ines
        issued = by(ines, lambda actor: operations.issue_token(actor, label="t"))
        by(galia, suspend(ines))
        line = last_line()
        assert (line.facts["sessions"], "left" in str(line.facts)) == (1, False)
        assert queries.actor_for_token(issued.token, now=utc_now()) is None
        assert by(galia, lambda a: queries.person(a, "ines", now=utc_now())).access is Access.SUSPENDED
        by(galia, confirm(ines))
        assert now(ines).access_until > utc_now()  # type: ignore[operator]  # set for people
        assert queries.actor_for_token(issued.token, now=utc_now()) is None  # the old sign-in stays ended

    def test_an_administrator_may_shut_anybody_out(self, ground_of_two: Ground) -> None:
        by(ground_of_two.anna, suspend(ground_of_two.ines))
        assert now(ground_of_two.ines).access_until < utc_now()  # type: ignore[operator]  # set when taken

    def test_a_gateway_that_is_overdue_is_confirmed_by_the_administrator(self, ground_of_two: Ground) -> None:
        reviewed(91, "galia", "ines")
        assert refused(ground_of_two.galia, confirm(ground_of_two.ines)) == Reason.ACCESS_SUSPENDED
        by(ground_of_two.anna, confirm(ground_of_two.galia))
        by(ground_of_two.galia, confirm(ground_of_two.ines))

    def test_two_overdue_officers_of_one_country_do_not_wait_for_each_other(
        self, ground_of_two: Ground
    ) -> None:
        by(ground_of_two.galia, role(ground_of_two.ines, Role.GATEWAY))
        reviewed(91, "galia", "ines")
        by(ground_of_two.anna, confirm(ground_of_two.galia))

    def test_the_last_who_could_let_anybody_in_is_not_locked_out(self, ground_of_two: Ground) -> None:
        reviewed(91, "anna", "galia", "ines", "bruno")
        assert now(ground_of_two.anna).access_until is None
        assert now(ground_of_two.bruno).access_until is not None
        by(ground_of_two.anna, confirm(ground_of_two.galia))
        by(ground_of_two.anna, confirm(ground_of_two.bruno))
        assert now(ground_of_two.anna).access_until is None  # a gateway cannot confirm an administrator

    def test_what_was_taken_from_the_last_stays_taken(self, ground_of_two: Ground) -> None:
        with ground.administrator() as connection:
            connection.execute("UPDATE accounts_user SET suspended_at = now() WHERE username = 'anna'")
        assert now(ground_of_two.anna).access_until is not None

    def test_whom_to_ask_is_the_gateways_desk(self, ground_of_two: Ground) -> None:
        assert queries.gateway_units("ALV", now=utc_now()) == [ground_of_two.galia.user.unit_id]
        assert queries.gateway_units("BOR", now=utc_now()) == []
        by(ground_of_two.anna, suspend(ground_of_two.galia))
        assert queries.gateway_units("ALV", now=utc_now()) == []
