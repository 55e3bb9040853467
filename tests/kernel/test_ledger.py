"""The log: no act without a line, no committed line without a leaf, and the first bad entry named."""

import random
import threading
import time
import uuid

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.people import add_person, add_unit, enrolment
from support import database as ground
from vigie.engines.proofs import SigningKey
from vigie.kernel import sequencer
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Refused
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations as accounts
from vigie.rooms.oversight.queries import as_stored
from vigie.rooms.units import operations as units

pytestmark = pytest.mark.usefixtures("database")
KEY = SigningKey.generate("test")


def write_lines(count: int) -> None:
    add_unit("alv-viu", "ALV")
    ines = add_person("ines", "alv-viu")
    for number in range(count):
        with act_as(ines.actor, clock=utc_now):
            accounts.set_preferences(ines.actor, language="fr", theme=("light", "dark")[number % 2])


def test_an_act_that_fails_leaves_no_line_of_success() -> None:
    add_unit("alv-viu", "ALV")
    before = AuditEvent.objects.using("auditor").count()

    def cut_short() -> None:
        with act_as(enrolment(), clock=utc_now):
            units.add_fictional_country(enrolment(), code="XXX", name="X", legal_bases={})
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        cut_short()
    assert AuditEvent.objects.using("auditor").count() == before


def test_a_refusal_survives_the_roll_back() -> None:
    add_unit("alv-viu", "ALV")
    ines = add_person("ines", "alv-viu")
    with pytest.raises(Refused), act_as(ines.actor, clock=utc_now):
        accounts.grant_role(ines.actor, user_id=ines.user.id, role=Role.ADMINISTRATOR)
    refused = AuditEvent.objects.using("auditor").get(outcome="refused")
    assert (refused.verb, refused.reason) == ("account:role:grant", "no-role")


def test_the_log_cannot_be_changed_even_by_its_owner() -> None:
    write_lines(1)
    for statement in ("UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_leaf"):
        with ground.administrator() as connection, pytest.raises(Exception, match="append-only"):
            connection.execute(statement.encode())


def test_words_are_kept_apart_under_a_salt_and_may_be_erased() -> None:
    write_lines(3)
    sequencer.sequence()
    sequencer.sign(KEY, now=utc_now())
    with ground.administrator() as connection:
        connection.execute("DELETE FROM audit_note")
    assert as_stored.verify(KEY.verifier).ok


def test_eight_writers_with_random_delays_leave_no_event_without_a_leaf() -> None:
    add_unit("alv-viu", "ALV")
    people = [add_person(f"person{number}", "alv-viu") for number in range(8)]
    stop = threading.Event()

    def write(number: int) -> None:
        chance, person = random.Random(number), people[number]
        for _ in range(12):
            with act_as(person.actor, clock=utc_now):
                accounts.set_preferences(person.actor, language="en", theme="dark")
                time.sleep(chance.random() * 0.05)  # the transaction stays open: later ids commit first
        connections.close_all()

    def keep() -> None:
        while not stop.is_set():
            sequencer.sequence()
            sequencer.sign(KEY, now=utc_now())
        connections.close_all()

    keeper = threading.Thread(target=keep)
    writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    keeper.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    keeper.join()
    sequencer.sequence()
    sequencer.sign(KEY, now=utc_now())
    assert sequencer.events_without_leaf() == 0
    verdict = as_stored.verify(KEY.verifier)
    assert verdict.ok
    assert verdict.covered == AuditEvent.objects.using("auditor").count() >= 96


def tamper(kind: str, at: int) -> None:
    """What a person with the database's own password could do, past every trigger."""
    with ground.administrator() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        event = connection.execute("SELECT event_id FROM audit_leaf WHERE index = %s", [at]).fetchone()
        assert event is not None
        if kind == "edit":
            connection.execute("UPDATE audit_event SET verb = 'nothing' WHERE id = %s", event)
        elif kind == "delete":
            connection.execute("DELETE FROM audit_event WHERE id = %s", event)
        elif kind == "delete leaf":
            connection.execute("DELETE FROM audit_leaf WHERE index = %s", [at])
        elif kind == "insert":
            connection.execute("UPDATE audit_leaf SET index = index + 100000 WHERE index >= %s", [at])
            connection.execute("UPDATE audit_leaf SET index = index - 99999 WHERE index >= 100000")
            connection.execute(
                "INSERT INTO audit_leaf VALUES (%s, %s, %s)", [at, uuid.uuid4(), random.randbytes(32)]
            )
        else:
            connection.execute("UPDATE audit_leaf SET index = -1 WHERE index = %s", [at])
            connection.execute("UPDATE audit_leaf SET index = %s WHERE index = %s", [at, at + 1])
            connection.execute("UPDATE audit_leaf SET index = %s WHERE index = -1", [at + 1])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["edit", "delete", "delete leaf", "insert", "reorder"]), at=st.integers(0, 17))
def test_any_single_change_is_found_and_the_first_bad_entry_named(kind: str, at: int) -> None:
    ground.empty()
    write_lines(14)
    sequencer.sequence()
    sequencer.sign(KEY, now=utc_now())
    assert as_stored.verify(KEY.verifier).ok
    tamper(kind, at)
    verdict = as_stored.verify(KEY.verifier)
    assert not verdict.ok
    assert verdict.first_bad == at


def test_a_mangled_checkpoint_is_reported_and_not_raised() -> None:
    write_lines(1)
    sequencer.sequence()
    sequencer.sign(KEY, now=utc_now())
    with ground.administrator() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE audit_checkpoint SET note = 'torn'")
    verdict = as_stored.verify(KEY.verifier)
    assert not verdict.ok
    assert "checkpoint" in verdict.reason


def test_entries_after_the_last_checkpoint_are_counted_and_held_against_nobody() -> None:
    write_lines(3)
    sequencer.sequence()
    sequencer.sign(KEY, now=utc_now())
    add_person("later", "alv-viu")
    added = sequencer.sequence()
    verdict = as_stored.verify(KEY.verifier)
    assert (verdict.ok, verdict.uncovered) == (True, added)
    assert added > 0
