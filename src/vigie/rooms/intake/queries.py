"""Reads of intake: how far a unit's own submissions have come, counted from its own rows alone."""

import csv
import io
import uuid
from collections.abc import Iterable

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from vigie.engines.formats.spreadsheets import cell
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.cases.queries import exhibit as exhibit_of
from vigie.rooms.intake.models import ManifestEntry, SealAuthority, Submission
from vigie.rooms.intake.rules import ACKNOWLEDGED, STORED, AuthorityKind, EntryState, Held, SubmissionState
from vigie.rooms.intake.schemas import (
    Authority,
    Progress,
    Refusal,
    SealedPage,
    StageCount,
    Stages,
    SubmissionSummary,
    UploadTarget,
)
from vigie.rooms.media.queries import own_copies, sealed_files

SHOWN_REFUSALS = SHOWN_SEALED = 100
LISTED = 50


def progress(actor: Actor, submission: uuid.UUID) -> Progress:
    """How far a submission of the actor's unit (a public id) has come; NotFound for any other."""
    require(actor, Permission.INTAKE_SUBMISSION_READ)
    row = _submission(actor, submission)
    entries = ManifestEntry.objects.for_actor(actor).filter(submission=row)
    counts = entries.aggregate(**_COUNTS)
    return Progress(
        id=row.public_id,
        exhibit=row.exhibit.public_id,
        exhibit_reference=row.exhibit.reference,
        case=row.exhibit.case.public_id,
        case_reference=row.exhibit.case.reference,
        state=SubmissionState(row.state),
        opened_at=row.recorded_at,
        closed_at=row.closed_at,
        first_answer_at=row.first_answer_at,
        stages=_stages(counts),
        known=counts["known"],
        new=counts["new"],
        refused=counts["failed"],
        sealed=counts["sealed"],
        bytes_total=counts["bytes_total"] or 0,
        bytes_saved=counts["bytes_saved"] or 0,
        refusals=tuple(_refusal(entry) for entry in _failed(entries)[:SHOWN_REFUSALS]),
    )


def failures_csv(actor: Actor, submission: uuid.UUID) -> str:
    """The failures of a submission as CSV (RFC 4180), one line each under a heading."""
    require(actor, Permission.INTAKE_SUBMISSION_READ)
    row = _submission(actor, submission)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["path", "bytes", "sha256", "reason"])
    for entry in _failed(ManifestEntry.objects.for_actor(actor).filter(submission=row)):
        failure = _refusal(entry)
        writer.writerow([cell(failure.path), failure.bytes, failure.sha256, failure.reason])
    return out.getvalue()


def sealed_page(actor: Actor, exhibit: uuid.UUID, *, after: uuid.UUID | None = None) -> SealedPage:
    """A hundred sealed files of an exhibit of the unit (a public id) from behind `after`; NotFound for any other."""
    require(actor, Permission.INTAKE_SUBMISSION_READ)
    exhibit_of(actor, exhibit)
    found = sealed_files(actor, exhibit, after=after, limit=SHOWN_SEALED + 1)
    more = len(found) > SHOWN_SEALED
    shown = found[:SHOWN_SEALED]
    return SealedPage(files=shown, after=shown[-1].public_id if more else None)


def authorities(actor: Actor, exhibit: uuid.UUID) -> tuple[Authority, ...]:
    """By what right sealed files of an exhibit of the unit (a public id) were opened, the newest first.

    NotFound for an exhibit of others.
    """
    require(actor, Permission.INTAKE_SUBMISSION_READ)
    exhibit_of(actor, exhibit)
    rows = SealAuthority.objects.for_actor(actor).filter(exhibit__public_id=exhibit).order_by("-id")
    return tuple(
        Authority(
            id=row.public_id,
            kind=AuthorityKind(row.kind),
            reference=row.reference,
            issuer=row.issuer,
            issued_on=row.issued_on,
            files=row.files,
            recorded_by=row.recorded_by,
            recorded_at=row.recorded_at,
            opened_at=row.opened_at,
        )
        for row in rows
    )


def submissions(
    actor: Actor, *, exhibit: uuid.UUID | None = None, state: SubmissionState | None = None
) -> tuple[SubmissionSummary, ...]:
    """The newest submissions of the actor's unit, of one exhibit (a public id) and state where these are given."""
    require(actor, Permission.INTAKE_SUBMISSION_READ)
    rows = Submission.objects.for_actor(actor).select_related("exhibit").order_by("-id")
    if exhibit is not None:
        rows = rows.filter(exhibit__public_id=exhibit)
    if state is not None:
        rows = rows.filter(state=state.value)
    return tuple(
        SubmissionSummary(
            id=row.public_id,
            exhibit=row.exhibit.public_id,
            state=SubmissionState(row.state),
            source=row.source,
            opened_at=row.recorded_at,
            opened_by=row.recorded_by,
        )
        for row in rows[:LISTED]
    )


def upload_target(actor: Actor, upload_id: uuid.UUID) -> UploadTarget:
    """Where one upload of the actor's unit stands; NotFound for any other."""
    require(actor, Permission.INTAKE_FILE_SEND)
    return _target(ManifestEntry.objects.for_actor(actor).filter(upload_id=upload_id))


def upload_for(actor: Actor, submission: uuid.UUID, entry: int) -> UploadTarget:
    """Where the upload of one entry stands, by its submission's public id and its number; NotFound when there is none."""
    require(actor, Permission.INTAKE_FILE_SEND)
    rows = ManifestEntry.objects.for_actor(actor).filter(submission__public_id=submission, ordinal=entry)
    return _target(rows)


