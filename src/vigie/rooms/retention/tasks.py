"""The jobs of retention: an erasure's chunk of contents, step by step; a run that is killed anywhere is repeated."""

import logging
import uuid
from typing import Any, Final

from django.db import connections

from vigie.kernel.actors import Clock, Purpose, service_actor, utc_now
from vigie.kernel.errors import Unavailable
from vigie.kernel.jobs import OnBehalf, app, job
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.retention import operations
from vigie.rooms.retention.operations.erasing import ERASE
from vigie.rooms.retention.rules import CHUNK

JOBS: Final = "jobs"
_UNITS: Final = """
SELECT DISTINCT owner_unit, owner_country, CASE purpose WHEN 'training' THEN 'training' ELSE 'victim_identification' END
FROM cases_case ORDER BY 1, 3
"""
"""Between them these two purposes read the records of every purpose that holds contents."""
_STUCK: Final = (
    "SELECT id, owner_unit, owner_country, purpose FROM retention_erasure WHERE state = 'under_way'"
)
_log = logging.getLogger(__name__)


@app.periodic(cron="23 2 * * *")
@app.task(name="retention.clocks", queue="care")
def clocks(timestamp: int) -> None:
    """Every unit's clocks were looked at today, and erasures whose job was lost go on; once a day, at night."""
    _ = timestamp
    look_at_clocks(utc_now)
    go_on_with_erasures()


def look_at_clocks(clock: Clock) -> None:
    """Each unit's clocks, for each purpose it has cases of, were looked at; one that fails does not hold up the others."""
    for unit, country, purpose in _rows(_UNITS):
        actor = service_actor(Role.SERVICE_ERASURE, unit=unit, country=country, purpose=Purpose(purpose))
        try:
            with act_as(actor, clock=clock):
                operations.run_clocks(actor)
        except Exception:  # noqa: BLE001 - whatever it was, the next night tries again
            _log.exception("the clocks of unit %s could not be looked at", unit)


def go_on_with_erasures() -> None:
    """Each erasure that is under way has a job."""
    for erasure, unit, country, purpose in _rows(_STUCK):
        actor = service_actor(Role.SERVICE_ERASURE, unit=unit, country=country, purpose=Purpose(purpose))
        with act_as(actor, clock=utc_now):
            operations.wait_then_go_on(actor, erasure)


def _rows(question: str) -> list[tuple[Any, ...]]:
    """What the job's role may see: whose there is something to do for, and nothing of what it says."""
    with connections[JOBS].cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


@job(ERASE)
def erase(*, on_behalf: dict[str, Any], erasure: str) -> None:
    """Up to 256 contents of this erasure (row id) are gone; another run follows until all are, and it is certified."""
    service, erasure_id = OnBehalf.read(on_behalf).service(Role.SERVICE_ERASURE), uuid.UUID(erasure)
    taken = 0
    while taken < CHUNK:
        with act_as(service, clock=utc_now):
            batch = operations.take_apart(service, erasure_id)
        if not batch:
            break
        taken += batch
    try:
        with act_as(service, clock=utc_now):
            operations.clear_outside(service, erasure_id)
    except Unavailable:
        with act_as(service, clock=utc_now):
            operations.wait_then_go_on(service, erasure_id)
        return
    with act_as(service, clock=utc_now):
        operations.go_on_or_finish(service, erasure_id)
