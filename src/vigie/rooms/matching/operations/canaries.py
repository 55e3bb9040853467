"""Canaries: planted, retired, and the alarm when somebody asks about one."""

import io
import uuid
from collections.abc import Collection
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from vigie.backends.postgres.arrays import array
from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.kernel.scope import staff_ownership
from vigie.rooms.matching.models import Canary, CanaryAlarm, MatchDelivery
from vigie.rooms.matching.operations.notices import mark_delivered
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.rules.canaries import Invented, invented
from vigie.rooms.media.operations import record_contents, take_out
from vigie.rooms.media.schemas import Kind, NewContent, Print, Sharing, Terms, Veil

MOST_AT_ONCE: Final = 20
_ANALYSED_WITH: Final = "drawn here"
_SHARED: Final[dict[Level, tuple[Audience, AnswerOutside]]] = {
    Level.FULL: (Audience.COMMUNITY, AnswerOutside.CONTACT_ONLY),
    Level.CONTACT_ONLY: (Audience.UNIT, AnswerOutside.CONTACT_ONLY),
    Level.SILENT: (Audience.UNIT, AnswerOutside.SILENT),
}


@operation(Permission.MATCH_CANARY_PLANT)
def plant_canaries(
    actor: Actor, *, number: int, level: Level, legal_basis: str, note: str = ""
) -> tuple[uuid.UUID, ...]:
    """So many invented items are held by the unit like any other, answered at this level; returns their public ids.

    Each is a picture drawn by chance with its own digests and PDQ code, stored and veiled like what is handed in, so
    that an answer about it cannot be told from another. Invalid for fewer than one or more than 20.
    """
    if not 1 <= number <= MOST_AT_ONCE:
        raise Invalid(_("Between 1 and %(most)s are planted at a time.") % {"most": MOST_AT_ONCE})
    chance = np.random.default_rng()
    made = {one.digests.sha256: one for one in (invented(chance) for _one in range(number))}
    audience, outside = _SHARED[level]
    sharing = Sharing(
        owner_unit=actor.unit, owner_country=actor.country, audience=audience, answer_outside=outside
    )
    terms = Terms(sharing=sharing, legal_basis=legal_basis, purpose=Purpose.VICTIM_IDENTIFICATION)
    held = record_contents(actor, [_new(one) for one in made.values()], terms)
    columns = staff_ownership(actor, unit=actor.unit, country=actor.country)
    rows = [
        Canary(
            content_id=held[sha256],
            sha256=sha256,
            sha1=one.digests.sha1,
            md5=one.digests.md5,
            pdq=one.pdq.code,
            level=level.value,
            note=note[:200],
            **columns,
        )
        for sha256, one in made.items()
    ]
    Canary.objects.bulk_create(rows)
    about("canary", rows[0].public_id, planted=len(rows), level=level.value)
    return tuple(row.public_id for row in rows)


@operation(Permission.MATCH_CANARY_PLANT)
def retire_canary(actor: Actor, public_id: uuid.UUID) -> None:
    """The canary answers nobody from now on; its alarms stay. NotFound for what is no canary of the unit."""
    row = Canary.objects.for_actor(actor).filter(public_id=public_id, owner_unit=actor.unit).first()
    if row is None:
        raise NotFound
    if row.retired_at is None:
        row.retired_at = context.now()
        row.save(update_fields=["retired_at"])
        take_out(actor, row.content_id)
    about("canary", row.public_id, retired=1)


@operation(Permission.MATCH_ALARM_RAISE)
def raise_alarm(actor: Actor, delivery_id: uuid.UUID) -> None:
    """The alarm stands, once however often this runs; no notice is written and the delivery is done with.

    The actor is the delivery service inside the owner's unit. NotFound when it has no such delivery or canary.
    """
    delivery = MatchDelivery.objects.filter(id=delivery_id, owner_unit=actor.unit).first()
    if delivery is None:
        raise NotFound
    canary = Canary.objects.for_actor(actor).filter(content_id=delivery.content_id).first()
    if canary is None:
        raise NotFound
    alarm = CanaryAlarm(
        canary=canary,
        delivery_id=delivery.id,
        asker_unit=delivery.asker_unit,
        asker_country=delivery.asker_country,
        level=delivery.level,
        claim=delivery.claim,
        way="manifest" if delivery.by == "manifest" else "question",
        asked_at=delivery.at,
        **staff_ownership(actor, unit=actor.unit, country=actor.country),
    )
    CanaryAlarm.objects.bulk_create([alarm], ignore_conflicts=True)
    mark_delivered(delivery.id, delivery.owner_unit)
    about("alarm", alarm.public_id, concerned=delivery.owner_unit, asker=str(delivery.asker_unit))


def touch_canaries(sha256s: Collection[bytes]) -> None:
    """Whoever planted one of these digests will hear of it; nothing is said here, whether anybody did.

    Only inside an operation. Two lists of the same length take the same time but for one row written.
    """
    in_progress()
    if sha256s:
        facts: list[Any] = [array(sha256s), context.now(), settings.VIGIE.match_delay_seconds]
        with connection.cursor() as cursor:
            cursor.execute("SELECT canary_touched(%s::bytea[], %s, %s)", facts)


def _new(one: Invented) -> NewContent:
    return NewContent(
        digests=one.digests,
        source=lambda: io.BytesIO(one.file),
        kind=Kind.PICTURE,
        format="png",
        width=one.width,
        height=one.height,
        analysed_with=_ANALYSED_WITH,
        prints=(Print(code=one.pdq.code, quality=one.pdq.quality, dihedral=one.pdq.dihedral),),
        veil=Veil(png=one.veil, width=one.veil_width, height=one.veil_height),
    )
