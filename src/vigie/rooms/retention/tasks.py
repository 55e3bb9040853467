"""The jobs of retention: an erasure's chunk of contents, step by step; a run that is killed anywhere is repeated."""

import uuid
from typing import Any

from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Unavailable
from vigie.kernel.jobs import OnBehalf, job
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.retention import operations
from vigie.rooms.retention.operations.erasing import ERASE
from vigie.rooms.retention.rules import CHUNK


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
