"""What a partner handed in is compared with what is known: taken into a case first, then looked up by a job.

Nothing of this is the partner's: it is told "received", whatever the unit does with it afterwards and whenever.
"""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from vigie.kernel import context, jobs
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, in_progress, operation, require
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.cases.queries import hand_in_terms
from vigie.rooms.matching.operations import DailyLimits, Place, ToKeep, look_up_to_keep
from vigie.rooms.matching.schemas import Digests
from vigie.rooms.partners.models import (
    PartnerComparison,
    PartnerFinding,
    PartnerHash,
    PartnerSubmission,
)
from vigie.rooms.partners.schemas import ComparisonState

COMPARE: Final = "partners.compare"
_PATIENCE: Final = timedelta(minutes=10)
"""So long a comparison that waits is left to its job; afterwards it may be asked for again."""
_PAUSE: Final = timedelta(minutes=1)
_AT_ONCE: Final = 1_000


@operation(Permission.PARTNER_SUBMISSION_COMPARE)
def compare(actor: Actor, submission: uuid.UUID, *, place: Place | None = None) -> None:
    """What a partner submitted (a public id) stands under this case and exhibit, and will be compared in their name.

    Without a place it is compared again where it stands. What waits already goes on waiting. NotFound for what was not
    submitted to the actor's unit, or no exhibit of it; Invalid without hashes or, the first time, without a place;
    Conflict when the case is closed.
    """
    row = PartnerSubmission.objects.for_actor(actor).filter(public_id=submission, party=actor.unit).first()
    if row is None:
        raise NotFound
    if not row.hashes:
        raise Invalid(_("It holds no hash that could be compared."))
    known = PartnerComparison.objects.for_actor(actor).filter(submission=row).select_for_update().first()
    chosen = place or (Place(known.case, known.exhibit) if known else None)
    if chosen is None:
        raise Invalid(_("Say under which case and exhibit it is compared."))
    now = context.now()
    if known is None or known.state != ComparisonState.WAITING.value or now - known.asked_at > _PATIENCE:
        _defer(actor, _asked(actor, row, known, chosen))
    # the partner's unit is not concerned: a line it could read would tell it that somebody compares
    about(
        "partner_submission",
        row.public_id,
        case=str(chosen.case),
        exhibit=str(chosen.exhibit),
        hashes=row.hashes,
    )


def _asked(
    actor: Actor, submission: PartnerSubmission, known: PartnerComparison | None, place: Place
) -> uuid.UUID:
    terms = hand_in_terms(actor, place.exhibit)
    if terms.case_public_id != place.case:
        raise NotFound
    if not terms.case_open:
        raise Conflict(_("The case is closed."))
    columns: dict[str, Any] = {
        **ownership(actor, legal_basis=terms.legal_basis, purpose=terms.purpose, handling=terms.handling),
        "case": place.case,
        "exhibit": place.exhibit,
        "state": ComparisonState.WAITING.value,
        "stopped": "",
        "asked_at": context.now(),
    }
    row = known or PartnerComparison(submission=submission)
    for name, value in columns.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(_("A colleague has taken it into a case meanwhile.")) from error
    return row.id


def _defer(actor: Actor, comparison: uuid.UUID, at: datetime | None = None) -> None:
    jobs.defer(
        COMPARE,
        on_behalf=jobs.OnBehalf.of(actor),
        once_for=f"{COMPARE}-{comparison}",
        at=at,
        comparison=str(comparison),
    )


def compare_now(actor: Actor, comparison: uuid.UUID, limits: DailyLimits) -> None:
    """Every hash of a comparison that waits (a row id) is looked up and counted for the actor, who asked for it.

    What is found replaces what was found before, written inside the operation that looks up. Repeating it once it is
    done changes nothing. Raises as `look_up_hashes` of the room matching; nothing is counted or kept then.
    """
    require(actor, Permission.MATCH_LOOKUP_ASK)
    waiting = PartnerComparison.objects.for_actor(actor).filter(
        id=comparison, state=ComparisonState.WAITING.value
    )
    row = waiting.select_related("submission").first()
    if row is None:
        return
    files = {
        one.position + 1: Digests(_bytes(one.sha256), _bytes(one.sha1), _bytes(one.md5))
        for one in PartnerHash.objects.for_actor(actor).filter(submission=row.submission).order_by("position")
    }

    def keep(found: ToKeep) -> None:
        locked = waiting.select_for_update().first()
        if locked is None:
            raise Conflict(_("It was compared meanwhile."))
        _keep(actor, locked, found)

    place = Place(row.case, row.exhibit)
    look_up_to_keep(actor, place, files, limits, keep, submission=row.submission.public_id)


