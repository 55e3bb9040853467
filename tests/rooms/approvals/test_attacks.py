"""Four eyes: every way to do alone, too late, twice or otherwise what two persons must do together. None passes.

(Reference platform.md section 9, test 24.)
"""

import dataclasses
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import connections

from factories.approvals import Bell, bell
from factories.people import Somebody, add_person, add_unit
from support.database import administrator
from vigie.kernel import context, gate
from vigie.kernel.actors import Actor, ActorKind, Purpose, service_actor, utc_now
from vigie.kernel.errors import NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Permission, Role
from vigie.rooms.accounts import operations as accounts
from vigie.rooms.accounts.queries import actor_for, person_of
from vigie.rooms.approvals import operations, queries
from vigie.rooms.approvals.acts import From
from vigie.rooms.approvals.rules import State

Mount = Callable[["Two"], Any]


class Two:
    """Two supervisors of one unit, and whoever else tries."""

    def __init__(self) -> None:
        self.unit = add_unit("alv-viu", "ALV")
        self.foreign_unit = add_unit("bor-viu", "BOR")
        self.third_unit = add_unit("cas-viu", "CAS")
        self.first = add_person("ana", "alv-viu", Role.SUPERVISOR)
        self.second = add_person("ben", "alv-viu", Role.SUPERVISOR)
        self.third = add_person("cleo", "alv-viu", Role.SUPERVISOR)
        self.junior = add_person("dov", "alv-viu", Role.INVESTIGATOR)
        self.uncertified = add_person("eva", "alv-viu", Role.SUPERVISOR, certified_days=0)
        self.foreign = add_person("fay", "bor-viu", Role.SUPERVISOR)
        self.carer = add_person("gus", "alv-viu", Role.ADMINISTRATOR)
        self.bell = Bell()


def now(person: Somebody, **changes: Any) -> Actor:
    """The person as they stand at this moment, signed in just now."""
    user = person_of(person.user.id)
    assert user is not None
    return dataclasses.replace(actor_for(user, now=utc_now(), confirmed_at=utc_now()), **changes)


@pytest.fixture(scope="module")
def people(_database_server: None, django_db_blocker: Any) -> Iterator[Two]:
    from support import database as ground

    with django_db_blocker.unblock():
        yield Two()
        ground.empty()


@pytest.fixture
def two(people: Two, django_db_blocker: Any) -> Iterator[Two]:
    with django_db_blocker.unblock(), bell() as made:
        people.bell = made
        yield people


def approve(actor: Actor, public_id: uuid.UUID, *, at: datetime | None = None, shown: str = "") -> None:
    clock = utc_now if at is None else (lambda: at)
    with act_as(actor, clock=clock):
        operations.approve(actor, public_id, shown=shown)


def joined(carer: Actor, account: Somebody, same_as: Somebody) -> None:
    with act_as(carer, clock=utc_now):
        accounts.join_accounts(carer, user_id=account.user.id, same_as=same_as.user.id)


def as_app(actor: Actor, sql: str, *values: Any) -> None:
    """A statement past the program, with the database role the program has and its write gate open."""
    with context.acting_as(actor, clock=utc_now), gate.opened(), connections["default"].cursor() as cursor:
        cursor.execute(sql, values)


def insert_decision(actor: Actor, proposal: Any, person: uuid.UUID, at: datetime) -> None:
    as_app(
        actor,
        "INSERT INTO approvals_decision (id, owner_unit, owner_country, recorded_by, recorded_at, parties, reach, "
        "decision, natural_person, words, person_id, proposal_id) SELECT gen_random_uuid(), %s, %s, %s, %s, ARRAY[%s], "
        "'unit', 'approved', gen_random_uuid(), '', %s, id FROM approvals_proposal WHERE public_id = %s",
        actor.unit, actor.country, actor.id, at, actor.unit, person, proposal.public_id,
    )  # fmt: skip


def admin_writes(sql: str, *values: Any) -> None:
    with administrator() as connection:
        connection.execute(sql.encode(), values)


# --- alone ------------------------------------------------------------------------------------------------------


def self_approval(two: Two) -> None:
    approve(now(two.first), two.bell.proposed(now(two.first)).public_id)


def self_approval_in_another_session(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    approve(now(two.first, confirmed_at=utc_now() + timedelta(seconds=1)), made.public_id)


def self_approval_with_more_roles(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    approve(now(two.first, roles=frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})), made.public_id)


