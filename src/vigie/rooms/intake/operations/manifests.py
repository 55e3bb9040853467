"""Answering a manifest: what need not travel, what is wanted, what is refused.

"Need not be sent" is said only of what the asker's own unit holds, or sends already in the same submission. Whatever
others hold looks like new (design.md section 9, "The manifest must not be an oracle").
"""

import dataclasses
import uuid
from collections.abc import Sequence
from typing import Any

from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid, NotFound, TooLarge
from vigie.kernel.ids import public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.cases.queries import hand_in_terms
from vigie.rooms.cases.schemas import Sending
from vigie.rooms.intake.models import ManifestEntry, Submission
from vigie.rooms.intake.operations.handing_in import defer_work
from vigie.rooms.intake.parts import is_begun
from vigie.rooms.intake.rules import (
    LARGEST_MANIFEST,
    MAY_BE_SENT_AGAIN,
    EntryState,
    Held,
    Reason,
    Status,
    SubmissionState,
    size_refusal,
)
from vigie.rooms.intake.schemas import ManifestLine, ManifestResult
from vigie.rooms.media.queries import held

UPLOADS = "/api/v1/uploads/"
_CLAIMS = ("size", "modified_text", "md5", "sha1", "sha256", "path", "path_text")
_ANSWER = ("state", "holding", "reason", "upload_id")


@operation(Permission.INTAKE_FILE_SEND)
def manifest(
    actor: Actor, submission: uuid.UUID, entries: Sequence[ManifestLine]
) -> tuple[ManifestResult, ...]:
    """Every entry is recorded and answered, in the order given; the same entries again get the same answers.

    `upload` is where a begun upload goes on; a wanted file without one is created. An entry whose file changed since
    is taken anew while its bytes were not acknowledged, and refused after. TooLarge for more than 10,000 entries,
    NotFound, Conflict when the submission is closed, Invalid for an entry named twice with different files.
    """
    if len(entries) > LARGEST_MANIFEST:
        raise TooLarge(f"a manifest has at most {LARGEST_MANIFEST} entries")
    row = (
        Submission.objects.for_actor(actor)
        .select_related("exhibit")
        .filter(public_id=submission)
        .select_for_update(of=("self",))
        .first()
    )
    if row is None:
        raise NotFound
    if row.state != SubmissionState.OPEN.value:
        raise Conflict("this submission is closed; open another for more files")
    lines = _distinct(entries)
    answering = _answering(actor, row, lines)
    answers = {line.entry: answering.answer(line) for line in lines.values()}
    answering.store(actor)
    statuses = [answer.status for answer in answers.values()]
    known, wanted = (statuses.count(status) for status in (Status.KNOWN, Status.WANTED))
    about("submission", row.public_id, entries=len(answers), known=known, wanted=wanted)
    if known:
        defer_work(actor, row.id)
    return tuple(answers[line.entry] for line in entries)


def _distinct(entries: Sequence[ManifestLine]) -> dict[int, ManifestLine]:
    lines: dict[int, ManifestLine] = {}
    for line in entries:
        if lines.setdefault(line.entry, line) != line:
            raise Invalid(f"entry {line.entry} is named twice, for different files")
        try:
            _ = line.path_bytes
        except ValueError as error:
            raise Invalid(f"entry {line.entry}: path_base64 is no base64") from error
    return lines


