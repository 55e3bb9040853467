"""Actors for tests, with everything valid unless a test says otherwise."""

import dataclasses
import uuid
from datetime import timedelta
from typing import Any

from vigie.kernel.actors import Actor, ActorKind, LogScope, utc_now
from vigie.kernel.permissions import Role

ALVANIA_UNIT = uuid.UUID("a0000000-0000-4000-8000-000000000001")


def investigator(**changes: Any) -> Actor:
    """A certified investigator of Alvania who signed in a moment ago."""
    now = utc_now()
    person = Actor(
        kind=ActorKind.PERSON,
        id=uuid.uuid4(),
        name="",
        unit=ALVANIA_UNIT,
        country="ALV",
        roles=frozenset({Role.INVESTIGATOR}),
        certified_until=now + timedelta(days=90),
        agreement_until=now + timedelta(days=365),
        confirmed_at=now,
        log_scope=LogScope.NONE,
    )
    return dataclasses.replace(person, **changes)
