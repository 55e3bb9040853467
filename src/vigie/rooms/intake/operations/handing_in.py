"""Opening a submission and closing it."""

import uuid
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from vigie.kernel import context, jobs
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.cases.queries import hand_in_terms
from vigie.rooms.intake.models import ManifestEntry, Submission
from vigie.rooms.intake.rules import ORPHAN_HOURS, EntryState, Held, Reason, SubmissionState, lock_of
from vigie.rooms.media.queries import own_copies

WORK = "intake.work"
SWEEP = "intake.sweep"
SOURCES = ("browser", "command_line", "referral", "demonstration")


@operation(Permission.INTAKE_SUBMISSION_OPEN)
def open_submission(
    actor: Actor, *, case: uuid.UUID, exhibit: uuid.UUID, source: str, client: str = ""
) -> uuid.UUID:
    """Material may be handed in under this exhibit of this case (public ids); returns the submission's public id.

    NotFound when the unit has no such exhibit in that case, Conflict when the case is closed, Invalid for an
    unknown source.
    """
    terms = hand_in_terms(actor, exhibit)
    if terms.case_public_id != case:
        raise NotFound
    if not terms.case_open:
        raise Conflict(_("The case is closed."))
    if source not in SOURCES:
        raise Invalid(f"{source!r} is no source; choose one of {', '.join(SOURCES)}")
    row = Submission.objects.create(
        exhibit_id=terms.exhibit_id,
        source=source,
        client=client[:60],
        **ownership(actor, legal_basis=terms.legal_basis, purpose=terms.purpose),
    )
    about("submission", row.public_id, case=str(case), exhibit=str(exhibit), source=source)
    jobs.defer(
        SWEEP,
        on_behalf=jobs.OnBehalf.of(actor),
        once_for=f"sweep:{row.id}",
        at=context.now() + timedelta(hours=ORPHAN_HOURS),
        submission=str(row.id),
    )
    return row.public_id


@operation(Permission.INTAKE_SUBMISSION_CLOSE)
def close_submission(actor: Actor, submission: uuid.UUID) -> None:
    """Nothing more comes in; files that were wanted and never sent are refused as such. Closing again changes nothing.

    NotFound when the unit has no such submission (a public id).
    """
    row = Submission.objects.for_actor(actor).filter(public_id=submission).select_for_update().first()
    if row is None:
        raise NotFound
    about("submission", row.public_id)
    if row.state != SubmissionState.OPEN.value:
        return
    missing = _refuse_unsent(actor, row.id)
    about("submission", row.public_id, missing=missing)
    row.state = SubmissionState.CLOSED.value
    row.closed_at = context.now()
    row.save()
    defer_work(actor, row.id)


def defer_work(actor: Actor, submission_id: uuid.UUID, *, at: datetime | None = None) -> None:
    """What has come in under this submission (row id) is worked on soon. The last statement of an operation.

    While a job with the same lock waits none is added; it may start just before this transaction commits and miss
    its rows. The job looks again before it ends, closing defers another, and the hourly sweep a third.
    """
    jobs.defer(
        WORK,
        on_behalf=jobs.OnBehalf.of(actor),
        once_for=lock_of(submission_id),
        at=at,
        submission=str(submission_id),
    )


def _refuse_unsent(actor: Actor, submission_id: uuid.UUID) -> int:
    entries = ManifestEntry.objects.for_actor(actor).filter(submission_id=submission_id)
    refused = {"state": EntryState.REFUSED.value, "reason": Reason.NOT_SENT.value}
    unsent = entries.filter(state=EntryState.WANTED.value).update(**refused)
    here = own_copies(actor).filter(sha256=OuterRef("sha256"))
    coming = (
        ManifestEntry.objects.for_actor(actor)
        .filter(submission_id=submission_id, sha256=OuterRef("sha256"), holding=Held.NOT_HELD.value)
        .exclude(state=EntryState.REFUSED.value)
    )
    twins = entries.filter(state=EntryState.KNOWN.value, holding=Held.TWIN.value)
    return unsent + twins.filter(~Exists(here), ~Exists(coming)).update(**refused)
