"""What readers may do onwards with content: its owner makes it stricter at any time, and a supervisor alone looser."""

import uuid
from collections.abc import Collection, Sequence
from typing import Final

from django.dispatch import Signal
from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Handling
from vigie.rooms.media.models import Content, Occurrence, OriginalKey, Rendition
from vigie.rooms.media.schemas.handling import looser_than

_AT_ONCE: Final = 5_000
"""Rows of one statement."""

handling_tightened = Signal()
"""Sent with `actor`, `content_ids` (row ids) and `handling`, in the same transaction, after an owner said that contents go
less far: rooms further on whose facts were made from them follow."""


@operation(Permission.MEDIA_HANDLING_TIGHTEN)
def tighten_content_handling(actor: Actor, public_id: uuid.UUID, handling: Handling) -> None:
    """One content of the unit, its renditions and what was made from it go less far from now on.

    NotFound for what is not the unit's own; Invalid when it would go as far as before, or further.
    """
    own = Content.objects.for_actor(actor).filter(public_id=public_id, owner_unit=actor.unit)
    row = own.select_for_update().first()
    if row is None:
        raise NotFound
    if row.handling not in looser_than(handling):
        raise Invalid(_("This is not stricter than what is said now."))
    _bear(actor, [row.id], handling)
    about("content", row.public_id, concerned=row.owner_unit, handling=handling.value)
    handling_tightened.send(sender=Content, actor=actor, content_ids=[row.id], handling=handling)


def tighten_found_on(actor: Actor, exhibits: Collection[uuid.UUID], handling: Handling) -> int:
    """What the unit found on these exhibits (row ids) goes as far as this at most; returns how many contents changed.

    Only inside the operation that tightens their case. What is stricter already stays.
    """
    in_progress()
    found = _found_on(actor, exhibits, looser_than(handling))
    _bear(actor, found, handling)
    for place in range(0, len(found), _AT_ONCE):
        part = found[place : place + _AT_ONCE]
        handling_tightened.send(sender=Content, actor=actor, content_ids=part, handling=handling)
    return len(found)


def loosen_found_on(
    actor: Actor, exhibits: Collection[uuid.UUID], *, before: Handling, handling: Handling
) -> int:
    """What the unit found on these exhibits (row ids) and nowhere else, handled as their case was, is handled as it is now.

    Only inside the operation that loosens their case; returns how many contents changed. What was made from them stays
    as strict as it is: nobody is told that they may now do what they were told not to.
    """
    in_progress()
    found = set(_found_on(actor, exhibits, {before.value}))
    elsewhere = Occurrence.objects.for_actor(actor).exclude(exhibit_id__in=list(exhibits))
    alone = sorted(found - set(elsewhere.values_list("content_id", flat=True).distinct()))
    _bear(actor, alone, handling)
    return len(alone)


def _found_on(actor: Actor, exhibits: Collection[uuid.UUID], handlings: Collection[str]) -> list[uuid.UUID]:
    places = Occurrence.objects.for_actor(actor).filter(exhibit_id__in=list(exhibits))
    rows = Content.objects.for_actor(actor).filter(
        id__in=places.values("content_id"), owner_unit=actor.unit, handling__in=sorted(handlings)
    )
    return list(rows.order_by("id").values_list("id", flat=True))


def _bear(actor: Actor, content_ids: Sequence[uuid.UUID], handling: Handling) -> None:
    """These contents of the unit and what lies beside them say this."""
    for place in range(0, len(content_ids), _AT_ONCE):
        part = content_ids[place : place + _AT_ONCE]
        Content.objects.for_actor(actor).filter(id__in=part).update(handling=handling.value)
        for model in (OriginalKey, Rendition):
            model.objects.for_actor(actor).filter(content_id__in=part).update(handling=handling.value)
