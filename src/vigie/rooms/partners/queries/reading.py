"""Reads of what partners submitted: for the partner its own, for a unit what was submitted to it."""

import uuid
from collections.abc import Iterable

from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.partners.models import PartnerHash, PartnerOpinion, PartnerSubmission
from vigie.rooms.partners.schemas import Opinion, OpinionView, SubmissionView
from vigie.rooms.units.queries import desks

SHOWN = 100


def submissions(actor: Actor) -> tuple[SubmissionView, ...]:
    """The newest hundred submissions of the actor's unit, and to it, newest first."""
    require(actor, Permission.PARTNER_SUBMISSION_READ)
    return _views(actor, PartnerSubmission.objects.for_actor(actor).order_by("-id")[:SHOWN])


def submission(actor: Actor, public_id: uuid.UUID) -> SubmissionView:
    """One of them; NotFound for any other."""
    require(actor, Permission.PARTNER_SUBMISSION_READ)
    found = _views(actor, PartnerSubmission.objects.for_actor(actor).filter(public_id=public_id))
    if not found:
        raise NotFound
    return found[0]


def hash_lines(actor: Actor, public_id: uuid.UUID) -> str:
    """The list of one of them, a file a line: its digests in hexadecimal, apart by a blank. NotFound for any other."""
    found = submission(actor, public_id)
    rows = PartnerHash.objects.for_actor(actor).filter(submission__public_id=found.id).order_by("position")
    lines = (
        " ".join(bytes(one).hex() for one in digests if one is not None)
        for digests in rows.values_list("md5", "sha1", "sha256")
    )
    return "".join(f"{line}\n" for line in lines)


def _views(actor: Actor, rows: Iterable[PartnerSubmission]) -> tuple[SubmissionView, ...]:
    found = list(rows)
    names = desks(actor, {_other(actor, row) for row in found})
    newest: dict[uuid.UUID, PartnerOpinion] = {
        one.submission_id: one
        for one in PartnerOpinion.objects.for_actor(actor).filter(submission__in=found).order_by("id")
    }
    return tuple(
        SubmissionView(
            id=row.public_id,
            is_own=row.owner_unit == actor.unit,
            other_name=names[_other(actor, row)].unit_name if _other(actor, row) in names else "",
            title=row.title,
            words=row.words,
            hashes=row.hashes,
            at=row.recorded_at,
            opinion=_opinion(newest.get(row.id)),
        )
        for row in found
    )


def _other(actor: Actor, row: PartnerSubmission) -> uuid.UUID:
    return row.party if row.owner_unit == actor.unit else row.owner_unit


def _opinion(row: PartnerOpinion | None) -> OpinionView | None:
    if row is None:
        return None
    return OpinionView(opinion=Opinion(row.opinion), words=row.words, at=row.recorded_at)
