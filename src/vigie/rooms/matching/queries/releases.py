"""Releases for looking up in bulk: whose they are, and whether one covers a list now."""

import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound, Refused
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.cases.queries import hand_in_terms
from vigie.rooms.matching.models import LookUpRelease
from vigie.rooms.matching.schemas.lookups import LookUpReleaseView


class ReleaseEnded(Refused):
    """There is no release that covers this look-up now: none was given, it was taken back, it ended or is used up."""

    problem = "release-needed"
    title = _("This needs a supervisor's release")
    permission = Permission.MATCH_LOOKUP_ASK

    def __init__(self) -> None:
        super().__init__(_("Looking up in bulk needs a release for you and this case. Ask your supervisor."))


def standing_release(actor: Actor, release: uuid.UUID, case: uuid.UUID) -> QuerySet[LookUpRelease]:
    """The release (a public id) while it covers the actor's look-ups in this case; empty otherwise."""
    rows = LookUpRelease.objects.for_actor(actor).filter(public_id=release, person=actor.id, case=case)
    standing: QuerySet[LookUpRelease] = rows.filter(revoked_at=None, valid_until__gt=context.now())
    return standing


def require_release(actor: Actor, release: uuid.UUID, *, case: uuid.UUID, exhibit: uuid.UUID) -> None:
    """The actor may look up in bulk under this exhibit of this case now; raises what the first rows would.

    Refused without the right to look up, NotFound when the unit has no such exhibit in that case, ReleaseEnded.
    """
    require(actor, Permission.MATCH_LOOKUP_ASK)
    if hand_in_terms(actor, exhibit).case_public_id != case:
        raise NotFound
    if not standing_release(actor, release, case).exists():
        raise ReleaseEnded


def releases(actor: Actor) -> tuple[LookUpReleaseView, ...]:
    """Who was released for look-ups in bulk, newest first: the unit's for a supervisor, else the actor's own."""
    require(actor, Permission.MATCH_LOOKUP_ASK)
    rows = LookUpRelease.objects.for_actor(actor).order_by("-id")
    if policy.may(actor, Permission.MATCH_LOOKUP_RELEASE, context.now()) is not None:
        rows = rows.filter(person=actor.id)
    return tuple(
        LookUpReleaseView(
            public_id=row.public_id,
            person=row.person,
            case=row.case,
            most_hashes=row.most_hashes,
            used=row.used,
            valid_until=row.valid_until,
            revoked_at=row.revoked_at,
            given_by=row.recorded_by,
            given_at=row.recorded_at,
        )
        for row in rows
    )