def self_approval_with_the_digest(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    approve(now(two.first), made.public_id, shown=made.digest)


def self_approval_as_another_natural_person(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    approve(now(two.first, natural_person=uuid.uuid4()), made.public_id)


def second_account_of_one_person(two: Two) -> None:
    carer = now(two.carer)
    twin = add_person(f"twin-{uuid.uuid4().hex[:8]}", "alv-viu", Role.SUPERVISOR)
    joined(carer, twin, two.first)
    approve(now(twin), two.bell.proposed(now(two.first)).public_id)


def second_account_joined_after_the_proposal(two: Two) -> None:
    twin = add_person(f"twin-{uuid.uuid4().hex[:8]}", "alv-viu", Role.SUPERVISOR)
    made = two.bell.proposed(now(two.first))
    joined(now(two.carer), twin, two.first)
    approve(now(twin), made.public_id)


def first_account_joined_to_the_second_after_the_proposal(two: Two) -> None:
    twin, other = (
        add_person(f"{word}-{uuid.uuid4().hex[:8]}", "alv-viu", Role.SUPERVISOR) for word in ("twin", "other")
    )
    made = two.bell.proposed(now(other))
    joined(now(two.carer), other, twin)
    approve(now(twin), made.public_id)


def second_account_joined_to_a_third_to_part_it(two: Two) -> None:
    twin, other, stranger = (
        add_person(f"{word}-{uuid.uuid4().hex[:8]}", "alv-viu", Role.SUPERVISOR)
        for word in ("twin", "other", "stranger")
    )
    joined(now(two.carer), twin, other)
    made = two.bell.proposed(now(other))
    joined(now(two.carer), twin, stranger)
    approve(now(twin), made.public_id)


def account_closed_after_proposing(two: Two) -> None:
    leaver = add_person(f"leaver-{uuid.uuid4().hex[:8]}", "alv-viu", Role.SUPERVISOR)
    made = two.bell.proposed(now(leaver))
    admin_writes("UPDATE accounts_user SET is_active = false WHERE id = %s", leaver.user.id)
    approve(now(two.second), made.public_id)


# --- not a person, or not fit -----------------------------------------------------------------------------------


def service_as_second(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    machine = service_actor(
        Role.SERVICE_INTAKE, unit=two.unit, country="ALV", purpose=Purpose.VICTIM_IDENTIFICATION
    )
    approve(machine, made.public_id)


def service_with_a_supervisors_roles(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    approve(now(two.second, kind=ActorKind.SERVICE), made.public_id)


def in_the_name_of_somebody(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    approve(now(two.second, on_behalf_of=two.third.user.id), made.public_id)


def partner_as_second(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    approve(now(two.second, kind=ActorKind.PARTNER), made.public_id)


def service_as_first(two: Two) -> None:
    approve(now(two.second), two.bell.proposed(now(two.first, kind=ActorKind.SERVICE)).public_id)


def person_nobody_knows(two: Two) -> None:
    approve(now(two.second, natural_person=None), two.bell.proposed(now(two.first)).public_id)


def old_sign_in_of_the_second(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    approve(now(two.second, confirmed_at=utc_now() - timedelta(minutes=5, seconds=1)), made.public_id)


def no_confirmation_of_the_second(two: Two) -> None:
    approve(now(two.second, confirmed_at=None), two.bell.proposed(now(two.first)).public_id)


def old_sign_in_of_the_first(two: Two) -> None:
    old = now(two.first, confirmed_at=utc_now() - timedelta(minutes=5, seconds=1))
    approve(now(two.second), two.bell.proposed(old).public_id)


def second_without_a_certificate(two: Two) -> None:
    approve(now(two.uncertified), two.bell.proposed(now(two.first)).public_id)


def second_whose_certificate_ended(two: Two) -> None:
    ended = now(two.second, certified_until=utc_now() - timedelta(seconds=1))
    approve(ended, two.bell.proposed(now(two.first)).public_id)


def first_without_a_certificate(two: Two) -> None:
    approve(now(two.second), two.bell.proposed(now(two.uncertified)).public_id)


def second_whose_agreement_ended(two: Two) -> None:
    ended = now(two.second, agreement_until=utc_now())
    approve(ended, two.bell.proposed(now(two.first)).public_id)


def first_without_the_right(two: Two) -> None:
    approve(now(two.second), two.bell.proposed(now(two.junior)).public_id)


# --- the wrong unit ---------------------------------------------------------------------------------------------


def second_without_the_right(two: Two) -> None:
    approve(now(two.junior), two.bell.proposed(now(two.first)).public_id)


def second_of_a_unit_nobody_asked(two: Two) -> None:
    approve(now(two.foreign), two.bell.proposed(now(two.first)).public_id)


# --- too late, twice, otherwise ---------------------------------------------------------------------------------


def expired(two: Two) -> None:
    made, later = two.bell.proposed(now(two.first)), utc_now() + timedelta(hours=24, seconds=1)
    fresh = now(two.second, confirmed_at=later, certified_until=later + timedelta(days=1))
    approve(fresh, made.public_id, at=later)


def expired_this_very_moment(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    fresh = now(two.second, confirmed_at=made.expires_at)
    approve(fresh, made.public_id, at=made.expires_at)


def after_a_refusal(two: Two) -> None:
    made, second = two.bell.proposed(now(two.first)), now(two.second)
    with act_as(second, clock=utc_now):
        operations.refuse(second, made.public_id, "Not today.")
    approve(now(two.third), made.public_id)


def after_it_was_withdrawn(two: Two) -> None:
    first = now(two.first)
    made = two.bell.proposed(first)
    with act_as(first, clock=utc_now):
        operations.withdraw(first, made.public_id)
    approve(now(two.second), made.public_id)


def changed_since(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    two.bell.is_like = "red"
    approve(now(two.second), made.public_id)


def subject_gone_since(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    two.bell.is_like = None
    approve(now(two.second), made.public_id)


def another_digest_was_shown(two: Two) -> None:
    made, other = two.bell.proposed(now(two.first)), two.bell.proposed(now(two.first))
    approve(now(two.second), made.public_id, shown=other.digest)


def payload_rewritten_by_the_operator(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    admin_writes(
        'UPDATE approvals_proposal SET payload = \'{"tune":"alarm"}\' WHERE public_id = %s', made.public_id
    )
    approve(now(two.second), made.public_id)


def subject_rewritten_by_the_operator(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    admin_writes(
        "UPDATE approvals_proposal SET subject_id = gen_random_uuid() WHERE public_id = %s", made.public_id
    )
    approve(now(two.second), made.public_id)


def act_the_program_does_not_know(two: Two) -> None:
    made = two.bell.proposed(now(two.second))
    admin_writes("UPDATE approvals_proposal SET kind = 'of-old' WHERE public_id = %s", made.public_id)
    approve(now(two.second), made.public_id)


def withdrawn_by_another(two: Two) -> None:
    made, second = two.bell.proposed(now(two.first)), now(two.second)
    with act_as(second, clock=utc_now):
        operations.withdraw(second, made.public_id)


# --- past the program, with its own database role ---------------------------------------------------------------


def payload_rewritten_by_the_program(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    as_app(
        now(two.first), "UPDATE approvals_proposal SET payload = '{}' WHERE public_id = %s", made.public_id
    )


def end_put_off(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    as_app(
        now(two.first),
        "UPDATE approvals_proposal SET expires_at = now() + interval '1 year' WHERE public_id = %s",
        made.public_id,
    )


def refusal_removed(two: Two) -> None:
    made, second = two.bell.proposed(now(two.first)), now(two.second)
    with act_as(second, clock=utc_now):
        operations.refuse(second, made.public_id, "Not today.")
    as_app(second, "DELETE FROM approvals_decision WHERE person_id = %s", second.id)


def own_approval_written_directly(two: Two) -> None:
    first = now(two.first)
    insert_decision(first, two.bell.proposed(first), first.id, utc_now())


def approval_written_for_somebody_else(two: Two) -> None:
    first = now(two.first)
    insert_decision(first, two.bell.proposed(first), two.second.user.id, utc_now())


def approval_written_after_the_end(two: Two) -> None:
    made = two.bell.proposed(now(two.first))
    insert_decision(now(two.second), made, two.second.user.id, utc_now() + timedelta(hours=25))


def approval_written_by_another_unit(two: Two) -> None:
    made, foreign = two.bell.proposed(now(two.first)), now(two.foreign)
    with administrator() as look:
        query = b"SELECT id FROM approvals_proposal WHERE public_id = %s"
        [row] = look.execute(query, [made.public_id]).fetchall()
    as_app(
        foreign,
        "INSERT INTO approvals_decision VALUES (gen_random_uuid(), %s, %s, %s, now(), ARRAY[%s], 'unit', 'approved', "
        "gen_random_uuid(), '', %s, %s)",
        foreign.unit, foreign.country, foreign.id, foreign.unit, foreign.id, row[0],
    )  # fmt: skip


REFUSED: list[tuple[Mount, str]] = [
    (self_approval, "self-approval"),
    (self_approval_in_another_session, "self-approval"),
    (self_approval_with_more_roles, "self-approval"),
    (self_approval_with_the_digest, "self-approval"),
    (self_approval_as_another_natural_person, "self-approval"),
    (second_account_of_one_person, "same-natural-person"),
    (second_account_joined_after_the_proposal, "same-natural-person"),
    (first_account_joined_to_the_second_after_the_proposal, "same-natural-person"),
    (second_account_joined_to_a_third_to_part_it, "same-natural-person"),
    (account_closed_after_proposing, "proposer-gone"),
    (service_as_second, "no-role"),
    (service_with_a_supervisors_roles, "not-a-person"),
    (in_the_name_of_somebody, "not-a-person"),
    (partner_as_second, "not-a-person"),
    (service_as_first, "not-a-person"),
    (person_nobody_knows, "not-a-person"),
    (old_sign_in_of_the_second, "step-up-needed"),
    (no_confirmation_of_the_second, "step-up-needed"),
    (old_sign_in_of_the_first, "step-up-needed"),
    (second_without_a_certificate, "certificate-missing"),
    (second_whose_certificate_ended, "certificate-missing"),
    (first_without_a_certificate, "certificate-missing"),
    (second_whose_agreement_ended, "agreement-ended"),
    (first_without_the_right, "no-role"),
    (expired, "proposal-expired"),
    (expired_this_very_moment, "proposal-expired"),
    (after_a_refusal, "already-decided"),
    (after_it_was_withdrawn, "already-decided"),
    (changed_since, "content-changed"),
    (subject_gone_since, "content-changed"),
    (another_digest_was_shown, "content-changed"),
    (payload_rewritten_by_the_operator, "content-changed"),
    (subject_rewritten_by_the_operator, "content-changed"),
    (act_the_program_does_not_know, "act-unknown"),
    (withdrawn_by_another, "not-proposer"),
]
HIDDEN: list[Mount] = [second_without_the_right, second_of_a_unit_nobody_asked]
STOPPED_BY_THE_DATABASE: list[Mount] = [
    payload_rewritten_by_the_program,
    end_put_off,
    refusal_removed,
    own_approval_written_directly,
    approval_written_for_somebody_else,
    approval_written_after_the_end,
    approval_written_by_another_unit,
]


def lines(reason: str) -> int:
    with administrator() as look:
        query = b"SELECT count(*) FROM audit_event WHERE outcome = 'refused' AND reason = %s"
        return int(look.execute(query, [reason]).fetchone()[0])  # type: ignore[index]  # count always has a row


def test_there_are_at_least_forty_attacks() -> None:
    assert len(REFUSED) + len(HIDDEN) + len(STOPPED_BY_THE_DATABASE) >= 40


@pytest.mark.parametrize(("attack", "reason"), REFUSED, ids=lambda one: getattr(one, "__name__", ""))
def test_an_attack_is_refused_with_its_reason_and_a_line_in_the_log(
    two: Two, attack: Mount, reason: str
) -> None:
    before = lines(reason)
    with pytest.raises(Refused) as refusal:
        attack(two)
    assert refusal.value.code == reason
    assert str(refusal.value)
    assert lines(reason) == before + 1
    assert two.bell.rung == []


@pytest.mark.parametrize("attack", HIDDEN, ids=lambda one: one.__name__)
def test_what_is_put_to_others_is_not_there(two: Two, attack: Mount) -> None:
    with pytest.raises(NotFound):
        attack(two)
    assert two.bell.rung == []


@pytest.mark.parametrize("attack", STOPPED_BY_THE_DATABASE, ids=lambda one: one.__name__)
def test_the_database_stops_what_goes_past_the_program(two: Two, attack: Mount) -> None:
    with pytest.raises(DatabaseError):
        attack(two)
    assert two.bell.rung == []


def test_two_persons_do_it_once(two: Two) -> None:
    """The attacks fail for what they are: the same path with nothing wrong works, once."""
    made = two.bell.proposed(now(two.first))
    approve(now(two.second), made.public_id, shown=made.digest)
    assert two.bell.rung == [(two.second.user.id, made.payload["tune"])]
    for again in (two.second, two.third):
        with pytest.raises(operations.ProposalClosed) as refusal:
            approve(now(again), made.public_id)
        assert refusal.value.code == "already-decided"
    assert len(two.bell.rung) == 1


def test_two_approvals_at_the_same_moment_do_it_once(two: Two) -> None:
    made, start, outcomes = two.bell.proposed(now(two.first)), threading.Barrier(2), list[str]()

    def try_it(person: Actor) -> None:
        start.wait()
        try:
            approve(person, made.public_id)
            outcomes.append("done")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=try_it, args=[now(one)]) for one in (two.second, two.third)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already-decided", "done"]
    assert len(two.bell.rung) == 1


def test_an_act_may_ask_more_of_its_two_persons(people: Two, django_db_blocker: Any) -> None:
    rights = {"proposes": Permission.CASE_CASE_READ, "approves": Permission.CASE_CASE_READ}
    asked: list[tuple[dict[str, Any], Somebody, str]] = [
        ({"approver_from": From.OTHER_UNIT}, people.second, "other-unit-needed"),
        ({"owning_unit": lambda _payload: people.foreign_unit}, people.second, "owning-unit-needed"),
        ({"certified": True}, people.uncertified, "certificate-missing"),
    ]
    for terms, second, reason in asked:
        with django_db_blocker.unblock(), bell(**rights, **terms) as made:
            proposal = made.proposed(now(people.first))
            with pytest.raises(Refused) as refusal:
                approve(now(second), proposal.public_id)
            assert refusal.value.code == reason
            assert made.rung == []


def test_a_person_of_another_unit_approves_what_is_put_to_it(people: Two, django_db_blocker: Any) -> None:
    asked: dict[str, Any] = {"asks": lambda _payload: (people.foreign_unit,)}
    with django_db_blocker.unblock(), bell(approver_from=From.OTHER_UNIT, **asked) as made:
        proposal, foreign = made.proposed(now(people.first)), now(people.foreign)
        with act_as(foreign, clock=utc_now):
            seen = queries.proposal(foreign, proposal.public_id)
        assert (seen.may_decide, seen.proposed_by, seen.unit_name) == (True, "", "Unit alv-viu")
        approve(foreign, proposal.public_id)
        assert [who for who, _tune in made.rung] == [people.foreign.user.id]
    with django_db_blocker.unblock(), bell(**asked) as made:
        proposal = made.proposed(now(people.first))
        with pytest.raises(operations.TwoPersons) as refusal:
            approve(now(people.foreign), proposal.public_id)
        assert refusal.value.code == "same-unit-needed"


def test_what_cannot_be_done_leaves_the_proposal_open(people: Two, django_db_blocker: Any) -> None:
    def fail(actor: Actor, payload: Any) -> None:
        raise NotFound

    with django_db_blocker.unblock(), bell(perform=fail) as made:
        proposal, first = made.proposed(now(people.first)), now(people.first)
        with pytest.raises(NotFound):
            approve(now(people.second), proposal.public_id)
        with act_as(first, clock=utc_now):
            assert queries.proposal(first, proposal.public_id).state is State.OPEN


def test_the_line_of_what_was_done_names_both_persons_and_the_digest(two: Two) -> None:
    made = two.bell.proposed(now(two.first), "Noon.")
    approve(now(two.second), made.public_id)
    with administrator() as look:
        query = (
            b"SELECT actor_id, subject_kind, subject_id, facts FROM audit_event WHERE verb = "
            b"'approval:proposal:approve' AND outcome = 'done' AND facts->>'proposal' = %s"
        )
        [(actor, kind, subject, facts)] = look.execute(query, [str(made.public_id)]).fetchall()
    assert actor == two.second.user.id
    assert (kind, subject) == ("bell", two.bell.subject.id)
    assert facts == {
        "proposal": str(made.public_id),
        "act": "ring-the-bell",
        "digest": made.digest,
        "proposed_by": str(two.first.user.id),
        "decided_by": str(two.second.user.id),
    }
