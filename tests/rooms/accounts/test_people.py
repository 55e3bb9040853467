"""People: added once, enrolled once, and holding at each moment exactly the rights that stand."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from factories.people import PASSWORD, Somebody, add_person, add_unit
from support import database as ground
from vigie.kernel.actors import Actor, LogScope, Purpose, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations, queries
from vigie.rooms.accounts.backend import PlumbingBackend
from vigie.rooms.accounts.models import Certificate, User
from vigie.rooms.accounts.rules import is_username
from vigie.rooms.units.queries import unit_by_code

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def anna(database: None) -> Somebody:
    """The administrator, in an office of a country that has no gateway."""
    add_unit("alv-office", "ALV")
    add_unit("alv-viu", "ALV")
    return add_person("anna", "alv-office", Role.ADMINISTRATOR, certified_days=0)


@pytest.fixture
def ines(anna: Somebody) -> Somebody:
    return add_person("ines", "alv-viu")


def by(person: Somebody, act: Callable[[Actor], Any]) -> Any:
    """What the act gives, done by this person as they are now."""
    actor = now(person)
    with act_as(actor, clock=utc_now):
        return act(actor)


def now(person: Somebody, **later: float) -> Actor:
    user = queries.person_of(person.user.id)
    assert user is not None
    return queries.actor_for(user, now=utc_now() + timedelta(**later), confirmed_at=utc_now())


def last_line() -> AuditEvent:
    return AuditEvent.objects.using("auditor").order_by("id").last()  # type: ignore[return-value]  # there is one


class TestAdding:
    """A person is added by an administrator, under a name nobody has, with a code that is shown once."""

    def add(self, anna: Somebody, username: str = "omar") -> Any:
        return by(
            anna,
            lambda actor: operations.add_user(
                actor, username=username, display_name="Omar", unit=unit_by_code("alv-viu"), language="fr"
            ),
        )

    def test_only_the_digest_of_the_code_is_kept(self, anna: Somebody) -> None:
        enrolment = self.add(anna)
        with ground.administrator() as connection:
            [row] = connection.execute("SELECT * FROM accounts_user WHERE username = 'omar'").fetchall()
        assert enrolment.code not in str(row)
        assert queries.digest_of(enrolment.code) in str(row)
        assert timedelta(hours=71) < enrolment.expires_at - utc_now() <= timedelta(hours=72)

    def test_nobody_signs_in_before_enrolling(self, anna: Somebody) -> None:
        self.add(anna)
        for password in ("", "!", "omar", PASSWORD):
            assert PlumbingBackend().authenticate(None, username="omar", password=password) is None

    def test_a_name_is_taken_once_in_the_whole_installation(self, anna: Somebody) -> None:
        self.add(anna)
        with pytest.raises(Conflict, match="omar"):
            self.add(anna)

    def test_an_investigator_adds_nobody(self, ines: Somebody) -> None:
        with pytest.raises(Refused):
            self.add(ines)

    def test_the_unit_concerned_may_read_the_line(self, anna: Somebody) -> None:
        enrolment = self.add(anna)
        line = last_line()
        assert (line.subject_id, line.concerned) == (enrolment.user, [unit_by_code("alv-viu").unit])


class TestRoles:
    """Roles are given one by one, end with the next request, and services' roles are nobody's."""

    def test_a_role_is_held_from_the_next_request_until_it_is_taken(
        self, anna: Somebody, ines: Somebody
    ) -> None:
        by(anna, lambda actor: operations.grant_role(actor, user_id=ines.user.id, role=Role.SUPERVISOR))
        assert now(ines).roles == {Role.INVESTIGATOR, Role.SUPERVISOR}
        assert now(ines).log_scope is LogScope.UNIT
        by(anna, lambda actor: operations.revoke_role(actor, user_id=ines.user.id, role=Role.SUPERVISOR))
        assert now(ines).roles == {Role.INVESTIGATOR}
        assert last_line().concerned == [ines.user.unit_id]

    def test_a_role_held_already_is_held_once(self, anna: Somebody, ines: Somebody) -> None:
        for _ in range(2):
            by(anna, lambda actor: operations.grant_role(actor, user_id=ines.user.id, role=Role.OVERSIGHT))
        by(anna, lambda actor: operations.revoke_role(actor, user_id=ines.user.id, role=Role.OVERSIGHT))
        assert now(ines).roles == {Role.INVESTIGATOR}
        with pytest.raises(NotFound):
            by(anna, lambda actor: operations.revoke_role(actor, user_id=ines.user.id, role=Role.OVERSIGHT))

    @pytest.mark.parametrize("role", sorted(set(Role) - operations.STAFF_ROLES))
    def test_a_services_role_is_nobodys(self, anna: Somebody, ines: Somebody, role: Role) -> None:
        with pytest.raises(Invalid, match="not a role of people"):
            by(anna, lambda actor: operations.grant_role(actor, user_id=ines.user.id, role=role))

    def test_giving_a_role_needs_a_fresh_sign_in(self, anna: Somebody, ines: Somebody) -> None:
        actor = queries.actor_for(anna.user, now=utc_now(), confirmed_at=utc_now() - timedelta(minutes=6))
        with pytest.raises(StepUpNeeded), act_as(actor, clock=utc_now):
            operations.grant_role(actor, user_id=ines.user.id, role=Role.SUPERVISOR)

    def test_nobody_gives_a_role_to_nobody(self, anna: Somebody) -> None:
        with pytest.raises(NotFound):
            by(anna, lambda actor: operations.grant_role(actor, user_id=uuid.uuid4(), role=Role.OVERSIGHT))

    def test_who_only_administers_or_oversees_acts_for_no_purpose_that_reads_cases(
        self, anna: Somebody, ines: Somebody
    ) -> None:
        assert now(anna).purpose is Purpose.OVERSIGHT
        assert now(anna).readable_purposes == frozenset()
        assert now(ines).purpose is Purpose.VICTIM_IDENTIFICATION


class TestCertificates:
    """A certificate opens what needs one from its first to its last moment, and not after it was ended."""

    def grant(self, anna: Somebody, person: Somebody, begin: float, end: float) -> uuid.UUID:
        moment = utc_now()
        granted: uuid.UUID = by(
            anna,
            lambda actor: operations.grant_certificate(
                actor,
                user_id=person.user.id,
                course="Refresher",
                issuer="Police school",
                passed_on=(moment + timedelta(days=begin)).date(),
                valid_from=moment + timedelta(days=begin),
                valid_until=moment + timedelta(days=end),
            ),
        )
        return granted

    def test_the_latest_that_is_running_counts(self, anna: Somebody) -> None:
        person = add_person("omar", "alv-viu", certified_days=0)
        assert now(person).certified_until is None
        self.grant(anna, person, -5, -1)
        assert now(person).certified_until < utc_now()  # type: ignore[operator]  # shown as ended
        self.grant(anna, person, -1, 3)
        self.grant(anna, person, 10, 20)
        until = now(person).certified_until
        assert until is not None
        assert timedelta(days=2) < until - utc_now() < timedelta(days=4)
        later = now(person, days=11).certified_until
        assert later is not None
        assert later > until

    def test_one_that_was_ended_counts_no_more(self, anna: Somebody, ines: Somebody) -> None:
        row = Certificate.objects.using("plumbing")
        from vigie.kernel.scope import SystemPurpose

        [held] = row.system(SystemPurpose.SIGN_IN).filter(user=ines.user)
        by(anna, lambda actor: operations.revoke_certificate(actor, certificate_id=held.id))
        assert now(ines).certified_until is None
        assert last_line().concerned == [ines.user.unit_id]
        with pytest.raises(NotFound):
            by(anna, lambda actor: operations.revoke_certificate(actor, certificate_id=held.id))

    def test_one_that_ends_before_it_begins_is_refused(self, anna: Somebody, ines: Somebody) -> None:
        with pytest.raises(Invalid, match="ends after it begins"):
            self.grant(anna, ines, 2, 1)

    def test_an_administrator_of_another_unit_cannot_be_one_without_the_role(self, ines: Somebody) -> None:
        with pytest.raises(Refused):
            self.grant(ines, ines, 0, 1)


class TestTokens:
    """A command-line sign-in is one person's, in one unit, for eight hours, and as fresh as the sign-in behind it."""

    def issue(self, person: Somebody) -> Any:
        return by(person, lambda actor: operations.issue_token(actor, label="x" * 200))

    def test_it_stands_for_its_person_until_it_ends(self, ines: Somebody) -> None:
        issued = self.issue(ines)
        actor = queries.actor_for_token(issued.token, now=utc_now())
        assert actor is not None
        assert (actor.id, actor.unit) == (ines.user.id, ines.user.unit_id)
        assert queries.actor_for_token(issued.token, now=issued.expires_at) is None
        assert issued.expires_at - utc_now() <= timedelta(hours=8)

    def test_one_that_was_issued_later_than_now_does_not_count(self, ines: Somebody) -> None:
        """A clock that was set back by an hour must not give anybody an hour more."""
        issued = self.issue(ines)
        assert queries.actor_for_token(issued.token, now=utc_now() - timedelta(seconds=50)) is not None
        assert queries.actor_for_token(issued.token, now=utc_now() - timedelta(hours=1)) is None

    def test_it_is_no_way_round_step_up(self, ines: Somebody) -> None:
        confirmed = utc_now() - timedelta(minutes=4)
        actor = queries.actor_for(ines.user, now=utc_now(), confirmed_at=confirmed)
        with act_as(actor, clock=utc_now):
            issued = operations.issue_token(actor, label="t")
        behind = queries.actor_for_token(issued.token, now=utc_now())
        assert behind is not None
        assert behind.confirmed_at == confirmed

    def test_nobody_whose_sign_in_was_not_confirmed_gets_one(self, ines: Somebody) -> None:
        actor = queries.actor_for(ines.user, now=utc_now(), confirmed_at=None)
        with pytest.raises(StepUpNeeded), act_as(actor, clock=utc_now):
            operations.issue_token(actor, label="t")

    def test_it_ends_with_all_the_others_of_its_person_and_of_nobody_else(self, ines: Somebody) -> None:
        omar = add_person("omar", "alv-viu")
        mine, other = [self.issue(ines) for _ in range(2)], self.issue(omar)
        assert by(ines, operations.revoke_tokens) == 2
        assert [queries.actor_for_token(one.token, now=utc_now()) for one in mine] == [None, None]
        assert queries.actor_for_token(other.token, now=utc_now()) is not None

    @pytest.mark.parametrize("change", ["is_active = false", "unit_id = %s"])
    def test_it_ends_when_its_person_leaves_or_changes_unit(self, ines: Somebody, change: str) -> None:
        issued = self.issue(ines)
        place = [unit_by_code("alv-office").unit] if "%s" in change else []
        with ground.administrator() as connection:
            connection.execute(f"UPDATE accounts_user SET {change} WHERE username = 'ines'".encode(), place)
        assert queries.actor_for_token(issued.token, now=utc_now()) is None

    def test_only_its_digest_is_kept(self, ines: Somebody) -> None:
        issued = self.issue(ines)
        with ground.administrator() as connection:
            rows = connection.execute("SELECT * FROM accounts_token").fetchall()
        assert issued.token not in str(rows)
        assert queries.actor_for_token("", now=utc_now()) is None


