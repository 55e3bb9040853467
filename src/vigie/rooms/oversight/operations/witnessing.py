"""Writes about outside witnesses: adding and ending one, keeping what they signed."""

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.utils.translation import gettext as _

from vigie.engines.proofs import (
    Checkpoint,
    CheckpointRefused,
    Cosignature,
    KeyTextRefused,
    WitnessKey,
    cosignatures,
    parse_checkpoint,
    with_lines,
)
from vigie.kernel import context
from vigie.kernel.actors import Actor, ActorKind
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.installation import checkpoint_key
from vigie.kernel.models import AuditCheckpoint
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.oversight import models
from vigie.rooms.oversight.schemas import AddedWitness

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours a witness's clock may be."""


@operation(Permission.AUDIT_WITNESS_ADD)
def add_witness(actor: Actor, *, key: str) -> AddedWitness:
    """The witness with this public key counts from now on; returns the token it pulls with, shown only now.

    Invalid for a text that is no witness's key, Conflict when the name or the key was ever taken.
    """
    try:
        public = WitnessKey.parse(key.strip())
    except KeyTextRefused as error:
        raise Invalid(_("This is not the public key of a witness: %(why)s") % {"why": error}) from error
    if public.public == checkpoint_key().verifier.public:
        raise Invalid(_("This is the log's own key: a witness needs a key of its own, kept elsewhere."))
    same_key = [
        row for row in models.Witness.objects.all() if WitnessKey.parse(row.key).public == public.public
    ]
    if same_key or models.Witness.objects.filter(name=public.name).exists():
        raise Conflict(_("A witness with this name or this key was added before."))
    token = secrets.token_urlsafe(32)
    row = models.Witness.objects.create(
        name=public.name,
        key=str(public),
        digest=hashlib.sha256(token.encode()).hexdigest(),
        unit=actor.unit,
        country=actor.country,
        added_at=context.now(),
    )
    about("witness", row.id, key_id=public.key_id.hex())
    return AddedWitness(name=public.name, token=token, log_key=str(checkpoint_key().verifier))


@operation(Permission.AUDIT_WITNESS_END)
def end_witness(actor: Actor, *, name: str) -> None:
    """The witness counts no more and its token opens nothing; what it signed stays. NotFound when there is none."""
    row = models.Witness.objects.filter(name=name, ended_at=None).first()
    if row is None:
        raise NotFound
    row.ended_at = context.now()
    row.save(update_fields=["ended_at"])
    about("witness", row.id)


@operation(Permission.AUDIT_COSIGNATURE_RECORD)
def record_cosignatures(actor: Actor, *, note: str) -> int:
    """The witnesses' lines on this checkpoint are kept, each once; returns how many were new.

    A witness hands in its own, oversight those of any witness (from a stick). Invalid when the note holds no valid line
    of theirs, Conflict when it is no checkpoint of this log: then the witness was shown something else.
    """
    try:
        checkpoint = parse_checkpoint(note)
    except CheckpointRefused as error:
        raise Invalid(_("This is not a checkpoint: %(why)s") % {"why": error}) from error
    row = AuditCheckpoint.objects.filter(size=checkpoint.size).first()
    if row is None or parse_checkpoint(row.note).text != checkpoint.text:
        raise Conflict(
            _("This log has no such checkpoint. If a witness signed it, it was shown another log.")
        )
    new = [one for one in _valid(actor, checkpoint) if _keep(one, checkpoint)]
    about("checkpoint", uuid.UUID(int=0), size=checkpoint.size, cosignatures=len(new))
    return len(new)


def _valid(actor: Actor, checkpoint: Checkpoint) -> list[tuple[models.Witness, Cosignature]]:
    rows = models.Witness.objects.filter(ended_at=None)
    if actor.kind is ActorKind.SERVICE:
        rows = rows.filter(id=actor.id)
    found = []
    try:
        for row in rows:
            found += [(row, one) for one in cosignatures(checkpoint, [WitnessKey.parse(row.key)])]
    except CheckpointRefused as error:
        raise Invalid(str(error)) from error
    if not found:
        raise Invalid(_("The checkpoint carries no cosignature of a witness that counts here."))
    if any(one.at > context.now() + CLOCKS_DIFFER for _row, one in found):
        raise Invalid(_("The cosignature is dated in the future: the witness's clock is wrong."))
    return found


def _keep(found: tuple[models.Witness, Cosignature], checkpoint: Checkpoint) -> bool:
    row, one = found
    bare = Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.extensions)
    line = with_lines(bare, [one.line]).note.removeprefix(f"{bare.text}\n")
    _kept, made = models.Cosignature.objects.get_or_create(
        witness=row,
        size=checkpoint.size,
        at=one.at,
        defaults={"line": line, "recorded_at": context.now()},
    )
    return made
