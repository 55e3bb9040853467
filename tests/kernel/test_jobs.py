"""Jobs: added with the act or not at all, run by a service in somebody's name, and never lost with their worker."""

import asyncio
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from procrastinate import PsycopgConnector
from procrastinate.jobs import Job
from psycopg.errors import DiskFull

from factories.actors import investigator
from support import database as ground
from support.working import running_worker
from vigie.backends.postgres import Role as DatabaseRole
from vigie.backends.postgres import connection_parameters
from vigie.backends.queue.patience import ROOM_SECONDS
from vigie.kernel import jobs, operation
from vigie.kernel.actors import Actor, ActorKind, Purpose, utc_now
from vigie.kernel.errors import GuardMissing
from vigie.kernel.jobs import ATTEMPTS, OnBehalf
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import OPERATIONS, act_as
from vigie.kernel.permissions import Permission, Role

pytestmark = pytest.mark.usefixtures("database")
ALICE = investigator()


def deferring(body: Callable[[OnBehalf], object], *, then: type[Exception] | None = None) -> None:
    """The body defers inside an operation, which fails afterwards when it is told to."""

    @operation.operation(Permission.CASE_CASE_OPEN)
    def act(actor: Actor) -> None:
        body(OnBehalf.of(actor))
        if then is not None:
            raise then

    try:
        with act_as(ALICE, clock=utc_now):
            act(ALICE)
    finally:
        OPERATIONS.pop(f"{act.__module__}.{act.__qualname__}")


def waiting() -> list[tuple[Any, ...]]:
    with ground.administrator() as connection:
        rows = connection.execute(
            "SELECT task_name, args, status::text, attempts, queueing_lock FROM procrastinate_jobs ORDER BY id"
        )
        return rows.fetchall()


def test_a_job_is_added_with_its_act_and_carries_ids_only() -> None:
    subject = str(uuid.uuid4())
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, subject=subject))
    [(name, arguments, status, attempts, lock)] = waiting()
    assert (name, status, attempts, lock) == ("tests.record", "todo", 0, None)
    assert arguments == {
        "on_behalf": {
            "unit": str(ALICE.unit),
            "country": "ALV",
            "person": str(ALICE.id),
            "purpose": "victim_identification",
        },
        "subject": subject,
    }


def test_a_job_of_an_act_that_fails_is_not_added() -> None:
    with pytest.raises(ZeroDivisionError):
        deferring(lambda who: jobs.defer("tests.record", on_behalf=who, subject="x"), then=ZeroDivisionError)
    assert waiting() == []


def test_no_job_is_added_outside_an_operation() -> None:
    with act_as(ALICE, clock=utc_now), pytest.raises(GuardMissing, match="inside an operation"):
        jobs.defer("tests.record", on_behalf=OnBehalf.of(ALICE), subject="x")


def test_while_one_waits_another_of_the_same_lock_is_not_added_and_the_act_goes_on() -> None:
    for _ in range(2):
        deferring(
            lambda who: [
                jobs.defer("tests.record", on_behalf=who, once_for="sub-1", subject=str(number))
                for number in range(3)
            ]
        )
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, once_for="sub-2", subject="9"))
    assert [(row[1]["subject"], row[4]) for row in waiting()] == [("0", "sub-1"), ("9", "sub-2")]
    assert AuditEvent.objects.using("auditor").count() == 3


def test_a_job_may_wait_for_its_time() -> None:
    moment = utc_now() + timedelta(minutes=1)
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, at=moment, subject="x"))
    with ground.administrator() as connection:
        assert connection.execute("SELECT scheduled_at FROM procrastinate_jobs").fetchall() == [(moment,)]


class TestOnBehalf:
    """In whose name a job runs survives the job table, and gives a service its one role."""

    def test_it_reads_back_as_it_was_stored(self) -> None:
        for person in (uuid.uuid4(), None):
            kept = OnBehalf(uuid.uuid4(), "BOR", person, Purpose.SAFEGUARDING)
            assert OnBehalf.read(kept.as_arguments()) == kept

    def test_the_service_works_in_the_persons_unit_and_purpose_with_its_own_rights(self) -> None:
        service = OnBehalf.of(ALICE).service(Role.SERVICE_MATCH)
        assert (service.kind, service.roles) == (ActorKind.SERVICE, {Role.SERVICE_MATCH})
        assert (service.unit, service.country, service.purpose) == (ALICE.unit, "ALV", ALICE.purpose)
        assert service.on_behalf_of == ALICE.id
        assert service.certified_until is None

    def test_a_service_that_goes_on_working_keeps_the_person(self) -> None:
        service = OnBehalf.of(ALICE).service(Role.SERVICE_INTAKE)
        assert OnBehalf.of(service) == OnBehalf.of(ALICE)


def retried_after(task: Any, failures: int, error: Exception | None = None) -> Any:
    """What procrastinate decides after this many failures; a job counts those before the present one."""
    job = Job(
        id=1, lock=None, queueing_lock=None, task_name=task.name, queue=task.queue, attempts=failures - 1
    )
    return task.get_retry_exception(exception=error or ValueError(), job=job)


