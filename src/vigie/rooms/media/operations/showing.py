"""Veiled pictures inside a page: opened under one audit line for the whole page, sent with the page itself."""

import base64
import uuid
from collections.abc import Iterable

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Permission
from vigie.rooms.media.operations.viewing import veiled_page
from vigie.rooms.media.schemas import ContentFacts


def veils_in_page(actor: Actor, contents: Iterable[ContentFacts]) -> dict[uuid.UUID, str]:
    """The veiled renditions of these contents as `data:` addresses, by public id, under one audit line.

    Empty, without a line, when none has one or the actor may not see veiled pictures now: the page still says what
    it can in words. At most 3 KB a picture, so a page of fifty stays below 200 KB and needs no second request.
    """
    wanted = [one.public_id for one in contents if one.has_veil]
    if not wanted or policy.may(actor, Permission.MEDIA_VEIL_VIEW, context.now()) is not None:
        return {}
    opened = veiled_page(actor, wanted)
    return {one: f"data:image/png;base64,{base64.b64encode(png).decode()}" for one, png in opened.items()}
