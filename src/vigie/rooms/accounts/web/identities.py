"""The buttons of a person's page that join them to who they are at a sign-in provider, and part them again."""

import uuid
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.rooms.accounts import operations, queries
from vigie.rooms.accounts.schemas import IdentityView, Person
from vigie.rooms.units.queries import desk


def shown(actor: Actor, person: Person) -> dict[str, Any]:
    """What the page says of a person's identities: those joined, and the providers another may be joined at."""
    joined: list[IdentityView] = queries.identities(actor, person.id)
    held = {one.provider for one in joined}
    country = desk(actor, person.unit).country
    offered = [
        (key, one.name)
        for key, one in settings.VIGIE.providers.items()
        if one.country == country and key not in held
    ]
    return {"identities": joined, "providers": sorted(offered, key=lambda pair: pair[1])}


def join(actor: Actor, user_id: uuid.UUID, given: Any) -> str:
    """The person may sign in through the chosen provider from now on."""
    operations.join_identity(
        actor, user_id=user_id, provider=given.get("provider", ""), subject=given.get("subject", "")
    )
    return _("Joined. They may sign in through this provider from now on.")


def part(actor: Actor, user_id: uuid.UUID, given: Any) -> str:
    """The person signs in through the provider no more."""
    operations.part_identity(actor, user_id=user_id, provider=given.get("provider", ""))
    return _(
        "Parted. They sign in here with their own password or passkey; their open sign-ins go on until they end."
    )