def _bytes(digest: Any) -> bytes | None:
    return None if digest is None else bytes(digest)


def _keep(actor: Actor, row: PartnerComparison, told: ToKeep) -> None:
    """Only inside the operation that looks up."""
    PartnerFinding.objects.for_actor(actor).filter(comparison=row).delete()
    owned = {
        name: getattr(row, name)
        for name in (
            "owner_unit", "owner_country", "recorded_by", "purpose", "legal_basis", "handling",
        )
    } | {"recorded_at": context.now()}  # fmt: skip
    hits = [one.row for one in told.results if one.own or one.hides or one.flags or one.answers]
    made = []
    for place in hits:
        found = told.found.get(place)
        made.append(
            PartnerFinding(
                comparison=row,
                position=place - 1,
                found=found.model_dump(mode="json") if found else None,
                pairs=[one.pair for one in found.answers] if found else [],
                contents=[one.public_id for one in found.own] if found else [],
                **owned,
            )
        )
    made += [
        PartnerFinding(comparison=row, position=place - 1, left_out=True, **owned) for place in told.left_out
    ]
    PartnerFinding.objects.bulk_create(made, batch_size=_AT_ONCE)
    row.state, row.stopped = ComparisonState.COMPARED.value, ""
    row.compared_at, row.found, row.seen_at = told.published_at, len(hits), None
    row.save()


@operation(Permission.PARTNER_SUBMISSION_COMPARE)
def compare_later(actor: Actor, comparison: uuid.UUID) -> None:
    """A comparison that waits (a row id) is tried again in a minute: known material cannot be asked about just now."""
    _defer(actor, comparison, at=context.now() + _PAUSE)
    about("partner_comparison", comparison, later=1)


@operation(Permission.PARTNER_SUBMISSION_COMPARE)
def stop_comparison(actor: Actor, comparison: uuid.UUID, why: str) -> None:
    """A comparison that waited (a row id) says why nothing was compared; what was found before stays."""
    row = (
        PartnerComparison.objects.for_actor(actor).filter(id=comparison).select_related("submission").first()
    )
    if row is None:
        raise NotFound
    if row.state == ComparisonState.WAITING.value:
        row.state, row.stopped = ComparisonState.STOPPED.value, why[:40]
        row.save(update_fields=["state", "stopped"])
    about("partner_submission", row.submission.public_id, stopped=why[:40])


@operation(Permission.PARTNER_SUBMISSION_READ)
def see_findings(actor: Actor, submission: uuid.UUID) -> None:
    """Somebody of the unit has looked at what is known of a submission (a public id); looking again changes nothing."""
    row = PartnerComparison.objects.for_actor(actor).filter(submission__public_id=submission).first()
    if row is None:
        raise NotFound
    if row.seen_at is None:
        row.seen_at = context.now()
        row.save(update_fields=["seen_at"])
    about("partner_submission", submission)


def take_back(actor: Actor, pair: uuid.UUID) -> None:
    """What the actor's unit keeps of answers about this pair is the word that their owner withdrew the item.

    Only inside the operation that takes back what was told.
    """
    in_progress()
    rows = PartnerFinding.objects.for_actor(actor).filter(pairs__contains=[pair]).select_for_update()
    for row in rows.order_by("id"):
        answers = [one for one in row.found["answers"] if one["pair"] != str(pair)]
        row.withdrawn += len(row.found["answers"]) - len(answers)
        row.found = {**row.found, "answers": answers}
        row.pairs = [one for one in row.pairs if one != pair]
        row.save(update_fields=["found", "pairs", "withdrawn"])


def drop_findings(actor: Actor, contents: Collection[uuid.UUID]) -> None:
    """Nothing the unit found about submissions names these contents of its own (public ids).

    Only inside the operation that erases them.
    """
    in_progress()
    gone = {str(one) for one in contents}
    rows = (
        PartnerFinding.objects.for_actor(actor).filter(contents__overlap=list(contents)).select_for_update()
    )
    for row in rows.order_by("id"):
        own = [one for one in row.found["own"] if one["public_id"] not in gone]
        row.found = {**row.found, "own": own}
        row.contents = [uuid.UUID(one["public_id"]) for one in own]
        row.save(update_fields=["found", "contents"])
