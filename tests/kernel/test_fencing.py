"""A run that lost its job writes nothing more, however late it comes and whatever it tries."""

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from procrastinate.jobs import Job, Status

from factories.actors import investigator
from support.database import administrator
from support.job_queue import claimed, managed, put, state_of, worker
from vigie.kernel import operation
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Refused
from vigie.kernel.fencing import AttemptOver, fenced
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import OPERATIONS, about, act_as
from vigie.kernel.permissions import Permission, Role

pytestmark = pytest.mark.usefixtures("database")
SERVICE = OnBehalf.of(investigator()).service(Role.SERVICE_INTAKE)


def running() -> Job:
    put("ALV")
    [job] = claimed(worker())
    return job


def run(job: Job, body: Callable[[], Any]) -> Any:
    """The body runs as a worker runs a job."""
    return fenced(body, SimpleNamespace(job=job), None)


def write(
    *meanwhile: Callable[[], object], permission: Permission = Permission.INTAKE_FILE_RECORD
) -> uuid.UUID:
    """One act of the service, during which something else happens; returns what its line is about."""
    subject = uuid.uuid4()

    @operation.operation(permission)
    def act(_: Actor) -> None:
        about("submission", subject)
        for step in meanwhile:
            step()

    try:
        with act_as(SERVICE, clock=utc_now):
            act(SERVICE)
    finally:
        OPERATIONS.pop(f"{act.__module__}.{act.__qualname__}")
    return subject


def written() -> int:
    return AuditEvent.objects.using("auditor").count()


def rescued(job: Job) -> None:
    """The job waits for its next attempt, as after the sweep."""
    managed(lambda jobs: jobs.retry_job(job))


def taken_up(job: Job) -> None:
    rescued(job)
    claimed(worker())


def ended(job: Job) -> None:
    managed(lambda jobs: jobs.finish_job(job, Status.FAILED, delete_job=False))


def removed(job: Job) -> None:
    managed(lambda jobs: jobs.finish_job(job, Status.SUCCEEDED, delete_job=True))


def test_a_run_that_has_its_job_writes() -> None:
    job = running()
    subject = run(job, write)
    assert AuditEvent.objects.using("auditor").get().subject_id == subject


def test_outside_a_job_nothing_is_asked() -> None:
    write()
    assert written() == 1


@pytest.mark.parametrize("loss", [rescued, taken_up, ended, removed])
def test_a_run_that_lost_its_job_before_writes_nothing(loss: Callable[[Job], None]) -> None:
    job = running()
    loss(job)
    with pytest.raises(AttemptOver, match="nothing of it was kept"):
        run(job, write)
    assert written() == 0


@pytest.mark.parametrize("loss", [rescued, taken_up, ended, removed])
def test_a_run_that_loses_its_job_in_the_middle_of_an_act_writes_nothing(loss: Callable[[Job], None]) -> None:
    job = running()
    with pytest.raises(AttemptOver):
        run(job, lambda: write(lambda: loss(job)))
    assert written() == 0


def test_not_even_a_refusal_of_it_is_written() -> None:
    job = running()
    rescued(job)
    with pytest.raises(AttemptOver):
        run(job, lambda: write(permission=Permission.CASE_CASE_OPEN))
    assert written() == 0
    with pytest.raises(Refused):
        write(permission=Permission.CASE_CASE_OPEN)
    assert written() == 1


def test_between_its_last_word_and_its_commit_nobody_takes_the_job() -> None:
    job = running()
    assert job.id is not None

    @operation.operation(Permission.INTAKE_FILE_RECORD)
    def act(_: Actor) -> None:
        about("submission", uuid.uuid4())

    def late() -> None:
        with act_as(SERVICE, clock=utc_now):
            act(SERVICE)
            rescued(job)
            assert state_of(job.id or 0) == ("doing", 0)

    try:
        run(job, late)
    finally:
        OPERATIONS.pop(f"{act.__module__}.{act.__qualname__}")
    assert written() == 1
    rescued(job)
    assert state_of(job.id) == ("todo", 1)


def test_the_attempt_is_forgotten_when_its_run_ends() -> None:
    job = running()
    run(job, write)
    removed(job)
    write()
    assert written() == 2
    with administrator() as look:
        assert look.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
