"""Operations: asked, in one transaction, with exactly one line; a refusal leaves its own after the roll-back."""

import dataclasses
import hashlib
import hmac
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from factories.actors import investigator
from support import database as ground
from vigie.kernel import context, gate, operation
from vigie.kernel.actors import Actor, LogScope, Purpose, utc_now
from vigie.kernel.errors import GuardMissing, NotFound, Refused, StepUpNeeded
from vigie.kernel.ledger import canonical
from vigie.kernel.models import AuditEvent, AuditNote
from vigie.kernel.operation import OPERATIONS, about, act_as, in_words, require, write_line_now
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.policy import VERSION, Reason
from vigie.kernel.scope import ownership
from vigie.rooms.cases.models import Case

pytestmark = pytest.mark.usefixtures("database")
ALICE = investigator()
SUBJECT, OTHER_UNIT = uuid.uuid4(), uuid.uuid4()
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@operation.operation(Permission.CASE_CASE_OPEN)
def keep(actor: Actor, reference: str, *, fails: type[Exception] | None = None, words: str = "") -> str:
    """A case, as small as it can be."""
    Case.objects.create(
        reference=reference, **ownership(actor, legal_basis="x", purpose=Purpose.INVESTIGATION)
    )
    about("case", SUBJECT, concerned=OTHER_UNIT, share="none")
    if words:
        in_words(words)
    if fails is not None:
        raise fails
    return reference


@operation.operation(Permission.CASE_EXHIBIT_ADD)
def keep_two(actor: Actor, *, inner_fails: type[Exception] | None = None) -> None:
    """An operation that calls another, and lives with its failure."""
    about("exhibit", SUBJECT)
    try:
        keep(actor, "inner", fails=inner_fails)
    except NotFound:
        about("exhibit", SUBJECT, inner="failed")


@operation.operation(Permission.MEDIA_CLEAR_VIEW)
def look(actor: Actor) -> None:
    """Something that needs certificate and fresh sign-in."""


def lines() -> list[AuditEvent]:
    return list(AuditEvent.objects.using("auditor").order_by("id"))


def stored() -> list[str]:
    with ground.administrator() as connection:
        return [
            row[0] for row in connection.execute("SELECT reference FROM cases_case ORDER BY 1").fetchall()
        ]


def test_an_act_leaves_its_rows_and_exactly_one_line() -> None:
    with act_as(ALICE, clock=lambda: NOON):
        assert keep(ALICE, "one") == "one"
    [line] = lines()
    assert stored() == ["one"]
    assert (line.verb, line.outcome, line.at, line.policy) == ("case:case:open", "done", NOON, VERSION)
    assert (line.actor_kind, line.actor_id, line.unit, line.country) == (
        "person",
        ALICE.id,
        ALICE.unit,
        "ALV",
    )
    assert (line.subject_kind, line.subject_id, line.concerned) == ("case", SUBJECT, [OTHER_UNIT])
    assert (line.facts, line.reason, line.on_behalf_of) == ({"share": "none"}, "", None)


def test_an_act_without_a_subject_has_its_line_too() -> None:
    alice = dataclasses.replace(ALICE, confirmed_at=utc_now())  # the suite may take a while to come here
    with act_as(alice, clock=utc_now):
        look(alice)
    [line] = lines()
    assert (line.verb, line.subject_kind, line.subject_id, line.facts) == ("media:clear:view", "", None, {})


def test_a_failure_leaves_neither_rows_nor_line() -> None:
    with pytest.raises(NotFound), act_as(ALICE, clock=utc_now):
        keep(ALICE, "one", fails=NotFound)
    assert stored() == []
    assert lines() == []