class TestPasswords:
    """A password is checked without saying which half was wrong, and a weak one is refused with its reasons."""

    def test_the_right_one_signs_in_and_no_other(self, ines: Somebody) -> None:
        backend = PlumbingBackend()
        assert backend.authenticate(None, username="ines", password=PASSWORD) == ines.user
        for name, password in (
            ("ines", "wrong"),
            ("nobody", PASSWORD),
            ("ines", None),
            (None, PASSWORD),
            ("", ""),
        ):
            assert backend.authenticate(None, username=name, password=password) is None
        assert backend.get_user(ines.user.id) == ines.user
        assert backend.get_user(uuid.uuid4()) is None

    @pytest.mark.parametrize("weak", ["short", "password1234"])
    def test_a_weak_one_is_refused(self, ines: Somebody, weak: str) -> None:
        with pytest.raises(Invalid):
            by(ines, lambda actor: operations.set_password(actor, password=weak))
        assert PlumbingBackend().authenticate(None, username="ines", password=PASSWORD) is not None

    def test_it_is_never_in_the_log(self, ines: Somebody) -> None:
        by(ines, lambda actor: operations.set_password(actor, password="another drawn lamp, taller"))
        with ground.administrator() as connection:
            everything = str(connection.execute("SELECT * FROM audit_event").fetchall())
        assert "drawn lamp" not in everything


