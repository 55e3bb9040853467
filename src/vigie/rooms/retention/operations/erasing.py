"""Erasing contents, step by step: each step is one transaction, may be repeated, and the first leaves nothing to open."""

import hashlib
import uuid
from collections.abc import Collection
from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext as _

from vigie.kernel import context, jobs
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, NotFound
from vigie.kernel.operation import about, operation, write_line_now
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import staff_ownership
from vigie.rooms.cases.queries import held_contents
from vigie.rooms.intake.operations import blank_entries, remove_parts
from vigie.rooms.matching.operations import drop_matches, forget_fingerprints
from vigie.rooms.matching.queries import untold_withdrawals
from vigie.rooms.media.operations import remove_contents, remove_objects
from vigie.rooms.partners.operations import drop_findings
from vigie.rooms.retention.models import Erasure, Remains
from vigie.rooms.retention.operations.certifying import certificate_of
from vigie.rooms.retention.rules import (
    BATCH,
    CHUNK,
    PAUSE_SECONDS,
    Authority,
    ErasureState,
    Stage,
)
from vigie.rooms.series.operations import drop_members

ERASE = "retention.erase"


def begin(
    actor: Actor, rows: dict[uuid.UUID, uuid.UUID], authority: Authority, *, case: uuid.UUID | None = None
) -> uuid.UUID:
    """The erasure of these contents (row ids by public id) is on record and begins; returns its public id.

    Only inside the operation that orders it. Conflict when a legal hold keeps one of them, or one is being erased.
    """
    if held_contents(actor, list(rows.values())):
        raise Conflict(_("A legal hold keeps this. It can be erased once the hold is lifted."))
    if Remains.objects.for_actor(actor).filter(content_id__in=list(rows.values())).exists():
        raise Conflict(_("This is being erased already."))
    columns = staff_ownership(actor, unit=actor.unit, country=actor.country)
    erasure = Erasure(
        authority=authority.value,
        purpose=actor.purpose.value,
        case=case,
        contents=len(rows),
        ordered_event=uuid.UUID(int=0),
        **columns,
    )
    digest = hashlib.sha256(b"".join(sorted(one.bytes for one in rows))).hexdigest()
    about(
        "erasure",
        erasure.public_id,
        concerned=actor.unit,
        contents=len(rows),
        digest=digest,
        authority=authority.value,
    )
    erasure.ordered_event = write_line_now()
    erasure.save(force_insert=True)
    Remains.objects.bulk_create(
        (
            Remains(erasure=erasure, content_id=row_id, content_public_id=public_id, **columns)
            for public_id, row_id in rows.items()
        ),
        batch_size=1_000,
    )
    _defer(actor, erasure.id)
    return erasure.public_id


@operation(Permission.ERASURE_CONTENT_PERFORM)
def take_apart(actor: Actor, erasure_id: uuid.UUID) -> int:
    """Up to 64 contents of the erasure (a row id) have no key and no row any more; returns how many were taken.

    All of them or none, in one transaction: from its end on nothing can be opened, found or seen. What lies outside
    of the database is remembered by ids, for `clear_outside`. What was put on legal hold since leaves the erasure.
    """
    erasure = _erasure(actor, erasure_id)
    rows = Remains.objects.for_actor(actor).filter(erasure=erasure, stage=Stage.ORDERED.value)
    taken = {row.content_id: row for row in rows.select_for_update().order_by("content_id")[:BATCH]}
    kept = held_contents(actor, list(taken))
    _keep(erasure, kept)
    contents = [one for one in taken if one not in kept]
    drop_matches(actor, [(one, taken[one].content_public_id) for one in contents])
    drop_members(actor, contents)
    drop_findings(actor, [taken[one].content_public_id for one in contents])
    uploads = blank_entries(actor, contents)
    removed = {one.content_id: one for one in remove_contents(actor, contents, erasure.authority)}
    for content_id in contents:
        row = taken[content_id]
        row.stage = Stage.UNOPENABLE.value
        row.fingerprints = list(removed[content_id].fingerprints) if content_id in removed else []
        row.uploads = [one for upload in uploads.get(content_id, ()) for one in upload]
    changed = [taken[one] for one in contents]
    Remains.objects.for_actor(actor).bulk_update(changed, ["stage", "fingerprints", "uploads"])
    about("erasure", erasure.public_id, unopenable=len(contents), kept=len(kept))
    return len(taken)


