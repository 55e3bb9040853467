"""Sealed files are opened: an authority is put on record first, and a job does what handing in would have done."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import BinaryIO

from django.utils.translation import gettext as _

from vigie.engines.imaging import ConfinedPool
from vigie.kernel import context, jobs
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.cases.operations import add_custody
from vigie.rooms.cases.queries import hand_in_terms
from vigie.rooms.intake.examining import TOOL, TOOL_VERSION, Given, examine
from vigie.rooms.intake.models import ManifestEntry, SealAuthority
from vigie.rooms.intake.operations.handing_in import defer_work
from vigie.rooms.intake.operations.recording import terms_of
from vigie.rooms.intake.rules import EntryState
from vigie.rooms.intake.schemas import AuthorityRecorded, NewAuthority
from vigie.rooms.media import operations as media
from vigie.rooms.media.operations.unsealing import Looking
from vigie.rooms.media.queries import sealed_on, still_sealed
from vigie.rooms.media.schemas import NewContent

OPEN_SEALED = "intake.open_sealed"
LONGEST_TEXT = 120


@operation(Permission.INTAKE_SEAL_OPEN)
def record_authority(actor: Actor, exhibit: uuid.UUID, wanted: NewAuthority) -> AuthorityRecorded:
    """The authority to open these sealed files of the exhibit (public ids) is on record, and they are opened soon.

    The chain of custody says so, and the log. It cannot be taken back: what somebody has seen stays seen. NotFound for
    an exhibit the unit has not got, or a file that is not sealed on it; Conflict when nothing is sealed there; Invalid
    without a reference and an issuer of at most 120 characters, or for a day that has not come.
    """
    reference, issuer = wanted.reference.strip(), wanted.issuer.strip()
    if not 0 < len(reference) <= LONGEST_TEXT or not 0 < len(issuer) <= LONGEST_TEXT:
        raise Invalid(_("Say what the authority is called and who gave it, each in up to 120 characters."))
    if wanted.issued_on is not None and wanted.issued_on > context.now().date():
        raise Invalid(_("This authority is dated in the future."))
    terms = hand_in_terms(actor, exhibit)
    sealed = sealed_on(actor, exhibit)
    if not sealed:
        raise Conflict(_("Nothing is sealed on this exhibit."))
    chosen = set(wanted.files) or set(sealed)
    if not chosen <= set(sealed):
        raise NotFound
    row = SealAuthority.objects.create(
        exhibit_id=terms.exhibit_id,
        kind=wanted.kind.value,
        reference=reference,
        issuer=issuer,
        issued_on=wanted.issued_on,
        files=len(chosen),
        **ownership(actor, legal_basis=terms.legal_basis, purpose=terms.purpose, handling=terms.handling),
    )
    entries = ManifestEntry.objects.for_actor(actor).filter(
        content_id__in=[sealed[one] for one in chosen], submission__exhibit_id=terms.exhibit_id
    )
    entries.update(authority=row)
    digest = hashlib.sha256(b"".join(sorted(one.bytes for one in chosen))).hexdigest()
    about(
        "authority",
        row.public_id,
        concerned=actor.unit,
        exhibit=str(exhibit),
        basis=wanted.kind.value,
        files=len(chosen),
        digest=digest,
    )
    parameters: dict[str, str | int] = {
        "authority": str(row.public_id),
        "basis": wanted.kind.value,
        "files": len(chosen),
        "digest": digest,
    }
    add_custody(actor, exhibit, act="seal opened", tool=TOOL, version=TOOL_VERSION, parameters=parameters)
    _defer_opening(actor, row.id)
    return AuthorityRecorded(id=row.public_id, files=len(chosen))


@operation(Permission.INTAKE_FILE_RECORD)
def waiting_to_open(actor: Actor, authority_id: uuid.UUID, limit: int) -> tuple[uuid.UUID, ...]:
    """Up to `limit` contents (row ids) that this authority (a row id) lets be opened and that are sealed."""
    row = _authority(actor, authority_id)
    about("authority", row.public_id)
    entries = ManifestEntry.objects.for_actor(actor).filter(authority=row).exclude(content=None)
    return still_sealed(actor, entries.values_list("content_id", flat=True))[:limit]


def open_one(actor: Actor, authority_id: uuid.UUID, content_id: uuid.UUID, pool: ConfinedPool) -> bool:
    """The sealed content (a row id) is looked into in the confined workers and opened, and asked about anew.

    Both in the caller's block, which holds nothing else: a run that dies leaves it sealed, or open and asked about.
    False when its stored bytes are damaged: it stays sealed.
    """
    row = _authority(actor, authority_id)
    entry = ManifestEntry.objects.for_actor(actor).filter(authority=row, content_id=content_id).first()
    if entry is None:
        return False
    terms = terms_of(actor, hand_in_terms(actor, row.exhibit.public_id))
    if not media.open_sealed(actor, content_id, terms=terms, look=_looking(entry.id, pool)):
        return False
    _ask_anew(actor, content_id)
    return True


@operation(Permission.INTAKE_FILE_RECORD)
def _ask_anew(actor: Actor, content_id: uuid.UUID) -> None:
    """The files of this content (a row id) are asked about again, now that its picture can be compared too."""
    entries = ManifestEntry.objects.for_actor(actor).filter(
        content_id=content_id, state=EntryState.MATCHED.value
    )
    submissions = dict(entries.values_list("submission_id", "submission__public_id"))
    entries.update(state=EntryState.RECORDED.value)
    for submission_id, public_id in sorted(submissions.items()):
        about("submission", public_id, opened=1)
        defer_work(actor, submission_id)


@operation(Permission.INTAKE_FILE_RECORD)
def go_on_opening(actor: Actor, authority_id: uuid.UUID, *, pause: int = 0) -> None:
    """Another run of the job follows, after a pause (seconds) where a part of the system is away."""
    row = _authority(actor, authority_id)
    about("authority", row.public_id, waits=pause)
    _defer_opening(actor, row.id, at=context.now() + timedelta(seconds=pause) if pause else None)


@operation(Permission.INTAKE_FILE_RECORD)
def all_opened(actor: Actor, authority_id: uuid.UUID, damaged: int) -> None:
    """The authority says that its files were opened; those that are damaged stay sealed and are counted in the log."""
    row = _authority(actor, authority_id)
    row.opened_at = row.opened_at or context.now()
    row.save(update_fields=["opened_at"])
    about("authority", row.public_id, damaged=damaged)


def _authority(actor: Actor, authority_id: uuid.UUID) -> SealAuthority:
    row: SealAuthority | None = (
        SealAuthority.objects.for_actor(actor).select_related("exhibit").filter(id=authority_id).first()
    )
    if row is None:
        raise NotFound
    return row


def _looking(entry_id: uuid.UUID, pool: ConfinedPool) -> Looking:
    def look(sha256: bytes, source: Callable[[], BinaryIO]) -> NewContent | None:
        return examine(Given(entry_id, sha256, source), pool, Event()).content

    return look


def _defer_opening(actor: Actor, authority_id: uuid.UUID, *, at: datetime | None = None) -> None:
    jobs.defer(
        OPEN_SEALED,
        on_behalf=jobs.OnBehalf.of(actor),
        at=at,
        once_for=f"open-sealed:{authority_id}",
        authority=str(authority_id),
    )
