"""Workers that are killed, stopped and woken, clocks that are set, and a queue of a million (reference tests 3, 4, 10, 13).

Each has its small version in the suite: tests/kernel/test_jobs.py, test_fencing.py, test_sequencer.py, tests/backends/queue/test_manager.py.
"""

import random
import signal
import statistics
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from procrastinate.jobs import Job, Status

from factories.actors import investigator
from support.database import administrator
from support.job_queue import claimed, managed, put, worker
from support.working import running_worker
from vigie.backends.queue import FairJobs
from vigie.kernel import jobs, operation
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.fencing import AttemptOver, fenced
from vigie.kernel.jobs import STALLED_SECONDS, OnBehalf
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import OPERATIONS, about, act_as
from vigie.kernel.permissions import Permission, Role

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800), pytest.mark.usefixtures("database")]
LEASE_AND_FIVE = STALLED_SECONDS + 5
AT_ONCE = 16
"""Jobs that run at a time while a million wait."""
ALICE = investigator()
BORIS = investigator(unit=uuid.uuid4(), country="BOR")


def defer(name: str, count: int, actor: Actor = ALICE, **ids: str | int) -> list[str]:
    """So many jobs of this name wait, each about a subject of its own; returns the subjects."""
    subjects = [str(uuid.uuid4()) for _ in range(count)]

    @operation.operation(Permission.CASE_CASE_OPEN)
    def act(who: Actor) -> None:
        for subject in subjects:
            jobs.defer(name, on_behalf=OnBehalf.of(who), subject=subject, **ids)

    try:
        with act_as(actor, clock=utc_now):
            act(actor)
    finally:
        OPERATIONS.pop(f"{act.__module__}.{act.__qualname__}")
    return subjects


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with administrator() as connection:
        return connection.execute(sql.encode(), values).fetchall()


def recorded() -> Counter[str]:
    """How many lines the log has about each subject."""
    return Counter(
        str(row[0]) for row in rows("SELECT subject_id FROM audit_event WHERE verb = 'intake:file:record'")
    )


def begun(runs: Path) -> Counter[str]:
    """How often each subject's job was begun."""
    return Counter(runs.read_text().splitlines()) if runs.exists() else Counter()


def seconds_until(found: Callable[[], bool], most: float) -> float:
    began = time.monotonic()
    while not found():
        assert time.monotonic() - began < most, f"it did not come within {most} s"
        time.sleep(0.05)
    return time.monotonic() - began


def doing() -> dict[int, int]:
    """The attempt of each job that is being run, the care of other jobs apart."""
    return dict(
        rows("SELECT id, attempts FROM procrastinate_jobs WHERE status = 'doing' AND task_name ~ '^tests'")
    )


def still_lost(before: dict[int, int]) -> bool:
    """True while one of these runs was neither ended nor followed by another attempt that is running."""
    now = {
        row[0]: (row[1], row[2])
        for row in rows(
            "SELECT id, attempts, status::text FROM procrastinate_jobs WHERE id = ANY(%s)", list(before)
        )
    }
    return any(
        now[one][0] == attempt or now[one][1] == "todo" for one, attempt in before.items() if one in now
    )


def test_a_thousand_jobs_outlive_five_kills_of_a_group_of_workers(
    tmp_path: Path, record_property: Any
) -> None:
    runs = tmp_path / "runs"
    subjects = defer("tests.take", 1_000, runs=str(runs), milliseconds=200)
    with ExitStack() as stack:
        groups = [stack.enter_context(running_worker()) for _ in range(2)]
        recoveries = []
        for number in range(5):
            seconds_until(lambda goal=100 + 160 * number: len(begun(runs)) >= goal, 300)  # type: ignore[misc]
            taken = doing()
            groups[number % 2].kill()
            recoveries.append(seconds_until(lambda lost=taken: not still_lost(lost), 60))  # type: ignore[misc]
            groups[number % 2] = stack.enter_context(running_worker())
        seconds_until(
            lambda: not rows("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'tests.take'"), 600
        )
    again = sum(begun(runs).values()) - 1_000
    record_property("recovery_s", [round(one, 1) for one in recoveries])
    record_property("run_again", again)
    print({"recovery_s": [round(one, 1) for one in recoveries], "run_again": again})  # noqa: T201 - measured
    assert set(recorded()) == set(subjects)
    assert again <= 50
    assert max(recoveries) <= 2 * LEASE_AND_FIVE


def rescue(connection: Any, job: Job) -> None:
    connection.execute("SELECT procrastinate_retry_job_v2(%s, NULL, NULL, NULL, NULL)", [job.id])


def test_of_a_thousand_runs_that_come_after_their_lease_none_writes(record_property: Any) -> None:
    chance = random.Random(4)
    service = OnBehalf.of(ALICE).service(Role.SERVICE_INTAKE)
    put("ALV", count=1_000)
    refused = 0

    @operation.operation(Permission.INTAKE_FILE_RECORD)
    def act(_: Actor, meanwhile: Callable[[], None]) -> None:
        about("submission", uuid.uuid4())
        meanwhile()

    def late(meanwhile: Callable[[], None]) -> None:
        with act_as(service, clock=utc_now):
            act(service, meanwhile)

    try:
        with administrator() as connection:
            for job in claimed(worker(), 1_000):
                in_the_middle, taken_up = chance.random() < 0.5, chance.random() < 0.5

                def lose(job: Job = job, taken_up: bool = taken_up) -> None:
                    rescue(connection, job)
                    if taken_up:
                        connection.execute(
                            "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job.id]
                        )

                meanwhile: Callable[[], None] = lose if in_the_middle else (lambda: None)
                if not in_the_middle:
                    lose()
                with pytest.raises(AttemptOver):
                    fenced(partial(late, meanwhile), SimpleNamespace(job=job), None)
                refused += 1
    finally:
        OPERATIONS.pop(f"{act.__module__}.{act.__qualname__}")
    record_property("late_writes_refused", refused)
    assert refused == 1_000
    assert AuditEvent.objects.using("auditor").count() == 0