def uploads_for(actor: Actor, submission: uuid.UUID, entries: Iterable[int]) -> dict[int, UploadTarget]:
    """Where the uploads of these entries stand, by number; those the submission does not have are left out.

    NotFound when the unit has no such submission (a public id).
    """
    require(actor, Permission.INTAKE_FILE_SEND)
    if not Submission.objects.for_actor(actor).filter(public_id=submission).exists():
        raise NotFound
    rows = ManifestEntry.objects.for_actor(actor).filter(
        submission__public_id=submission, ordinal__in=list(entries)
    )
    return {row.ordinal: _as_target(row) for row in rows}


def ready(actor: Actor, submission_id: uuid.UUID) -> QuerySet[ManifestEntry]:
    """The entries of a submission (row id) that can be recorded now: sent ones, and known ones whose bytes are here."""
    here = own_copies(actor).filter(sha256=OuterRef("sha256"))
    entries: QuerySet[ManifestEntry] = ManifestEntry.objects.for_actor(actor).filter(
        Q(state=EntryState.SENT.value)
        | (Q(state=EntryState.KNOWN.value) & (Exists(here) | Q(holding=Held.LISTED.value))),
        submission_id=submission_id,
    )
    return entries.order_by("id")


def work_left(actor: Actor, submission_id: uuid.UUID) -> int:
    """How many entries of a submission (row id) can be recorded now."""
    return ready(actor, submission_id).count()


def recorded_contents(actor: Actor, submission_id: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """The contents (row ids) of a submission that are recorded and not matched yet."""
    rows = ManifestEntry.objects.for_actor(actor).filter(
        submission_id=submission_id, state=EntryState.RECORDED.value
    )
    return tuple(rows.values_list("content_id", flat=True).distinct())


def stored_uploads(
    actor: Actor, submission_id: uuid.UUID, uploads: Iterable[uuid.UUID]
) -> tuple[uuid.UUID, ...]:
    """Those of the uploads of a submission (row id) whose originals are stored: nothing needs their parts."""
    rows = ManifestEntry.objects.for_actor(actor).filter(
        submission_id=submission_id, upload_id__in=list(uploads), state__in=[one.value for one in STORED]
    )
    return tuple(rows.values_list("upload_id", flat=True))


def awaits_first_answer(actor: Actor, submission_id: uuid.UUID) -> bool:
    """True while nothing of a submission (row id) has been answered."""
    return Submission.objects.for_actor(actor).filter(id=submission_id, first_answer_at=None).exists()


_FAILED = Q(state=EntryState.REFUSED.value) | ~Q(reason="")
_ALIVE = ~Q(state=EntryState.REFUSED.value)
_TRAVELS = _ALIVE & Q(holding=Held.NOT_HELD.value)
_SAVED = _ALIVE & ~Q(holding=Held.NOT_HELD.value)
_ANALYSED = Q(state__in=[state.value for state in STORED])
_MATCHED = Q(state__in=[EntryState.MATCHED.value, EntryState.ERASED.value])
_COUNTS = {
    "listed": Count("id"),
    "alive": Count("id", filter=_ALIVE),
    "failed": Count("id", filter=_FAILED),
    "known": Count("id", filter=_SAVED),
    "new": Count("id", filter=_TRAVELS),
    "sealed": Count("id", filter=_ALIVE & Q(content__sealed=True)),
    "sent": Count("id", filter=_TRAVELS & Q(state__in=[state.value for state in ACKNOWLEDGED])),
    "analysed": Count("id", filter=_ANALYSED),
    "matched": Count("id", filter=_MATCHED),
    "bytes_total": Sum("size"),
    "bytes_saved": Sum("size", filter=_SAVED),
}


def _stages(counts: dict[str, int]) -> Stages:
    """A file counts as sent only when the server's own digest agreed, so sent and verified are one figure here."""
    listed = StageCount(done=counts["listed"], total=counts["listed"])
    sent = StageCount(done=counts["sent"], total=counts["new"])
    return Stages(
        hashed=listed,
        checked=listed,
        sent=sent,
        verified=sent,
        analysed=StageCount(done=counts["analysed"], total=counts["alive"]),
        matched=StageCount(done=counts["matched"], total=counts["alive"]),
    )


def _submission(actor: Actor, public_id: uuid.UUID) -> Submission:
    rows = Submission.objects.for_actor(actor).select_related("exhibit__case")
    row: Submission | None = rows.filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def _failed(entries: QuerySet[ManifestEntry]) -> QuerySet[ManifestEntry]:
    return entries.filter(_FAILED).order_by("id")


def _refusal(entry: ManifestEntry) -> Refusal:
    return Refusal(
        entry=entry.ordinal,
        path=entry.path_text,
        bytes=entry.size,
        sha256="" if entry.sealed and entry.authority_id is None else bytes(entry.sha256).hex(),
        reason=entry.reason,
    )


def _target(rows: QuerySet[ManifestEntry]) -> UploadTarget:
    row = rows.first()
    if row is None:
        raise NotFound
    return _as_target(row)


def _as_target(row: ManifestEntry) -> UploadTarget:
    return UploadTarget(
        entry_id=row.id,
        submission_id=row.submission_id,
        upload_id=row.upload_id,
        size=row.size,
        sha256=bytes(row.sha256),
        state=EntryState(row.state),
    )
