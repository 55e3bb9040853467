"""The owner's side: what the matcher left for it becomes a notice on its desk."""

import uuid

from django.db import connection

from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.matching.models import MatchDelivery, MatchNotice
from vigie.rooms.media.queries import own_copies

_MARK = "INSERT INTO match_delivered (delivery_id, owner_unit) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_COPIED = (
    "content_id",
    "pair",
    "asker_unit",
    "asker_country",
    "asker_public_id",
    "level",
    "claim",
    "by",
    "distance",
    "variant",
)


@operation(Permission.MATCH_NOTICE_DELIVER)
def deliver_notice(actor: Actor, delivery_id: uuid.UUID) -> None:
    """The owner has its notice, once however often this runs, and the delivery is done with.

    The actor is the delivery service inside the owner's unit. NotFound when the unit has no such delivery, or no such
    content for the purpose of this act.
    """
    delivery = _delivery(actor, delivery_id)
    terms = own_copies(actor).filter(id=delivery.content_id).values_list("legal_basis", "purpose").first()
    if terms is None:
        raise NotFound
    basis, purpose = terms
    notice = MatchNotice(
        delivery_id=delivery.id,
        **{name: getattr(delivery, name) for name in _COPIED},
        **ownership(actor, legal_basis=basis, purpose=Purpose(purpose)),
    )
    MatchNotice.objects.bulk_create([notice], ignore_conflicts=True)
    mark_delivered(delivery.id, delivery.owner_unit)
    about("match_notice", notice.public_id, concerned=delivery.owner_unit, level=delivery.level)


@operation(Permission.MATCH_NOTICE_DELIVER)
def discard_delivery(actor: Actor, delivery_id: uuid.UUID) -> None:
    """The delivery is done with and no notice was written: the owner has the content no more."""
    delivery = _delivery(actor, delivery_id)
    mark_delivered(delivery.id, delivery.owner_unit)
    about("match_delivery", delivery.id, concerned=delivery.owner_unit, discarded=1)


def _delivery(actor: Actor, delivery_id: uuid.UUID) -> MatchDelivery:
    row = MatchDelivery.objects.filter(id=delivery_id, owner_unit=actor.unit).first()
    if row is None:
        raise NotFound
    return row


def mark_delivered(delivery: uuid.UUID, owner_unit: uuid.UUID) -> None:
    """The delivery is done with. Only inside the operation that made it."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [delivery, owner_unit])
