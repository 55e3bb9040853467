"""What the intake service does with files that came in: record, mark as matched, finish, clear away."""

import dataclasses
import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta

from vigie.engines.hashing.digests import Digests
from vigie.kernel import context, jobs
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.cases.operations import add_custody, terms_held
from vigie.rooms.cases.schemas import HandInTerms
from vigie.rooms.intake.examining import ENGINES, TOOL, TOOL_VERSION, Examined, Given
from vigie.rooms.intake.models import ManifestEntry, Submission
from vigie.rooms.intake.operations.handing_in import SWEEP, defer_work
from vigie.rooms.intake.parts import part_of, remaining_parts
from vigie.rooms.intake.queries import ready
from vigie.rooms.intake.rules import (
    ABANDONED_DAYS,
    ORPHAN_HOURS,
    EntryState,
    Held,
    Reason,
    SubmissionState,
    is_worth_saying,
)
from vigie.rooms.media.operations import record_claims, record_contents, record_occurrences
from vigie.rooms.media.queries import held
from vigie.rooms.media.schemas import Claimed, Found, Seal, Sharing, Terms
from vigie.rooms.units.queries import unviewed_files
from vigie.rooms.units.schemas import UnviewedFiles

Examiner = Callable[[Sequence[Given], Sequence[Given]], Iterable[Examined]]
"""Examines files in the order given, and may stop early when its time is up; the second list is likely to come next."""


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """What one batch came to: entries taken, contents to ask about, uploads whose parts are done with."""

    taken: int
    contents: tuple[uuid.UUID, ...] = ()
    uploads: tuple[uuid.UUID, ...] = ()


@operation(Permission.INTAKE_FILE_RECORD)
def record_batch(
    actor: Actor,
    submission_id: uuid.UUID,
    *,
    files: int,
    examine: Examiner,
    later: Collection[uuid.UUID] = (),
) -> Recorded:
    """Up to `files` entries of the submission (row id) have their content and occurrence, all of them or none.

    Those named in `later` (row ids) are left for another batch. Entries are claimed by a row lock, so that two workers share a submission without waiting; a worker that dies
    leaves them as they were. Parts are removed by the caller after the commit.
    """
    submission = _submission(actor, submission_id)
    waiting = ready(actor, submission_id).exclude(id__in=list(later))
    locked = waiting.select_for_update(skip_locked=True, of=("self",))
    claimed = list(locked[: 2 * files])
    rows, next_rows = claimed[:files], claimed[files:]
    sent = {row.id: row for row in rows if row.state == EntryState.SENT.value}
    known = [row for row in rows if row.state == EntryState.KNOWN.value]
    seal = Seal.CLOSED if unviewed_files(actor) is UnviewedFiles.CLOSED else Seal.COMPARED
    coming = [_given(row, seal) for row in next_rows if row.state == EntryState.SENT.value]
    examined = list(examine([_given(row, seal) for row in sent.values()], coming)) if sent else []
    hand_in = terms_held(actor, submission.exhibit.public_id)
    terms = terms_of(actor, hand_in)
    made = record_contents(actor, (one.content for one in examined if one.content), terms)
    for one in examined:
        row = sent[one.entry_id]
        content_id = made.get(one.content.digests.sha256) if one.content else None
        _settle(row, content_id, one.reason.value if one.reason else _unopened(row, one))
    here = _settle_known(actor, known, terms)
    done = known + [sent[one.entry_id] for one in examined]
    ManifestEntry.objects.for_actor(actor).bulk_update(done, ["state", "reason", "content"])
    recorded = [row for row in done if row.content_id is not None]
    record_occurrences(actor, [_found(row, hand_in.exhibit_id) for row in recorded], terms)
    contents = tuple(sorted({*made.values(), *here}))
    digest = hashlib.sha256(b"".join(one.bytes for one in contents)).hexdigest()
    about("submission", submission.public_id, files=len(done), contents=len(contents), digest=digest)
    return Recorded(len(done), contents, tuple(row.upload_id for row in done if row.id in sent))


@operation(Permission.INTAKE_FILE_RECORD)
def mark_matched(actor: Actor, submission_id: uuid.UUID, contents: Iterable[uuid.UUID]) -> None:
    """The entries of these contents (row ids) are matched, and the submission has its first answer."""
    submission = _submission(actor, submission_id)
    entries = ManifestEntry.objects.for_actor(actor).filter(
        submission=submission, content_id__in=list(contents), state=EntryState.RECORDED.value
    )
    matched = entries.update(state=EntryState.MATCHED.value)
    if submission.first_answer_at is None:
        first = Submission.objects.for_actor(actor).filter(id=submission.id, first_answer_at=None)
        first.update(first_answer_at=context.now())
    about("submission", submission.public_id, matched=matched)


@operation(Permission.INTAKE_FILE_RECORD)
def continue_work(actor: Actor, submission_id: uuid.UUID) -> None:
    """Another run of the job follows: this one has taken its share, or waits for a part of the system to come back."""
    about("submission", _submission(actor, submission_id).public_id, goes_on=1)
    defer_work(actor, submission_id)


@operation(Permission.INTAKE_FILE_RECORD)
def wait_then_continue(actor: Actor, submission_id: uuid.UUID, seconds: int) -> None:
    """Another run of the job follows after this pause: a part of the system is away, and nothing is lost by waiting."""
    about("submission", _submission(actor, submission_id).public_id, waits=seconds)
    defer_work(actor, submission_id, at=context.now() + timedelta(seconds=seconds))


