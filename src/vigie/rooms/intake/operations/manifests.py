"""Answering a manifest: what need not travel, what is wanted, what is refused.

"Need not be sent" is said only of what the asker's own unit holds, finds on a list of its own by SHA-256, or sends
already in the same submission. Whatever
others hold looks like new (design.md section 9, "The manifest must not be an oracle").
"""

import dataclasses
import uuid
from collections.abc import Sequence

from django.utils.translation import gettext as _

from vigie.backends.postgres.arrays import among_digests, among_numbers
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid, NotFound, TooLarge
from vigie.kernel.ids import public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.cases.queries import hand_in_terms
from vigie.rooms.cases.schemas import Sending
from vigie.rooms.intake.models import ManifestEntry, Submission
from vigie.rooms.intake.operations.entries import Entry, read_entries, write_entries
from vigie.rooms.intake.operations.handing_in import defer_work
from vigie.rooms.intake.parts import begun
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
from vigie.rooms.matching.operations import touch_canaries
from vigie.rooms.matching.queries import listed
from vigie.rooms.media.queries import held_or_sealed
from vigie.rooms.units.queries import unviewed_files
from vigie.rooms.units.schemas import UnviewedFiles

UPLOADS = "/api/v1/uploads/"
_MAY_BE_CLAIMED_ANEW = frozenset({EntryState.WANTED, EntryState.REFUSED, EntryState.KNOWN, EntryState.ERASED})
_MAY_BE_SENT_AGAIN = frozenset(reason.value for reason in MAY_BE_SENT_AGAIN)


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
        raise Conflict(_("This submission is closed. Open another for more files."))
    lines = _distinct(entries)
    answering = _answering(actor, row, lines)
    answers = {line.entry: answering.answer(line) for line in lines.values()}
    write_entries(
        row, answering.written, ownership(actor, legal_basis=row.legal_basis, purpose=Purpose(row.purpose))
    )
    touch_canaries({line.sha256 for line in lines.values()})
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

    existing: dict[int, Entry]
    held: dict[bytes, bool]
    """Digests of which the unit holds the bytes; True where they are sealed: the same file without a seal travels, and
    opens it."""
    carried: set[bytes]
    """Digests whose bytes travel, or have travelled, in this submission."""
    openly: set[bytes]
    """Those of them that come without a seal."""
    unviewed: UnviewedFiles
    listed: frozenset[bytes]
    """Digests a known list of the unit names."""
    sending: Sending
    begun: frozenset[str]
    """Uploads a part exists of, as hexadecimal digits."""
    written: list[Entry] = dataclasses.field(default_factory=list)
    """New entries, and those that changed."""

    def answer(self, line: ManifestLine) -> ManifestResult:
        """The answer to one line."""
        entry = self.existing.get(line.entry)
        if entry is None or entry.sha256 != line.sha256:
            if entry is not None and entry.state not in _MAY_BE_CLAIMED_ANEW:
                return ManifestResult(entry=line.entry, status=Status.REFUSED, reason=Reason.CHANGED_SINCE)
            entry = self._decided(_claimed(line, self.unviewed))
        elif self._starts_again(entry):
            entry = self._decided(entry)
        return self._result(entry)

    def _decided(self, entry: Entry) -> Entry:
        refused = size_refusal(entry.size)
        entry.upload_id = public_id()  # a part begun for other bytes never goes on under the same key stream
        entry.holding, entry.reason = Held.NOT_HELD, refused.value if refused else ""
        if refused is not None:
            entry.state = EntryState.REFUSED
        elif self.sending is Sending.WHAT_IS_NEW and self._is_here(entry):
            entry.state, entry.holding = EntryState.KNOWN, Held.OWN_COPY
        elif self.sending is Sending.WHAT_IS_NEW and self._is_listed(entry):
            entry.state, entry.holding = EntryState.KNOWN, Held.LISTED
        elif self.sending is Sending.WHAT_IS_NEW and self._comes(entry):
            entry.state, entry.holding = EntryState.KNOWN, Held.TWIN
        else:
            entry.state = EntryState.WANTED
            self.carried.add(entry.sha256)
            if not entry.sealed:
                self.openly.add(entry.sha256)
        self.written.append(entry)
        return entry

    def _starts_again(self, entry: Entry) -> bool:
        if entry.state is EntryState.REFUSED:
            return entry.reason in _MAY_BE_SENT_AGAIN
        waits = entry.state is EntryState.KNOWN and entry.holding is Held.TWIN
        return waits and not self._is_here(entry) and not self._comes(entry)

    def _is_listed(self, entry: Entry) -> bool:
        compared = not entry.sealed or self.unviewed is not UnviewedFiles.CLOSED
        return compared and entry.sha256 in self.listed

    def _is_here(self, entry: Entry) -> bool:
        return entry.sha256 in self.held and (entry.sealed or not self.held[entry.sha256])

    def _comes(self, entry: Entry) -> bool:
        return entry.sha256 in (self.carried if entry.sealed else self.openly)

    def _result(self, entry: Entry) -> ManifestResult:
        if entry.state is EntryState.REFUSED:
            return ManifestResult(entry=entry.ordinal, status=Status.REFUSED, reason=Reason(entry.reason))
        if entry.state is EntryState.WANTED:
            place = f"{UPLOADS}{entry.upload_id}" if entry.upload_id.hex in self.begun else None
            return ManifestResult(entry=entry.ordinal, status=Status.WANTED, upload=place)
        return ManifestResult(entry=entry.ordinal, status=Status.KNOWN)


def _claimed(line: ManifestLine, unviewed: UnviewedFiles) -> Entry:
    return Entry(
        ordinal=line.entry,
        path=line.path_bytes,
        path_text=line.path.replace("\x00", "\ufffd"),
        size=line.bytes,
        modified_text=line.modified or "",
        md5=line.md5,
        sha1=line.sha1,
        sha256=line.sha256,
        sealed=line.sealed and unviewed is not UnviewedFiles.OPEN,
    )


def _answering(actor: Actor, row: Submission, lines: dict[int, ManifestLine]) -> _Answering:
    digests = {line.sha256 for line in lines.values()}
    entries = ManifestEntry.objects.for_actor(actor).filter(submission=row)
    existing = {
        entry.ordinal: entry for entry in read_entries(entries.filter(among_numbers("ordinal", lines)))
    }
    changing = [number for number, entry in existing.items() if entry.sha256 != lines[number].sha256]
    carried = (
        entries.filter(among_digests("sha256", digests), holding=Held.NOT_HELD.value)
        .exclude(state=EntryState.REFUSED.value)
        .exclude(ordinal__in=changing, state=EntryState.WANTED.value)
        .values_list("sha256", "sealed")
    )
    coming = [(bytes(digest), sealed) for digest, sealed in carried]
    return _Answering(
        begun=begun(row.id),
        existing=existing,
        held=held_or_sealed(actor, digests),
        carried={digest for digest, _sealed in coming},
        openly={digest for digest, sealed in coming if not sealed},
        unviewed=unviewed_files(actor),
        listed=listed(actor, digests),
        sending=hand_in_terms(actor, row.exhibit.public_id).sending,
    )
