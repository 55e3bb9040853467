"""The job that compares what a partner handed in: in the name of who took it into a case, with the rights they have now."""

import uuid
from typing import Any

from django.conf import settings

from vigie.kernel import jobs
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import NotSignedIn, Unavailable, VigieError
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.queries import actor_for, person_of
from vigie.rooms.matching.operations import DailyLimits
from vigie.rooms.partners import operations


@jobs.job(operations.COMPARE)
def compare(*, on_behalf: dict[str, Any], comparison: str) -> None:
    """The comparison (a row id) is done, or says why not; tried again each minute while the matcher does not answer."""
    behalf, row_id = jobs.OnBehalf.read(on_behalf), uuid.UUID(comparison)
    service = behalf.service(Role.SERVICE_MATCH)
    try:
        actor = _who_asked(behalf)
        with act_as(actor, clock=utc_now):
            limits = DailyLimits(settings.VIGIE.lookups_person_day, settings.VIGIE.lookups_unit_day)
            operations.compare_now(actor, row_id, limits)
    except Unavailable:
        with act_as(service, clock=utc_now):
            operations.compare_later(service, row_id)
    except VigieError as error:
        with act_as(service, clock=utc_now):
            operations.stop_comparison(service, row_id, error.code)


def _who_asked(behalf: jobs.OnBehalf) -> Actor:
    """The person as they are now: a look-up is made in their name, by their rights, and counts for their day."""
    user = person_of(behalf.person) if behalf.person else None
    if user is None or user.unit_id != behalf.unit:
        raise NotSignedIn
    return actor_for(user, now=utc_now(), confirmed_at=None)