def test_a_person_who_left_is_nobody(anna: Somebody, ines: Somebody) -> None:
    with ground.administrator() as connection:
        connection.execute("UPDATE accounts_user SET is_active = false WHERE username = 'ines'")
    assert queries.person_of(ines.user.id) is None
    assert PlumbingBackend().authenticate(None, username="ines", password=PASSWORD) is None
    with pytest.raises(NotFound):
        by(anna, lambda actor: queries.user_id(actor, "ines"))


def test_people_are_found_by_those_who_look_after_them(anna: Somebody, ines: Somebody) -> None:
    add_unit("bor-viu", "BOR")
    bruno = add_person("bruno", "bor-viu", Role.SUPERVISOR)

    def names(person: Somebody) -> set[str]:
        return {one.username for one in by(person, lambda actor: queries.people(actor, now=utc_now()))}

    assert names(anna) == {"anna", "ines", "bruno"}
    assert names(bruno) == {"bruno"}
    with pytest.raises(Refused):
        names(ines)
    assert by(anna, lambda actor: queries.user_id(actor, "bruno")) == bruno.user.id
    with pytest.raises(NotFound):
        by(bruno, lambda actor: queries.user_id(actor, "ines"))
    [shown] = [one for one in by(anna, lambda a: queries.people(a, now=utc_now())) if one.username == "ines"]
    assert (shown.roles, shown.display_name) == ((Role.INVESTIGATOR,), "Ines")
    assert shown.certified_until is not None


