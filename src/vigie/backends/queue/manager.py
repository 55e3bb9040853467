"""What this program asks of the job table otherwise than procrastinate does.

Countries take turns (`vigie_fetch_job`). The end of a run counts only for the attempt it belongs to: a worker that
wakes up after it lost its job neither ends nor repeats what another runs now. A worker is dead when its heartbeat
stood still between two looks, not when it is old by the clock: a clock that is set by an hour makes nobody dead,
and keeps nobody alive.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

_LOOK_AGAIN_SECONDS: Final = 2.5
"""Longer than the two seconds between heartbeats: whoever lives has given one meanwhile."""
_COLUMNS: Final = "id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts, worker_id"
_FETCH: Final = f"SELECT {_COLUMNS} FROM vigie_fetch_job(%(queues)s::varchar[], %(worker_id)s)"  # noqa: S608 - constants only
# A row that is locked is either held by its run, which is just committing, or taken from it: neither is waited for.
_OWN: Final = (
    "WITH own AS MATERIALIZED (SELECT id FROM procrastinate_jobs WHERE id = %(job_id)s AND attempts = %(attempts)s "
    "AND status = 'doing' FOR UPDATE SKIP LOCKED) "
)
_FINISH: Final = f"{_OWN} SELECT procrastinate_finish_job_v1(id, %(status)s, %(delete_job)s) FROM own"  # noqa: S608 - constants only
_RETRY: Final = (
    f"{_OWN} SELECT procrastinate_retry_job_v2(id, %(at)s, %(priority)s, %(queue)s, %(lock)s) FROM own"  # noqa: S608 - constants only
)
_SILENT: Final = """
SELECT id, last_heartbeat FROM procrastinate_workers
WHERE last_heartbeat NOT BETWEEN now() - make_interval(secs => %(seconds)s) AND now() + make_interval(secs => %(seconds)s)
"""
_FORGET: Final = "DELETE FROM procrastinate_workers WHERE id = ANY(%(workers)s) RETURNING id"
_LOST: Final = f"SELECT {_COLUMNS} FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL"  # noqa: S608 - constants only
_LIVES: Final = """
INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (%(worker_id)s, now())
ON CONFLICT (id) DO UPDATE SET last_heartbeat = now()
"""
_log = logging.getLogger(__name__)


class FairJobs(JobManager):
    """Procrastinate's manager of the job table, with this program's rules. Needs kernel migration 0003."""

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """The next job of whose turn it is, marked as run by this worker; None when nothing is due."""
        chosen = None if queues is None else list(queues)
        row = await self.connector.execute_query_one_async(_FETCH, queues=chosen, worker_id=worker_id)
        return None if row["id"] is None else Job.from_row(row)

    async def finish_job(self, job: Job, status: Status, *, delete_job: bool) -> None:  # type: ignore[override]  # called by name
        """The job is ended, if this attempt is still its present one."""
        await self._own(_FINISH, job, status=status.value, delete_job=delete_job)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """The job waits for its next attempt, if this attempt is still its present one."""
        await self._own(_RETRY, job, at=retry_at, priority=priority, queue=queue, lock=lock)

    async def get_stalled_jobs(
        self,
        nb_seconds: int | None = None,
        queue: str | None = None,
        task_name: str | None = None,
        seconds_since_heartbeat: float = 30,
    ) -> Iterable[Job]:
        """The jobs of workers that died; these workers are forgotten. Takes a few seconds when there may be any.

        The other parameters are procrastinate's, which this program leaves alone.
        """
        del nb_seconds, queue, task_name
        await self.prune_stalled_workers(seconds_since_heartbeat)
        return [Job.from_row(row) for row in await self.connector.execute_query_all_async(_LOST)]

    async def prune_stalled_workers(self, seconds_since_heartbeat: float) -> list[int]:
        """Workers without a heartbeat for so long, and none between two looks, are forgotten; returns their ids.

        Their jobs belong to nobody from then on. A worker that only slept comes back with its next heartbeat.
        """
        first = await self._heartbeats(max(0.0, seconds_since_heartbeat - _LOOK_AGAIN_SECONDS))
        if not first:
            return []
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        second = await self._heartbeats(seconds_since_heartbeat)
        silent = sorted(worker for worker, beat in second.items() if first.get(worker) == beat)
        rows = await self.connector.execute_query_all_async(_FORGET, workers=silent)
        return [int(row["id"]) for row in rows]

    async def update_heartbeat(self, worker_id: int) -> None:
        """The worker lives, also if it was taken for dead."""
        await self.connector.execute_query_async(_LIVES, worker_id=worker_id)

    async def _heartbeats(self, seconds: float) -> dict[int, datetime]:
        """When workers gave their last heartbeat (UTC), of those that gave none for so many seconds either way."""
        rows = await self.connector.execute_query_all_async(_SILENT, seconds=seconds)
        return {int(row["id"]): row["last_heartbeat"] for row in rows}

    async def _own(self, query: str, job: Job, **values: Any) -> None:
        rows = await self.connector.execute_query_all_async(
            query, job_id=job.id, attempts=job.attempts, **values
        )
        if not rows:
            _log.warning("attempt %s of job %s is over: its end changes nothing", job.attempts + 1, job.id)
