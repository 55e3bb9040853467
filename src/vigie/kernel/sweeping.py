"""Periodic care for jobs: those whose worker died run again."""

import logging
from typing import Any

from procrastinate import Blueprint, JobContext
from procrastinate.exceptions import ConnectorException

from vigie.kernel.jobs import ATTEMPTS, STALLED_SECONDS

blueprint = Blueprint()
_log = logging.getLogger(__name__)


@blueprint.periodic(cron="* * * * * */2")
@blueprint.task(name="sweep", queue="care", pass_context=True)
async def sweep(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes the tick
    """Jobs of dead workers are waiting again, or stand failed after ATTEMPTS tries; at least once, every 2 s.

    Each job is rescued by itself: one whose queueing lock has a waiting twin raises, and must not block the others
    (measured, reference stack.md row 2d).
    """
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        try:
            await _rescue(manager, stalled)
        except ConnectorException:
            _log.warning("job %s could not be rescued: a twin waits already", stalled.id)


async def _rescue(manager: Any, stalled: Any) -> None:
    from procrastinate import jobs

    if stalled.attempts + 1 >= ATTEMPTS:  # the attempt that was cut short is not counted yet
        await manager.finish_job(stalled, status=jobs.Status.FAILED, delete_job=False)
        return
    await manager.retry_job(stalled)
