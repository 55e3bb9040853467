"""The job table as the worker's bookkeeping sees it: jobs put there, and what the manager does about them."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from procrastinate import PsycopgConnector
from procrastinate.jobs import Job

from support import database as ground
from vigie.backends.postgres import Role, connection_parameters
from vigie.backends.queue import FairJobs

R = TypeVar("R")
_PUT = """
INSERT INTO procrastinate_jobs (task_name, queue_name, priority, lock, scheduled_at, args)
SELECT 'tests.record', %(queue)s, %(priority)s, %(lock)s, now() + make_interval(secs => %(wait)s), %(args)s
FROM generate_series(1, %(count)s) RETURNING id
"""


def managed(act: Callable[[FairJobs], Awaitable[R]]) -> R:
    """What the act returns, given the program's manager on a connection of the worker's own role."""

    async def once() -> R:
        connector = PsycopgConnector(kwargs=connection_parameters(Role.JOBS, ground.settings()))
        await connector.open_async()
        try:
            return await act(FairJobs(connector))
        finally:
            await connector.close_async()

    return asyncio.run(once())


def put(country: str, *, count: int = 1, subject: str = "", **columns: Any) -> list[int]:
    """So many jobs wait for this country, or for nobody if it is empty; returns their ids, in order."""
    values = {"queue": "default", "priority": 0, "lock": None, "wait": 0, "count": count} | columns
    behalf = {
        "unit": str(uuid.UUID(int=7)),
        "country": country,
        "person": None,
        "purpose": "victim_identification",
    }
    args = {"on_behalf": behalf, "subject": subject or str(uuid.uuid4())} if country else {"timestamp": 0}
    with ground.administrator() as connection:
        rows = connection.execute(_PUT, values | {"args": json.dumps(args)}).fetchall()
    return sorted(int(row[0]) for row in rows)


def worker(*, seconds_ago: float = 0.0) -> int:
    """A worker is registered that gave its last heartbeat so long ago, in the future if negative; returns its id."""
    with ground.administrator() as connection:
        row = connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [seconds_ago],
        ).fetchone()
    assert row is not None
    return int(row[0])


def claimed(worker_id: int, count: int = 1) -> list[Job]:
    """The next jobs this worker is given; fewer when nothing is due."""

    async def fetch(manager: FairJobs) -> list[Job]:
        found = [await manager.fetch_job(None, worker_id) for _ in range(count)]
        return [one for one in found if one is not None]

    return managed(fetch)


def country_of(job: Job) -> str:
    """Whom a job is for."""
    behalf: Any = job.task_kwargs.get("on_behalf", {})
    return str(behalf.get("country", ""))


def state_of(job_id: int) -> tuple[str, int] | None:
    """Where a job stands and how often it failed; None when it is gone."""
    with ground.administrator() as connection:
        row = connection.execute(
            "SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", [job_id]
        ).fetchone()
    return None if row is None else (str(row[0]), int(row[1]))
