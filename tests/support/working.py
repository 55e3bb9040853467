"""A real worker process with a few small jobs of the tests; run as a program.

Everything else is the program's own: the queue, the roles, the sweep, the service actors.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support import database
from support.postgres import child_environment, postgres_server


@contextlib.contextmanager
def running_worker() -> Iterator["subprocess.Popen[bytes]"]:
    """A worker on the suite's database runs inside the block."""
    own = database.settings()
    environment = child_environment(
        VIGIE_HOME=postgres_server().home,
        VIGIE_DATABASE_NAME=own.database_name,
        DJANGO_SETTINGS_MODULE="vigie.config.django",
    )
    if own.database_url is not None:
        environment["VIGIE_DATABASE_URL"] = own.database_url.get_secret_value()
    environment["PYTHONPATH"] += os.pathsep + str(Path(__file__).resolve().parents[1])
    process = subprocess.Popen([sys.executable, "-m", "support.working"], env=environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)


def serve() -> None:
    """Run jobs as `vigie worker` does, with the tests' own jobs beside the program's."""
    import asyncio

    import django

    django.setup()

    from vigie.interfaces.cli.worker import _run_jobs
    from vigie.kernel import jobs
    from vigie.kernel.actors import Actor, utc_now
    from vigie.kernel.fencing import AttemptOver
    from vigie.kernel.operation import about, act_as, operation
    from vigie.kernel.permissions import Permission, Role

    @operation(Permission.INTAKE_FILE_RECORD)
    def record(actor: Actor, *, subject: uuid.UUID) -> None:
        about("submission", subject)

    @jobs.job("tests.record")
    def work(on_behalf: dict[str, Any], *, subject: str) -> None:
        actor = jobs.OnBehalf.read(on_behalf).service(Role.SERVICE_INTAKE)
        with act_as(actor, clock=utc_now):
            record(actor, subject=uuid.UUID(subject))

    def note(place: str, word: str) -> None:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(handle, f"{word}\n".encode())
        os.close(handle)

    @jobs.job("tests.take")
    def take(on_behalf: dict[str, Any], *, subject: str, runs: str, milliseconds: int) -> None:
        note(runs, subject)
        time.sleep(milliseconds / 1000)
        work(on_behalf, subject=subject)

    @jobs.job("tests.wait")
    def wait(on_behalf: dict[str, Any], *, subject: str, runs: str, sign: str) -> None:
        note(runs, f"{os.getpid()} begins")
        while not Path(sign).exists():
            time.sleep(0.05)
        try:
            work(on_behalf, subject=subject)
        except AttemptOver:
            note(runs, f"{os.getpid()} is over")
            raise

    @jobs.job("tests.die_once")
    def die_once(on_behalf: dict[str, Any], *, subject: str, mark: str) -> None:
        place = Path(mark)
        if not place.exists():
            place.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        work(on_behalf, subject=subject)

    asyncio.run(_run_jobs(2))


if __name__ == "__main__":
    serve()
