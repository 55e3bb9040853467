"""The service that sets an installation up, before there is anybody who could."""

import uuid

from vigie.kernel.actors import Actor, Purpose, service_actor
from vigie.kernel.permissions import Role

NOBODY = uuid.UUID(int=0)
"""The unit of the first records: none exists yet."""


def setting_up() -> Actor:
    """The actor of `vigie init` and of the demonstration's building: it adds countries, units and people only."""
    return service_actor(Role.SERVICE_ENROLMENT, unit=NOBODY, country="---", purpose=Purpose.OVERSIGHT)