def test_a_failure_after_the_act_takes_back_act_and_line() -> None:
    def late() -> None:
        with act_as(ALICE, clock=utc_now):
            keep(ALICE, "one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        late()
    assert stored() == []
    assert lines() == []


def test_an_operation_inside_another_has_a_line_of_its_own() -> None:
    with act_as(ALICE, clock=utc_now):
        keep_two(ALICE)
    assert sorted(line.verb for line in lines()) == ["case:case:open", "case:exhibit:add"]
    assert stored() == ["inner"]


def test_an_inner_failure_that_is_caught_takes_back_the_inner_act_only() -> None:
    with act_as(ALICE, clock=utc_now):
        keep_two(ALICE, inner_fails=NotFound)
    [line] = lines()
    assert (line.verb, line.facts) == ("case:exhibit:add", {"inner": "failed"})
    assert stored() == []


def test_an_operation_takes_the_actor_who_is_set_and_nobody_else() -> None:
    with pytest.raises(GuardMissing, match="takes the actor"), act_as(ALICE, clock=utc_now):
        keep(investigator(), "one")
    with pytest.raises(GuardMissing, match="no actor is set"):
        keep(ALICE, "one")
    assert lines() == []


def test_the_gate_is_open_inside_and_closed_behind_an_operation() -> None:
    with act_as(ALICE, clock=utc_now):
        keep(ALICE, "one")
        with pytest.raises(GuardMissing, match="outside an operation"):
            Case.objects.for_actor(ALICE).update(title="x")
    assert not gate._open.get()


REFUSALS: list[tuple[dict[str, Any], Reason, type[Refused]]] = [
    ({"roles": frozenset({Role.OVERSIGHT})}, Reason.NO_ROLE, Refused),
    ({"agreement_until": NOON}, Reason.AGREEMENT_ENDED, Refused),
    ({"certified_until": None}, Reason.CERTIFICATE_MISSING, Refused),
    ({"confirmed_at": NOON - timedelta(minutes=6)}, Reason.STEP_UP, StepUpNeeded),
]


@pytest.mark.parametrize(("changes", "reason", "kind"), REFUSALS)
def test_a_refusal_is_raised_with_its_reason_and_recorded_after_the_roll_back(
    changes: dict[str, Any], reason: Reason, kind: type[Refused]
) -> None:
    valid = NOON + timedelta(days=1)
    actor = investigator(
        **({"certified_until": valid, "agreement_until": valid, "confirmed_at": NOON} | changes)
    )

    def refused_late() -> None:
        with act_as(actor, clock=lambda: NOON):
            if reason is Reason.STEP_UP:
                keep(actor, "taken back")
            look(actor)

    with pytest.raises(kind) as raised:
        refused_late()
    assert (raised.value.code, raised.value.permission) == (reason.value, Permission.MEDIA_CLEAR_VIEW)
    [line] = lines()
    assert (line.verb, line.outcome, line.reason) == ("media:clear:view", "refused", reason.value)
    assert (line.actor_id, line.at) == (actor.id, NOON)
    assert stored() == []


def test_a_refusal_of_a_rooms_own_is_recorded_as_unnamed_when_it_names_no_act() -> None:
    with pytest.raises(Refused), act_as(ALICE, clock=utc_now):
        raise Refused(code="too-many-attempts")
    [line] = lines()
    assert (line.verb, line.outcome, line.reason) == ("unnamed", "refused", "too-many-attempts")


def test_a_read_asks_the_same_policy_and_writes_no_line_when_it_may() -> None:
    with act_as(ALICE, clock=utc_now):
        require(ALICE, Permission.CASE_CASE_READ)
        with pytest.raises(Refused):
            require(ALICE, Permission.AUDIT_LOG_READ)
    assert lines() == []


def test_free_words_stand_apart_under_a_salt() -> None:
    with act_as(ALICE, clock=utc_now):
        keep(ALICE, "one", words="a lamp, a table")
        keep(ALICE, "two", words="a lamp, a table")
    with ground.administrator() as connection:
        notes = {
            row[0]: (bytes(row[1]), row[2])
            for row in connection.execute("SELECT event_id, salt, words FROM audit_note").fetchall()
        }
    first, second = lines()
    for line in (first, second):
        salt, words = notes[line.id]
        assert (len(salt), words) == (32, "a lamp, a table")
        assert line.facts["note"] == hmac.new(salt, words.encode(), hashlib.sha256).hexdigest()
        assert b"lamp" not in canonical(line)
    assert first.facts["note"] != second.facts["note"]


def test_words_are_read_by_the_units_own_log_readers_only() -> None:
    with act_as(ALICE, clock=utc_now):
        keep(ALICE, "one", words="a lamp")

    def notes(**changes: Any) -> int:
        with context.acting_as(investigator(**changes), clock=utc_now):
            return AuditNote.objects.count()

    assert notes() == 0
    assert notes(log_scope=LogScope.UNIT) == 1
    assert notes(log_scope=LogScope.UNIT, unit=OTHER_UNIT) == 0
    assert notes(log_scope=LogScope.INSTALLATION, unit=uuid.uuid4()) == 1


def test_a_line_is_read_by_its_unit_those_concerned_and_oversight() -> None:
    with act_as(ALICE, clock=utc_now):
        keep(ALICE, "one")

    def events(**changes: Any) -> int:
        with context.acting_as(investigator(**changes), clock=utc_now):
            return AuditEvent.objects.count()

    assert events() == 0
    assert events(log_scope=LogScope.UNIT) == 1
    assert events(log_scope=LogScope.UNIT, unit=OTHER_UNIT) == 1
    assert events(log_scope=LogScope.UNIT, unit=uuid.uuid4()) == 0
    assert events(log_scope=LogScope.INSTALLATION, unit=uuid.uuid4()) == 1


def test_a_line_may_be_written_before_the_end_and_is_written_once() -> None:
    @operation.operation(Permission.CASE_CASE_OPEN)
    def early(actor: Actor) -> tuple[uuid.UUID, uuid.UUID]:
        about("case", SUBJECT)
        return write_line_now(), write_line_now()

    try:
        with act_as(ALICE, clock=utc_now):
            first, second = early(ALICE)
    finally:
        OPERATIONS.pop(f"{early.__module__}.{early.__qualname__}")
    [line] = lines()
    assert first == second == line.id


@pytest.mark.parametrize(
    "act", [lambda: about("case", SUBJECT), lambda: in_words("x"), write_line_now, operation.in_progress]
)
def test_what_belongs_to_an_operation_happens_inside_one_only(act: Any) -> None:
    with act_as(ALICE, clock=utc_now), pytest.raises(GuardMissing, match="inside an operation"):
        act()


def test_every_operation_is_known_by_name_with_its_permission() -> None:
    assert OPERATIONS[f"{__name__}.keep"] is Permission.CASE_CASE_OPEN
    assert keep.__name__ == "keep"
    assert keep.__doc__ == "A case, as small as it can be."


def test_a_services_line_names_the_person_it_works_for() -> None:
    from vigie.kernel.jobs import OnBehalf

    @operation.operation(Permission.INTAKE_FILE_RECORD)
    def work(actor: Actor) -> None:
        about("submission", SUBJECT, files=3)

    service = OnBehalf.of(ALICE).service(Role.SERVICE_INTAKE)
    try:
        with act_as(service, clock=utc_now):
            work(service)
    finally:
        OPERATIONS.pop(f"{work.__module__}.{work.__qualname__}")
    [line] = lines()
    assert (line.actor_kind, line.actor_id, line.on_behalf_of) == ("service", service.id, ALICE.id)
    assert line.unit == ALICE.unit
