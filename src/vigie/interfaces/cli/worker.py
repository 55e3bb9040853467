"""`vigie worker`: runs jobs, and keeps the log in order."""

import asyncio
import logging
import threading
from datetime import timedelta

from vigie.config.collecting import spare_what_is_loaded
from vigie.config.environment import choose_django_settings
from vigie.config.schema import load_settings

_SEQUENCE_SECONDS = 1.0
_TIDY_EVERY = timedelta(hours=1)
_log = logging.getLogger(__name__)


def worker() -> None:
    """Run jobs until stopped; a worker that dies leaves them to be taken up by another within seconds."""
    settings = load_settings()
    choose_django_settings()
    import django

    django.setup()
    spare_what_is_loaded()
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_log, args=(stop,), name="log", daemon=True)
    keeper.start()
    try:
        asyncio.run(_run_jobs(settings.worker_concurrency))
    finally:
        stop.set()
        keeper.join(timeout=10)


async def _run_jobs(concurrency: int) -> None:
    """Jobs run until a signal to stop comes; those begun are finished first.

    The worker's bookkeeping has its own role and connections: it may touch the job tables and nothing else.
    """
    from procrastinate import PsycopgConnector

    from vigie.backends.postgres import Role, connection_parameters
    from vigie.kernel.fencing import fenced
    from vigie.kernel.jobs import HEARTBEAT_SECONDS, STALLED_SECONDS, app

    parameters = connection_parameters(Role.JOBS, load_settings())
    connector = PsycopgConnector(kwargs=parameters, min_size=1, max_size=concurrency + 3)
    with app.replace_connector(connector) as jobs:
        async with jobs.open_async():
            await jobs.run_worker_async(
                concurrency=concurrency
                + 1,  # one for the care of other jobs: the sweep must not wait for a chunk
                delete_jobs="successful",
                fetch_job_polling_interval=2.0,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                task_middleware=[fenced],
            )


def _keep_log(stop: threading.Event) -> None:
    """Every second, committed events get their leaves; checkpoints are signed when due; hourly, leftovers go.

    A thread and not a job: it must go on when the job queue is what needs looking into. An advisory lock lets only
    one worker of an installation do it at a time.
    """
    from vigie.kernel.actors import utc_now
    from vigie.kernel.installation import checkpoint_key, vault
    from vigie.kernel.sequencer import sequence, sign_when_due

    tidied = utc_now() - _TIDY_EVERY
    while not stop.wait(_SEQUENCE_SECONDS):
        try:
            if utc_now() - tidied >= _TIDY_EVERY:
                tidied = utc_now()
                vault().clear_partials(tidied - _TIDY_EVERY)
            sequence()
            sign_when_due(checkpoint_key(), now=utc_now())
        except Exception:  # noqa: BLE001 - whatever it was, the next second tries again; nothing is lost
            _log.exception("the log could not be sequenced this time; it is tried again")
