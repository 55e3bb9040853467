"""Owners of lists that flag: told at a random moment of the next minute by whom an item of theirs was hit."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.db import connection

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.matching.models import KnownItem, ListDelivery, ListHit
from vigie.rooms.matching.operations.notices import mark_delivered
from vigie.rooms.matching.queries.lists import Flagging, flagging
from vigie.rooms.matching.rules import Digests
from vigie.rooms.matching.rules.lookups import day_of

_TELL: Final = """
INSERT INTO list_delivery (id, owner_unit, owner_country, item_id, asker_unit, asker_country, by, day, deliver_after)
SELECT gen_random_uuid(), told.owner_unit, told.owner_country, told.item, %(unit)s, %(country)s, told.by, %(day)s,
    %(now)s + random() * %(longest)s * interval '1 second'
FROM unnest(%(items)s::uuid[], %(units)s::uuid[], %(countries)s::text[], %(bys)s::text[])
    AS told(item, owner_unit, owner_country, by)
ON CONFLICT DO NOTHING
"""


def tell_list_owners(actor: Actor, files: Sequence[Digests]) -> None:
    """The owners of lists that flag one of these files will hear that the actor's unit has come upon it.

    Only inside an operation: the notice is kept when the act that hit the item is, and not otherwise.
    """
    in_progress()
    hit = flagging(actor, files)
    if hit:
        _leave(actor, hit)


def _leave(actor: Actor, hit: Sequence[Flagging]) -> None:
    now = context.now()
    facts: dict[str, Any] = {
        "unit": actor.unit,
        "country": actor.country,
        "day": day_of(now),
        "now": now,
        "longest": settings.VIGIE.match_delay_seconds,
        "items": [one.item for one in hit],
        "units": [one.owner_unit for one in hit],
        "countries": [one.owner_country for one in hit],
        "bys": [one.by for one in hit],
    }
    with connection.cursor() as cursor:
        cursor.execute(_TELL, facts)


@operation(Permission.MATCH_NOTICE_DELIVER)
def deliver_list_hit(actor: Actor, delivery_id: uuid.UUID) -> None:
    """The list's owner has the hit on record, once however often this runs, and the delivery is done with.

    The actor is the delivery service inside the owner's unit. NotFound when the unit has no such delivery, or no such
    item for the purpose of this act.
    """
    delivery = _list_delivery(actor, delivery_id)
    item = KnownItem.objects.for_actor(actor).filter(id=delivery.item_id, owner_unit=actor.unit).first()
    if item is None:
        raise NotFound
    hit = ListHit(
        item=item,
        delivery_id=delivery.id,
        asker_unit=delivery.asker_unit,
        asker_country=delivery.asker_country,
        by=delivery.by,
        **{**ownership(actor, legal_basis=item.legal_basis, purpose=actor.purpose), "purpose": item.purpose},
    )
    ListHit.objects.bulk_create([hit], ignore_conflicts=True)
    mark_delivered(delivery.id, delivery.owner_unit)
    about("list_hit", hit.public_id, concerned=delivery.owner_unit, by=delivery.by)


@operation(Permission.MATCH_NOTICE_DELIVER)
def discard_list_hit(actor: Actor, delivery_id: uuid.UUID) -> None:
    """The delivery is done with and nothing was written: the owner has the item no more."""
    delivery = _list_delivery(actor, delivery_id)
    mark_delivered(delivery.id, delivery.owner_unit)
    about("list_delivery", delivery.id, concerned=delivery.owner_unit, discarded=1)


def _list_delivery(actor: Actor, delivery_id: uuid.UUID) -> ListDelivery:
    row = ListDelivery.objects.filter(id=delivery_id, owner_unit=actor.unit).first()
    if row is None:
        raise NotFound
    return row
