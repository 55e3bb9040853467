"""What the request of a page carries, for the pages of every room: who asks, and from where a list goes on."""

import uuid

from django.http import HttpRequest

from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound


def actor_of(request: HttpRequest) -> Actor:
    """The actor the shell has set for this request; it lets nobody in without one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the ActorBlock middleware
    return actor


def cursor_of(request: HttpRequest) -> uuid.UUID | None:
    """The public id behind which a list goes on, if the address names one; NotFound for what is no id."""
    if "after" not in request.GET:
        return None
    try:
        return uuid.UUID(request.GET["after"])
    except ValueError as error:
        raise NotFound from error
