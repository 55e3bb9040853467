"""The room `matching` as a Django application."""

import functools
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import AppConfig
from django.conf import settings

from vigie.config.home import Home
from vigie.kernel.actors import Actor
from vigie.kernel.policy import Handling

if TYPE_CHECKING:
    from vigie.backends.known import KnownMedia


class MatchingConfig(AppConfig):
    """Answers about what others hold, candidates, notices to owners, verdicts, known lists."""

    name = "vigie.rooms.matching"
    label = "matching"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What takes two supervisors is known to the room that brings them together; matches follow their contents."""
        from vigie.kernel.permissions import Permission
        from vigie.rooms.approvals.acts import Act, register
        from vigie.rooms.matching import operations
        from vigie.rooms.media.operations import handling_tightened

        def handle(actor: Actor, content_ids: Sequence[UUID], handling: Handling, **_: object) -> None:
            operations.follow_handling(actor, content_ids, handling)

        handling_tightened.connect(handle, dispatch_uid="matching.handling", weak=False)
        register(
            Act(
                kind=operations.LARGE_RELEASE,
                proposes=Permission.MATCH_LOOKUP_RELEASE,
                approves=Permission.MATCH_LOOKUP_RELEASE,
                summary=operations.release_in_words,
                perform=operations.release_proposed,
                state=operations.case_as_it_is,
            )
        )

    @functools.cached_property
    def known(self) -> "KnownMedia":
        """The way to this installation's matcher, or to all parts of it; opened when first used, shared by all threads."""
        from vigie.backends.known import MatcherSocket, Shard, ShardedMedia

        homes = settings.VIGIE.matcher_homes
        if not homes:
            return MatcherSocket(settings.VIGIE_HOME)
        return ShardedMedia(
            [
                MatcherSocket(Home(root), shard=Shard(number, len(homes)))
                for number, root in enumerate(homes, 1)
            ]
        )

    @functools.cached_property
    def streams(self) -> threading.BoundedSemaphore:
        """Places for long lists in this process: a quarter of its threads, so that pages go on being served."""
        return threading.BoundedSemaphore(max(1, settings.VIGIE.web_threads // 4))
