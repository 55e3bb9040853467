"""Canaries and their alarms, for those who read the log: the unit's supervisors, and the oversight body for every unit."""

import uuid
from datetime import timedelta
from typing import Final

from django.db.models import Count

from vigie.backends.known import Claim
from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.models import Canary, CanaryAlarm, MatchDelivery
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.schemas.canaries import AlarmView, CanaryView
from vigie.rooms.units.queries import desks

LISTED: Final = 200
NEW: Final = timedelta(days=30)
"""So long an alarm is counted on the first page and on the log's."""


def canaries(actor: Actor) -> tuple[CanaryView, ...]:
    """The canaries the actor may know of, newest first; retired ones too."""
    require(actor, Permission.MATCH_CANARY_SEE)
    rows = list(Canary.objects.for_actor(actor).annotate(hits=Count("alarms")).order_by("-id")[:LISTED])
    around = desks(actor, {row.owner_unit for row in rows})
    return tuple(
        CanaryView(
            public_id=row.public_id,
            unit=around.get(row.owner_unit),
            sha256=bytes(row.sha256).hex(),
            sha1=bytes(row.sha1).hex(),
            md5=bytes(row.md5).hex(),
            pdq=bytes(row.pdq).hex(),
            level=Level(row.level),
            note=row.note,
            planted_at=row.recorded_at,
            retired_at=row.retired_at,
            alarms=row.hits,
        )
        for row in rows
    )


def alarms(actor: Actor) -> tuple[AlarmView, ...]:
    """The alarms the actor may know of, newest first."""
    require(actor, Permission.MATCH_CANARY_SEE)
    rows = list(CanaryAlarm.objects.for_actor(actor).select_related("canary").order_by("-id")[:LISTED])
    around = desks(actor, {unit for row in rows for unit in (row.owner_unit, row.asker_unit)})
    return tuple(
        AlarmView(
            public_id=row.public_id,
            canary=row.canary.public_id,
            unit=around.get(row.owner_unit),
            asker=around.get(row.asker_unit),
            asker_unit=row.asker_unit,
            level=Level(row.level),
            claim=Claim(row.claim),
            by_manifest=row.way == "manifest",
            note=row.canary.note,
            asked_at=row.asked_at,
        )
        for row in rows
    )


def new_alarms(actor: Actor) -> int:
    """How many alarms of the last 30 days the actor may know of; 0 for those who may know of none."""
    if policy.may(actor, Permission.MATCH_CANARY_SEE, context.now()) is not None:
        return 0
    since = context.now() - NEW
    found: int = CanaryAlarm.objects.for_actor(actor).filter(recorded_at__gte=since).count()
    return found


def is_about_a_canary(actor: Actor, delivery: uuid.UUID) -> bool:
    """Whether a delivery to the actor's unit is about a canary, retired or not; for the delivery service only.

    Asks no permission of its own: what comes of it is asked for by the operation that follows.
    """
    row = MatchDelivery.objects.filter(id=delivery, owner_unit=actor.unit).first()
    return row is not None and Canary.objects.for_actor(actor).filter(content_id=row.content_id).exists()