@dataclasses.dataclass(slots=True)
class _Answering:
    """One manifest being answered: what was there, and what comes of it."""

    submission: Submission
    columns: dict[str, Any]
    existing: dict[int, ManifestEntry]
    held: frozenset[bytes]
    carried: set[bytes]
    """Digests whose bytes travel, or have travelled, in this submission."""
    sending: Sending
    made: list[ManifestEntry] = dataclasses.field(default_factory=list)
    changed: list[ManifestEntry] = dataclasses.field(default_factory=list)

    def answer(self, line: ManifestLine) -> ManifestResult:
        """The answer to one line."""
        row = self.existing.get(line.entry)
        if row is None:
            row = ManifestEntry(submission=self.submission, ordinal=line.entry, **self.columns)
            self.made.append(row)
            self._claim(row, line)
        elif bytes(row.sha256) != line.sha256:
            if row.state not in {EntryState.WANTED.value, EntryState.REFUSED.value, EntryState.KNOWN.value}:
                return ManifestResult(entry=line.entry, status=Status.REFUSED, reason=Reason.CHANGED_SINCE)
            self.changed.append(row)
            self._claim(row, line)
        elif self._starts_again(row):
            self.changed.append(row)
            self._decide(row)
        return _result(row)

    def _claim(self, row: ManifestEntry, line: ManifestLine) -> None:
        row.path, row.path_text = line.path_bytes, line.path.replace("\x00", "\ufffd")
        row.size, row.modified_text = line.bytes, line.modified or ""
        row.md5, row.sha1, row.sha256 = line.md5, line.sha1, line.sha256
        self._decide(row)

    def _decide(self, row: ManifestEntry) -> None:
        digest, refused = bytes(row.sha256), size_refusal(row.size)
        row.upload_id = (
            public_id()
        )  # a part begun for other bytes is never gone on with under the same key stream
        row.holding, row.reason = Held.NOT_HELD.value, refused.value if refused else ""
        if refused is not None:
            row.state = EntryState.REFUSED.value
        elif self.sending is Sending.WHAT_IS_NEW and digest in self.held:
            row.state, row.holding = EntryState.KNOWN.value, Held.OWN_COPY.value
        elif self.sending is Sending.WHAT_IS_NEW and digest in self.carried:
            row.state, row.holding = EntryState.KNOWN.value, Held.TWIN.value
        else:
            row.state = EntryState.WANTED.value
            self.carried.add(digest)

    def _starts_again(self, row: ManifestEntry) -> bool:
        if row.state == EntryState.REFUSED.value:
            return row.reason in {reason.value for reason in MAY_BE_SENT_AGAIN}
        waits = row.state == EntryState.KNOWN.value and row.holding == Held.TWIN.value
        return waits and bytes(row.sha256) not in self.held | self.carried

    def store(self, actor: Actor) -> None:
        """What was made and changed stands in the database."""
        ManifestEntry.objects.bulk_create(self.made, batch_size=2000)
        if self.changed:
            rows = ManifestEntry.objects.for_actor(actor)
            rows.bulk_update(self.changed, [*_CLAIMS, *_ANSWER], batch_size=500)


def _answering(actor: Actor, row: Submission, lines: dict[int, ManifestLine]) -> _Answering:
    terms = hand_in_terms(actor, row.exhibit.public_id)
    digests = {line.sha256 for line in lines.values()}
    entries = ManifestEntry.objects.for_actor(actor).filter(submission=row)
    carried = (
        entries.filter(sha256__in=list(digests), holding=Held.NOT_HELD.value)
        .exclude(state=EntryState.REFUSED.value)
        .values_list("sha256", flat=True)
    )
    return _Answering(
        submission=row,
        columns=ownership(actor, legal_basis=row.legal_basis, purpose=Purpose(row.purpose)),
        existing={entry.ordinal: entry for entry in entries.filter(ordinal__in=list(lines))},
        held=frozenset(held(actor, digests)),
        carried={bytes(digest) for digest in carried},
        sending=terms.sending,
    )


def _result(row: ManifestEntry) -> ManifestResult:
    state = EntryState(row.state)
    if state is EntryState.REFUSED:
        return ManifestResult(entry=row.ordinal, status=Status.REFUSED, reason=Reason(row.reason))
    if state is EntryState.WANTED:
        begun = is_begun(row.submission_id, row.upload_id)
        return ManifestResult(
            entry=row.ordinal, status=Status.WANTED, upload=f"{UPLOADS}{row.upload_id}" if begun else None
        )
    return ManifestResult(entry=row.ordinal, status=Status.KNOWN)
