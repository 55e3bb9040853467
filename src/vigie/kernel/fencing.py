"""Fencing: what a run of a job writes counts only while its attempt is the job's present one.

A worker that was silent for too long loses its jobs to others (`sweeping.py`), and may wake up afterwards.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import connection

_attempt: ContextVar[tuple[int, int] | None] = ContextVar("vigie_attempt", default=None)


class AttemptOver(Exception):  # noqa: N818 - says what happened
    """Another worker has taken the job up, or it is ended: nothing that this run still does is kept."""


def fenced(run: Callable[[], Any], context: Any, worker: Any) -> Any:  # noqa: ARG001 - procrastinate passes both
    """What `run` returns; inside it the job's attempt is known. Its number of failures tells attempts apart."""
    token = _attempt.set((context.job.id, context.job.attempts))
    try:
        return run()
    finally:
        _attempt.reset(token)


def hold_attempt() -> None:
    """Nobody takes the running job before this transaction ends; AttemptOver when somebody has. Free outside a job.

    Asked last, when everything is written: whoever sweeps waits for a commit, and never for the work before it.
    """
    attempt = _attempt.get()
    if attempt is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT vigie_hold_attempt(%s, %s)", attempt)
        if cursor.fetchone() != (True,):
            raise AttemptOver(f"attempt {attempt[1] + 1} of job {attempt[0]} is over; nothing of it was kept")