def test_a_job_is_registered_under_its_name_and_given_up_after_five_attempts() -> None:
    @jobs.job("tests.registered", queue="slow")
    def body(**_: Any) -> None: ...

    try:
        task = jobs.app.tasks["tests.registered"]
        assert (task.name, task.queue, task.pass_context) == ("tests.registered", "slow", False)
        assert task.retry_strategy is not None
        assert ATTEMPTS == 5
        assert [bool(retried_after(task, failures)) for failures in range(1, 7)] == [True] * 4 + [False] * 2
        assert body is task
    finally:
        jobs.app.tasks.pop("tests.registered")


def test_a_job_without_room_is_tried_again_until_there_is_some() -> None:
    """Five tries with back-off are over after half a minute; a disk may be full for longer."""

    @jobs.job("tests.without-room")
    def body(**_: Any) -> None: ...

    full = OperationalError("could not extend file")
    full.__cause__ = DiskFull("could not extend file")
    try:
        task = jobs.app.tasks["tests.without-room"]
        for failures in (1, ATTEMPTS, 50):
            said = retried_after(task, failures, full)
            assert said is not None
            assert 15 < (said.retry_decision.retry_at - utc_now()).total_seconds() <= ROOM_SECONDS
        assert not retried_after(task, ATTEMPTS, OperationalError("the connection was lost"))
    finally:
        jobs.app.tasks.pop("tests.without-room")


def until(found: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found():
            return True
        time.sleep(0.1)
    return False


def recorded(subject: uuid.UUID) -> list[AuditEvent]:
    return list(AuditEvent.objects.using("auditor").filter(subject_id=subject))


def test_a_worker_does_the_job_as_the_service_on_behalf_of_the_person() -> None:
    subject = uuid.uuid4()
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, subject=str(subject)))
    with running_worker():
        assert until(lambda: bool(recorded(subject)), 40)
    [line] = recorded(subject)
    assert (line.actor_kind, line.on_behalf_of, line.unit) == ("service", ALICE.id, ALICE.unit)


def test_a_job_whose_worker_was_killed_is_done_by_another(tmp_path: Path) -> None:
    subject, mark = uuid.uuid4(), tmp_path / "died"
    deferring(lambda who: jobs.defer("tests.die_once", on_behalf=who, subject=str(subject), mark=str(mark)))
    with running_worker() as first:
        assert first.wait(40) == -9
    assert mark.exists()
    assert recorded(subject) == []
    assert [row[2] for row in waiting() if row[0] == "tests.die_once"] == ["doing"]
    with running_worker():
        assert until(lambda: bool(recorded(subject)), 60)
    assert len(recorded(subject)) == 1


def sweep_now() -> None:
    """One sweep by the real task, run by procrastinate under the worker's own role."""

    async def once() -> None:
        connector = PsycopgConnector(kwargs=connection_parameters(DatabaseRole.JOBS, ground.settings()))
        with jobs.app.replace_connector(connector) as app:
            async with app.open_async():
                await app.configure_task("kernel:sweep").defer_async(timestamp=0)
                await app.run_worker_async(
                    queues=["care"], wait=False, install_signal_handlers=False, delete_jobs="always"
                )

    asyncio.run(once())


def stall(**columns: Any) -> None:
    """Waiting jobs with this subject look as if their worker had died."""
    with ground.administrator() as connection:
        connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL, attempts = %(attempts)s "
            "WHERE args->>'subject' = %(subject)s",
            columns,
        )


def state_of(subject: str) -> tuple[str, int]:
    [(status, attempts)] = [(row[2], row[3]) for row in waiting() if row[1].get("subject") == subject]
    return status, attempts


def test_the_sweep_rescues_a_stalled_job_and_counts_the_attempt() -> None:
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, subject="a"))
    stall(subject="a", attempts=0)
    sweep_now()
    assert state_of("a") == ("todo", 1)


def test_a_job_that_keeps_killing_its_workers_stays_as_one_that_needs_a_person() -> None:
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, subject="a"))
    stall(subject="a", attempts=ATTEMPTS - 2)
    sweep_now()
    assert state_of("a") == ("todo", ATTEMPTS - 1)
    stall(subject="a", attempts=ATTEMPTS - 1)
    sweep_now()
    assert state_of("a") == ("failed", ATTEMPTS)


def test_a_stalled_job_with_a_waiting_twin_does_not_hold_up_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, once_for="one", subject="a"))
    stall(subject="a", attempts=0)
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, once_for="one", subject="twin"))
    deferring(lambda who: jobs.defer("tests.record", on_behalf=who, subject="b"))
    stall(subject="b", attempts=0)
    sweep_now()
    assert state_of("a") == ("doing", 0)
    assert state_of("twin") == ("todo", 0)
    assert state_of("b") == ("todo", 1)
    assert "a twin waits already" in caplog.text


def test_the_sweep_is_known_to_every_worker_and_runs_every_two_seconds() -> None:
    assert jobs.app.tasks["kernel:sweep"].queue == "care"
    crons = {task.task.name: task.cron for task in jobs.app.periodic_registry.periodic_tasks.values()}
    assert crons["kernel:sweep"] == "* * * * * */2"
