"""Matches follow an owner who says that contents go less far."""

import uuid
from collections.abc import Sequence

from vigie.kernel.actors import Actor
from vigie.kernel.operation import in_progress
from vigie.kernel.policy import Handling
from vigie.rooms.matching.models import Candidate, MatchNotice
from vigie.rooms.media.schemas.handling import looser_than


def follow_handling(actor: Actor, content_ids: Sequence[uuid.UUID], handling: Handling) -> None:
    """The unit's own side of every match of these contents (row ids) is handled as strictly as this at least.

    Only inside the operation that made the contents stricter. The other side asks what the owner says now whenever an
    answer leaves, and keeps no word of its own about it.
    """
    in_progress()
    for model in (Candidate, MatchNotice):
        rows = model.objects.for_actor(actor).filter(
            content_id__in=list(content_ids), handling__in=looser_than(handling)
        )
        rows.update(handling=handling.value)
