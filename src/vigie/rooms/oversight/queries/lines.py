"""Reads of the log: lines by page, how far it is proven, the proof of one entry. No media, no free text."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from vigie.engines.proofs import inclusion_proof, parse_checkpoint, verify_inclusion
from vigie.kernel.actors import Actor, ActorKind, LogScope
from vigie.kernel.errors import NotFound
from vigie.kernel.installation import checkpoint_key
from vigie.kernel.ledger import Outcome
from vigie.kernel.models import AuditCheckpoint, AuditEvent, AuditLeaf
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.oversight.rules import VIEWS
from vigie.rooms.oversight.schemas import LogLine, LogPage, LogState, Proof
from vigie.rooms.oversight.sentences import DONE
from vigie.rooms.units.queries import desks
from vigie.rooms.units.schemas import Desk

PAGE = 50


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What to look for; empty fields do not narrow."""

    verb: str = ""
    view: str = ""
    """One of `rules.VIEWS`."""
    outcome: str = ""
    unit: uuid.UUID | None = None
    person: uuid.UUID | None = None
    subject: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def log_page(actor: Actor, *, wanted: LogFilter, cursor: str = "") -> LogPage:
    """Fifty lines of the log the actor may read, newest first, from this cursor on."""
    require(actor, Permission.AUDIT_LOG_READ)
    rows = narrowed(wanted).order_by("-id")
    if cursor:
        rows = rows.filter(id__lt=_cursor(cursor))
    found = list(rows[: PAGE + 1])
    names = desks(actor, {row.unit for row in found})
    lines = tuple(line_of(row, names) for row in found[:PAGE])
    return LogPage(lines=lines, next_cursor=str(lines[-1].id) if len(found) > PAGE else None)


def narrowed(wanted: LogFilter) -> QuerySet[AuditEvent]:
    """Row-level security has narrowed already to the actor's unit, or not at all for oversight."""
    exact = {
        "verb": wanted.verb,
        "outcome": wanted.outcome,
        "unit": wanted.unit,
        "actor_id": wanted.person,
        "subject_id": wanted.subject,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    rows = AuditEvent.objects.filter(**{name: value for name, value in exact.items() if value})
    return rows.filter(in_view(wanted.view)) if wanted.view else rows


def in_view(code: str) -> Q:
    """The lines of a view; NotFound when there is none of this name."""
    view = VIEWS.get(code)
    if view is None:
        raise NotFound
    narrowed_to = Q(verb__in=sorted(view.acts)) if view.acts else Q()
    return narrowed_to & Q(outcome=view.outcome) if view.outcome else narrowed_to


def log_line(actor: Actor, event_id: uuid.UUID) -> LogLine:
    """One line of the log; NotFound when there is none for this actor."""
    require(actor, Permission.AUDIT_LOG_READ)
    row = AuditEvent.objects.filter(id=event_id).first()
    if row is None:
        raise NotFound
    return line_of(row, desks(actor, [row.unit]))


def line_of(row: AuditEvent, names: dict[uuid.UUID, Desk]) -> LogLine:
    """The line an event reads as, in the language of the reader."""
    try:
        act = str(DONE[Permission(row.verb)])
    except ValueError:
        act = row.verb  # a verb of an earlier version stays readable
    sentence = act if row.outcome == Outcome.DONE.value else _("was refused: %(act)s") % {"act": act}
    desk = names.get(row.unit)
    return LogLine(
        id=row.id,
        at=row.at,
        sentence=sentence,
        verb=row.verb,
        outcome=row.outcome,
        reason=row.reason,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        who=who(row),
        unit=row.unit,
        unit_name=desk.unit_name if desk else "",
        country=row.country,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        facts=row.facts,
    )


def who(row: AuditEvent) -> str:
    """A stable code for a person, or the word for a service: the log's page names nobody."""
    if row.actor_kind == ActorKind.PERSON.value:
        return code_of(row.actor_id)
    return _("the system")


def code_of(person: uuid.UUID) -> str:
    """The code a person stands under wherever the log is shown."""
    return f"P-{hashlib.sha256(person.bytes).hexdigest()[:6].upper()}"


def log_state(actor: Actor) -> LogState:
    """How many of the entries the actor may read have a place, how many are signed, when, and what still waits."""
    require(actor, Permission.AUDIT_LOG_READ)
    last = AuditCheckpoint.objects.order_by("-size").first()
    leaves = AuditLeaf.objects.all()
    if actor.log_scope is not LogScope.INSTALLATION:
        # how long the whole log is would count what others are told of, one line for each
        leaves = leaves.filter(event_id__in=AuditEvent.objects.values("id"))
    entries = leaves.count()
    signed = leaves.filter(index__lt=last.size).count() if last else 0
    return LogState(
        entries=entries,
        signed=signed,
        signed_at=last.at if last else None,
        waiting=entries - signed,
        public_key=str(checkpoint_key().verifier),
    )


def proof(actor: Actor, event_id: uuid.UUID) -> Proof | None:
    """The checked proof of one entry the actor may read; None while no checkpoint covers it."""
    log_line(actor, event_id)
    found = proof_of(event_id)
    if found is None:
        return None
    index, size, hashes = found
    note = AuditCheckpoint.objects.get(size=size).note
    leaf = bytes(AuditLeaf.objects.get(event_id=event_id).hash)
    holds = verify_inclusion(leaf, index, size, hashes, parse_checkpoint(note).root)
    return Proof(index=index, size=size, hashes=tuple(h.hex() for h in hashes), checkpoint=note, holds=holds)


def _cursor(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound from error


def proof_of(event_id: uuid.UUID) -> tuple[int, int, tuple[bytes, ...]] | None:
    """Index, tree size and inclusion proof of one event under the last checkpoint; None while it is not covered.

    Read on the default alias: everybody who may see an event may see its proof, which holds hashes only.
    """
    leaf = AuditLeaf.objects.filter(event_id=event_id).first()
    last = AuditCheckpoint.objects.order_by("-size").first()
    if leaf is None or last is None or leaf.index >= last.size:
        return None
    rows = AuditLeaf.objects.filter(index__lt=last.size).order_by("index").values_list("hash", flat=True)
    return leaf.index, last.size, inclusion_proof(leaf.index, [bytes(row) for row in rows])
