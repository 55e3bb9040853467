"""A supervisor's release: one person may look up more hashes in one case than a day allows."""

import uuid
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.accounts.queries import user_id
from vigie.rooms.cases.queries import case as case_of
from vigie.rooms.matching.models import LookUpRelease


@operation(Permission.MATCH_LOOKUP_RELEASE)
def release_lookups(
    actor: Actor, *, person: str, case: uuid.UUID, most_hashes: int, valid_until: datetime
) -> uuid.UUID:
    """A person of the unit (a username) may look up so many hashes under this case until then; returns its public id.

    NotFound for a case or a person that is not the unit's, Invalid for a moment that has passed.
    """
    terms = case_of(actor, case)
    if valid_until <= context.now():
        raise Invalid(_("A release ends in the future."))
    row = LookUpRelease.objects.create(
        case=terms.public_id,
        person=user_id(actor, person),
        most_hashes=most_hashes,
        valid_until=valid_until,
        **ownership(actor, legal_basis=terms.legal_basis, purpose=terms.purpose),
    )
    about(
        "look_up_release",
        row.public_id,
        case=str(case),
        person=str(row.person),
        most_hashes=most_hashes,
        until=valid_until.isoformat(),
    )
    return row.public_id


@operation(Permission.MATCH_LOOKUP_RELEASE)
def revoke_release(actor: Actor, public_id: uuid.UUID) -> None:
    """The release covers nothing more, a list under way included. NotFound for what is no release of the unit."""
    row = LookUpRelease.objects.for_actor(actor).filter(public_id=public_id).select_for_update().first()
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = context.now()
        row.save(update_fields=["revoked_at"])
    about("look_up_release", row.public_id, used=row.used, revoked=1)