def test_a_worker_that_slept_longer_than_its_lease_wakes_up_and_changes_nothing(tmp_path: Path) -> None:
    runs, sign = tmp_path / "runs", tmp_path / "sign"
    with running_worker() as sleeper:
        subjects = defer("tests.wait", 2, runs=str(runs), sign=str(sign))
        seconds_until(lambda: begun(runs).total() == 2, 60)
        sleeper.send_signal(signal.SIGSTOP)
        with running_worker():
            seconds_until(lambda: begun(runs).total() == 4, 60)
            sleeper.send_signal(signal.SIGCONT)  # it goes on while the other is at the same two jobs
            time.sleep(1)
            sign.touch()
            seconds_until(lambda: begun(runs).total() == 6, 60)
            seconds_until(lambda: not doing(), 60)
    assert begun(runs)[f"{sleeper.pid} is over"] == 2
    assert recorded() == Counter(subjects)
    assert rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tests.wait'") == [(0,)]


def set_clock_of_heartbeats(hours: int) -> None:
    """To the database it is now so much later than when the workers gave their heartbeats, or earlier."""
    with administrator() as connection:
        connection.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - make_interval(hours => %s)",
            [hours],
        )


def test_clocks_that_are_set_by_an_hour_take_no_lease_and_keep_no_dead_worker_alive(
    tmp_path: Path, record_property: Any
) -> None:
    runs = tmp_path / "runs"
    subjects = defer("tests.take", 40, runs=str(runs), milliseconds=1_500)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(running_worker())
        seconds_until(lambda: len(begun(runs)) >= 2, 60)
        for hours in (1, -1, 1, -1):
            set_clock_of_heartbeats(hours)
            time.sleep(3)
        set_clock_of_heartbeats(1)
        stack.enter_context(running_worker())  # a worker that starts forgets the dead
        seconds_until(lambda: set(recorded()) == set(subjects), 120)
    assert begun(runs) == Counter(subjects)
    sign = tmp_path / "sign"
    again = tmp_path / "again"
    defer("tests.wait", 1, runs=str(again), sign=str(sign))
    with running_worker() as dying:
        seconds_until(lambda: begun(again).total() == 1, 60)
        with running_worker():
            time.sleep(4)
            dying.kill()
            set_clock_of_heartbeats(-1)
            recovery = seconds_until(lambda: begun(again).total() == 2, 60)
            sign.touch()
            seconds_until(lambda: not doing(), 30)
    record_property("recovery_s", round(recovery, 1))
    print({"recovery_s": round(recovery, 1)})  # noqa: T201 - measured
    assert recovery <= 2 * LEASE_AND_FIVE


@pytest.fixture
def million() -> Iterator[None]:
    """A million jobs of three countries: half a million of the one that came first."""
    args = (
        "jsonb_build_object('on_behalf', jsonb_build_object('unit', gen_random_uuid(), 'country', %s::text, "
        "'person', NULL, 'purpose', 'victim_identification'), 'subject', gen_random_uuid())"
    )
    with administrator() as connection:
        connection.execute(
            "SET session_replication_role = replica"
        )  # a million notices are nobody's business
        for country, count in (("ALV", 500_000), ("CAS", 250_000), ("DRE", 250_000)):
            connection.execute(
                f"INSERT INTO procrastinate_jobs (task_name, queue_name, args) SELECT 'tests.record', 'default', {args} "
                "FROM generate_series(1, %s)".encode(),
                [country, count],
            )
        connection.execute("ANALYZE procrastinate_jobs")
    yield
    with administrator() as connection:
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers")


def test_a_million_jobs_are_claimed_quickly_and_keep_no_country_waiting(
    million: None, record_property: Any
) -> None:
    someone = worker()

    async def claim(manager: FairJobs) -> list[float]:
        took, running = [], deque[Job]()
        for _ in range(2_000):
            began = time.perf_counter()
            job = await manager.fetch_job(None, someone)
            took.append(1_000 * (time.perf_counter() - began))
            assert job is not None
            running.append(job)
            if len(running) > AT_ONCE:
                await manager.finish_job(running.popleft(), Status.SUCCEEDED, delete_job=True)
        return took

    took = sorted(managed(claim))
    measured: dict[str, float] = {
        "claim_p50_ms": round(statistics.median(took), 2),
        "claim_p99_ms": round(took[1_979], 2),
    }
    rows("DELETE FROM procrastinate_jobs WHERE status = 'doing' RETURNING id")
    with running_worker():
        seconds_until(lambda: len(recorded()) > 0, 120)
        began = time.monotonic()
        [subject] = defer("tests.record", 1, BORIS)
        seconds_until(lambda: subject in recorded(), 120)
        measured["first_result_of_another_country_s"] = round(time.monotonic() - began, 2)
    [(left,)] = rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
    assert left > 990_000
    for name, value in measured.items():
        record_property(name, value)
    print(measured)  # noqa: T201 - measured
