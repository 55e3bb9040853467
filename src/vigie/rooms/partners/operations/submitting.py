"""A partner submits to a unit and is told that it was received; the unit says what it thinks of it."""

import uuid
from collections.abc import Sequence

from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound, TooLarge
from vigie.kernel.operation import about, in_words, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import staff_ownership
from vigie.rooms.partners.models import PartnerHash, PartnerOpinion, PartnerSubmission
from vigie.rooms.partners.rules import MOST_ROWS, Hashes
from vigie.rooms.partners.schemas import Opinion, Received
from vigie.rooms.units.queries import unit_by_code

_AT_ONCE = 1_000


@operation(Permission.PARTNER_SUBMISSION_MAKE)
def submit(actor: Actor, *, to: str, title: str, words: str, hashes: Sequence[Hashes]) -> Received:
    """The submission stands before the unit of this code. Nothing is compared with anything, and nothing else is told.

    NotFound for a unit that is not there, or the partner's own; Invalid without a title, or with neither words nor
    hashes; TooLarge for more than 10,000 rows.
    """
    desk = unit_by_code(to)
    if desk.unit == actor.unit:
        raise NotFound(_("Submit to another unit than your own."))
    if not title.strip() or len(title.strip()) > 120:
        raise Invalid(_("A submission has a title of 1 to 120 characters."))
    if not words.strip() and not hashes:
        raise Invalid(_("Write a report, or add hashes, or both."))
    if len(hashes) > MOST_ROWS:
        raise TooLarge(_("At most %(most)s rows are taken in one submission.") % {"most": MOST_ROWS})
    owned = {**staff_ownership(actor, unit=actor.unit, country=actor.country), "party": desk.unit}
    row = PartnerSubmission.objects.create(
        title=title.strip(), words=words.strip(), hashes=len(hashes), **owned
    )
    PartnerHash.objects.bulk_create(
        [
            PartnerHash(
                submission=row, position=place, md5=one.md5, sha1=one.sha1, sha256=one.sha256, **owned
            )
            for place, one in enumerate(hashes)
        ],
        batch_size=_AT_ONCE,
    )
    about("partner_submission", row.public_id, concerned=desk.unit, hashes=len(hashes))
    return Received(id=row.public_id, hashes=row.hashes, at=row.recorded_at)


@operation(Permission.PARTNER_OPINION_GIVE)
def give_opinion(actor: Actor, submission: uuid.UUID, *, opinion: Opinion, words: str = "") -> None:
    """The partner reads this opinion on its submission (a public id), and these words.

    NotFound when it was made to another unit; Invalid for more than 500 characters.
    """
    row = PartnerSubmission.objects.for_actor(actor).filter(public_id=submission, party=actor.unit).first()
    if row is None:
        raise NotFound
    said = words.strip()
    if len(said) > 500:
        raise Invalid(_("At most 500 characters are passed on to the partner."))
    PartnerOpinion.objects.create(
        submission=row,
        opinion=opinion.value,
        words=said,
        party=row.owner_unit,
        **staff_ownership(actor, unit=actor.unit, country=actor.country),
    )
    about("partner_submission", row.public_id, concerned=row.owner_unit, opinion=opinion.value)
    in_words(said)