@operation(Permission.INTAKE_FILE_RECORD)
def finish_submission(actor: Actor, submission_id: uuid.UUID) -> None:
    """A closed submission all of whose files are settled is recorded, and its exhibit's chain of custody says how.

    Nothing changes for one that is open, finished, or has files under way.
    """
    row = Submission.objects.for_actor(actor).select_related("exhibit").filter(id=submission_id)
    submission = row.select_for_update(of=("self",)).first()
    if submission is None:
        raise NotFound
    about("submission", submission.public_id)
    entries = ManifestEntry.objects.for_actor(actor).filter(submission=submission)
    settled = [EntryState.MATCHED.value, EntryState.REFUSED.value, EntryState.ERASED.value]
    if submission.state != SubmissionState.CLOSED.value or entries.exclude(state__in=settled).exists():
        return
    come = [EntryState.MATCHED.value, EntryState.ERASED.value]
    new = entries.filter(holding=Held.NOT_HELD.value, state__in=come).count()
    refused = entries.filter(state=EntryState.REFUSED.value).count()
    parameters: dict[str, str | int] = {
        "submission": str(submission.public_id),
        "digests": "md5, sha1, sha256",
        "engines": ENGINES,
        "files": entries.count(),
        "new": new,
        "refused": refused,
    }
    if sealed := entries.filter(sealed=True).count():
        parameters["sealed"] = sealed
    exhibit = submission.exhibit.public_id
    add_custody(actor, exhibit, act="recorded", tool=TOOL, version=TOOL_VERSION, parameters=parameters)
    submission.state = SubmissionState.RECORDED.value
    submission.save()


@operation(Permission.INTAKE_FILE_RECORD)
def sweep_parts(actor: Actor, submission_id: uuid.UUID) -> int:
    """Parts no entry needs are gone, an hour after they were last touched; returns how many were removed.

    Sweeps again after an hour while the submission is under way or has parts, and work that got lost starts again.
    """
    submission = _submission(actor, submission_id)
    now = context.now()
    states = {
        row.upload_id: EntryState(row.state)
        for row in ManifestEntry.objects.for_actor(actor).filter(
            submission=submission, upload_id__in=[part.upload_id for part in remaining_parts(submission_id)]
        )
    }
    removed = left = 0
    for part in remaining_parts(submission_id):
        age = now - part.touched
        state = states.get(part.upload_id)
        abandoned = state is EntryState.WANTED and age > timedelta(days=ABANDONED_DAYS)
        needed = state is EntryState.SENT or (state is EntryState.WANTED and not abandoned)
        if needed or age < timedelta(hours=ORPHAN_HOURS):
            left += 1
            continue
        part.path.unlink(missing_ok=True)
        removed += 1
    about("submission", submission.public_id, removed=removed, left=left)
    if left or submission.state != SubmissionState.RECORDED.value:
        jobs.defer(
            SWEEP,
            on_behalf=jobs.OnBehalf.of(actor),
            once_for=f"sweep:{submission_id}",
            at=now + timedelta(hours=ORPHAN_HOURS),
            submission=str(submission_id),
        )
        defer_work(actor, submission_id)
    return removed


def _submission(actor: Actor, submission_id: uuid.UUID) -> Submission:
    rows = Submission.objects.for_actor(actor).select_related("exhibit")
    row: Submission | None = rows.filter(id=submission_id).first()
    if row is None:
        raise NotFound
    return row


def _given(row: ManifestEntry, seal: Seal) -> Given:
    part = part_of(row.submission_id, row.upload_id)
    return Given(row.id, bytes(row.sha256), part.open, seal if row.sealed else None)


def _unopened(row: ManifestEntry, one: Examined) -> str:
    """Why nothing could be decoded of a file that is recorded all the same; empty when there is nothing to say."""
    refusal = one.content.refusal if one.content else ""
    return refusal if is_worth_saying(refusal, row.path_text) else ""


def _settle(row: ManifestEntry, content_id: uuid.UUID | None, reason: str) -> None:
    row.reason = reason
    row.content_id = content_id
    row.state = EntryState.RECORDED.value
    if content_id is None:
        row.state = EntryState.REFUSED.value
        row.reason = row.reason or Reason.OTHER_PURPOSE.value


def _settle_known(actor: Actor, rows: Sequence[ManifestEntry], terms: Terms) -> list[uuid.UUID]:
    """Files that need not travel have their content; returns those whose bytes are here and can be asked about.

    A file only a list knows is settled at once: there is nothing to ask with, because its digests are claimed.
    """
    here = held(actor, [bytes(row.sha256) for row in rows])
    absent = [row for row in rows if bytes(row.sha256) not in here]
    claimed = record_claims(actor, [Claimed(digests=_digests(row)) for row in absent], terms)
    for row in rows:
        _settle(row, here.get(bytes(row.sha256)) or claimed.get(bytes(row.sha256)), "")
        if bytes(row.sha256) in claimed:
            row.state = EntryState.MATCHED.value
    return list(here.values())


def _digests(row: ManifestEntry) -> Digests:
    return Digests(md5=bytes(row.md5), sha1=bytes(row.sha1), sha256=bytes(row.sha256), size=row.size)


def _found(row: ManifestEntry, exhibit_id: uuid.UUID) -> Found:
    assert row.content_id is not None
    return Found(
        content_id=row.content_id,
        exhibit_id=exhibit_id,
        entry_id=row.id,
        path=bytes(row.path),
        path_text=row.path_text,
        modified_text=row.modified_text,
    )


def terms_of(actor: Actor, terms: HandInTerms) -> Terms:
    """What contents handed in under an exhibit take over from its case."""
    sharing = Sharing(
        owner_unit=actor.unit,
        owner_country=actor.country,
        audience=terms.audience,
        listed=frozenset(terms.listed),
        excluded=frozenset(terms.excluded),
        answer_outside=terms.answer_outside,
    )
    return Terms(
        sharing=sharing, legal_basis=terms.legal_basis, purpose=terms.purpose, handling=terms.handling
    )
