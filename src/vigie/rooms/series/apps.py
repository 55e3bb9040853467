"""The room `series` as a Django application."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import AppConfig

from vigie.kernel.actors import Actor
from vigie.kernel.policy import Handling

if TYPE_CHECKING:
    from vigie.rooms.media.schemas import Sharing


class SeriesConfig(AppConfig):
    """Series of related items and what belongs to them."""

    name = "vigie.rooms.series"
    label = "series"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Memberships follow the owner who narrows who sees a content, or what may be done with it."""
        from vigie.rooms.media.operations import handling_tightened, visibility_tightened
        from vigie.rooms.series.operations import follow_content, follow_handling

        def narrow(actor: Actor, content_id: UUID, sharing: "Sharing", **_: object) -> None:
            follow_content(actor, content_id, sharing)

        def handle(actor: Actor, content_ids: Sequence[UUID], handling: Handling, **_: object) -> None:
            follow_handling(actor, content_ids, handling)

        visibility_tightened.connect(narrow, dispatch_uid="series.follow", weak=False)
        handling_tightened.connect(handle, dispatch_uid="series.handling", weak=False)