@operation(Permission.ERASURE_CONTENT_PERFORM)
def clear_outside(actor: Actor, erasure_id: uuid.UUID) -> int:
    """Of up to 256 contents that cannot be opened, nothing lies in store, index or uploads; returns how many.

    Removing what is gone already is no error, so a run that died is simply repeated. Raises Unavailable when the
    matcher does not answer; nothing is lost then.
    """
    erasure = _erasure(actor, erasure_id)
    rows = Remains.objects.for_actor(actor).filter(erasure=erasure, stage=Stage.UNOPENABLE.value)
    taken = list(rows.select_for_update().order_by("content_id")[:CHUNK])
    remove_objects(actor, [row.content_id for row in taken])
    prints = [one for row in taken for one in row.fingerprints]
    if prints:
        forget_fingerprints(actor, prints)
    remove_parts(
        actor, [pair for row in taken for pair in zip(row.uploads[::2], row.uploads[1::2], strict=True)]
    )
    for row in taken:
        row.stage, row.fingerprints, row.uploads = Stage.GONE.value, [], []
    Remains.objects.for_actor(actor).bulk_update(taken, ["stage", "fingerprints", "uploads"])
    about("erasure", erasure.public_id, gone=len(taken))
    return len(taken)


@operation(Permission.ERASURE_CONTENT_PERFORM)
def wait_then_go_on(actor: Actor, erasure_id: uuid.UUID) -> None:
    """Another run of the job follows after a pause: a part of the system is away, and nothing is lost by waiting."""
    about("erasure", _erasure(actor, erasure_id).public_id, waits=PAUSE_SECONDS)
    _defer(actor, erasure_id, pause=PAUSE_SECONDS)


@operation(Permission.ERASURE_CONTENT_PERFORM)
def go_on_or_finish(actor: Actor, erasure_id: uuid.UUID) -> bool:
    """The erasure is done and certified, or another run of its job follows; returns whether it is done.

    It is done when nothing is left in database, store, index and uploads, and everybody who knew of one of the
    contents has been told.
    """
    erasure = _erasure(actor, erasure_id)
    about("erasure", erasure.public_id)
    if erasure.state == ErasureState.DONE.value:
        return True
    remains = Remains.objects.for_actor(actor).filter(erasure=erasure)
    if remains.exclude(stage=Stage.GONE.value).exists():
        _defer(actor, erasure_id)
        return False
    gone = dict(remains.values_list("content_id", "content_public_id"))
    untold = untold_withdrawals(actor, list(gone))
    if untold:
        about("erasure", erasure.public_id, untold=untold)
        _defer(actor, erasure_id, pause=PAUSE_SECONDS)
        return False
    erasure.done_at = context.now()
    erasure.state = ErasureState.DONE.value
    about("erasure", erasure.public_id, concerned=actor.unit, done=len(gone), authority=erasure.authority)
    erasure.certificate = certificate_of(actor, erasure, sorted(gone.values()), write_line_now())
    erasure.save()
    _forget(erasure)
    return True


def _erasure(actor: Actor, erasure_id: uuid.UUID) -> Erasure:
    row: Erasure | None = Erasure.objects.for_actor(actor).filter(id=erasure_id).select_for_update().first()
    if row is None:
        raise NotFound
    return row


def _keep(erasure: Erasure, contents: Collection[uuid.UUID]) -> None:
    """These contents (row ids) are not part of the erasure any more."""
    if not contents:
        return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM retention_remains WHERE content_id = ANY(%s)", [list(contents)])
    erasure.contents -= len(contents)
    erasure.save(update_fields=["contents"])


def _forget(erasure: Erasure) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM retention_remains WHERE erasure_id = %s", [erasure.id])


def _defer(actor: Actor, erasure_id: uuid.UUID, *, pause: int = 0) -> None:
    jobs.defer(
        ERASE,
        on_behalf=jobs.OnBehalf.of(actor),
        once_for=f"erase:{erasure_id}",
        at=context.now() + timedelta(seconds=pause) if pause else None,
        erasure=str(erasure_id),
    )
