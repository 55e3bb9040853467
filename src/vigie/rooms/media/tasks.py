"""Jobs of stored media: data keys follow their country's newest wrapping key."""

from typing import Any

from vigie.kernel import jobs
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.media.operations.rewrapping import REWRAP, rewrap_some


@jobs.job(REWRAP, queue="care")
def rewrap(on_behalf: dict[str, Any]) -> None:
    """Every data key of the unit is wrapped by the newest key; a run that is cut is taken up where it stood.

    A transaction for each five hundred, so that nobody waits long for a row. A country whose keys are not here
    fails the attempt; the job is tried again, and stands as one that needs a person after the last.
    """
    actor = jobs.OnBehalf.read(on_behalf).service(Role.SERVICE_CUSTODY)
    left = True
    while left:
        with act_as(actor, clock=utc_now):
            left = rewrap_some(actor).left
