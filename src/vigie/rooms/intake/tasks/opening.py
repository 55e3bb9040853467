"""The job that opens sealed files once a legal authority for them is on record.

Each file is one transaction: a run that is killed leaves it sealed, or open and asked about, and the next run goes on.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from vigie.kernel import installation
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.jobs import OnBehalf, job
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.vault import CountryClosed, Owner
from vigie.rooms.intake import operations
from vigie.rooms.intake.operations.seals import OPEN_SEALED
from vigie.rooms.intake.rules import ROOM_PAUSE_SECONDS

_FILES = 256
"""Files one run opens before it makes room for other work."""


@job(OPEN_SEALED)
def open_sealed(*, on_behalf: dict[str, Any], authority: str) -> None:
    """Up to 256 files of this authority (row id) are opened and asked about; another run follows when more wait."""
    service, authority_id = OnBehalf.read(on_behalf).service(Role.SERVICE_INTAKE), uuid.UUID(authority)
    with act_as(service, clock=utc_now):
        waiting = operations.waiting_to_open(service, authority_id, _FILES + 1)
    try:
        damaged = _open(service, authority_id, waiting[:_FILES])
    except CountryClosed:
        with act_as(service, clock=utc_now):
            operations.go_on_opening(service, authority_id, pause=ROOM_PAUSE_SECONDS)
        return
    with act_as(service, clock=utc_now):
        if len(waiting) > _FILES and damaged < _FILES:
            operations.go_on_opening(service, authority_id)
        else:
            operations.all_opened(service, authority_id, damaged)


def _open(service: Actor, authority_id: uuid.UUID, waiting: Sequence[uuid.UUID]) -> int:
    """How many of them stay sealed because their stored bytes are damaged."""
    damaged = 0
    with installation.decoding(Owner(service.unit, service.country)) as pool:
        for content_id in waiting:
            with act_as(service, clock=utc_now):
                damaged += not operations.open_one(service, authority_id, content_id, pool)
    return damaged