def test_a_user_is_never_made_past_the_operation() -> None:
    with pytest.raises(RuntimeError, match=r"accounts\.add_user"):
        User.objects.create_user("x")


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        *[(name, True) for name in ("ines", "a-b.c_9", "a" * 60)],
        *[(name, False) for name in ("ab", "9ab", "Ines", "inès", "a" * 61, "ines\n", "ines.", "")],
    ],
)
def test_a_name_can_be_typed_on_every_keyboard(name: str, fits: bool) -> None:
    assert is_username(name) is fits


class TestOneHumanBeing:
    """Two accounts of one person are known as such, by the administrator's word, and are never parted again."""

    def persons(self, *people: Somebody) -> list[uuid.UUID]:
        return [User.objects.using("plumbing").get(id=one.user.id).natural_person for one in people]

    def join(self, anna: Somebody, one: Somebody, other: Somebody) -> None:
        by(anna, lambda actor: operations.join_accounts(actor, user_id=one.user.id, same_as=other.user.id))

    def test_every_account_is_a_person_of_its_own(self, anna: Somebody, ines: Somebody) -> None:
        assert len(set(self.persons(anna, ines))) == 2
        assert now(ines).natural_person == self.persons(ines)[0]

    def test_joining_holds_for_all_that_were_joined_before(self, anna: Somebody, ines: Somebody) -> None:
        second, third = add_person("ines.2", "alv-viu"), add_person("ines.3", "alv-viu")
        self.join(anna, second, ines)
        self.join(anna, second, third)
        assert len(set(self.persons(ines, second, third))) == 1
        line = last_line()
        assert (line.verb, line.facts["same_as"]) == ("account:person:join", str(third.user.id))

    def test_a_second_account_is_joined_when_it_is_made(self, anna: Somebody, ines: Somebody) -> None:
        made = by(
            anna,
            lambda actor: operations.add_user(
                actor,
                username="ines.2",
                display_name="Ines",
                unit=unit_by_code("alv-viu"),
                language="en",
                same_person_as=ines.user.id,
            ),
        )
        user = queries.person_of(made.user)
        assert user is not None
        assert [user.natural_person] == self.persons(ines)

    def test_only_an_administrator_who_is_freshly_signed_in_joins(
        self, anna: Somebody, ines: Somebody
    ) -> None:
        with pytest.raises(Refused):
            self.join(ines, ines, anna)
        old = queries.actor_for(anna.user, now=utc_now(), confirmed_at=utc_now() - timedelta(minutes=6))
        with pytest.raises(StepUpNeeded), act_as(old, clock=utc_now):
            operations.join_accounts(old, user_id=ines.user.id, same_as=anna.user.id)

    def test_an_account_that_is_not_there_is_not_found(self, anna: Somebody, ines: Somebody) -> None:
        with pytest.raises(NotFound):
            by(
                anna,
                lambda actor: operations.join_accounts(actor, user_id=ines.user.id, same_as=uuid.uuid4()),
            )
