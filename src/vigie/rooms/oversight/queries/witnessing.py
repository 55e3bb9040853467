"""Reads about outside witnesses: who they are, how far they saw the log, and what the next one is sent."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from vigie.engines.proofs import (
    HASH_BYTES,
    Checkpoint,
    Stamp,
    WitnessKey,
    consistency_proof,
    parse_checkpoint,
    with_lines,
)
from vigie.engines.witness import Request
from vigie.kernel.actors import Actor, ActorKind, Purpose
from vigie.kernel.errors import NotFound
from vigie.kernel.models import AuditCheckpoint
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission, Role
from vigie.rooms.oversight import models
from vigie.rooms.oversight.schemas import Witnessing, WitnessState

PLUMBING = "plumbing"
FRESH = timedelta(days=1)
"""A checkpoint older than this without two witnesses is worth a warning; a witness silent for longer is not fresh."""


def actor_for_witness(token: str) -> Actor | None:
    """The actor of the witness with this token; None when there is none, or it was ended.

    It acts in the unit that added it and may do two things: read checkpoints, which hold a size and a hash, and hand
    in its cosignature.
    """
    digest = hashlib.sha256(token.encode()).hexdigest()
    row = models.Witness.objects.using(PLUMBING).filter(digest=digest, ended_at=None).first()
    if row is None:
        return None
    return Actor(
        kind=ActorKind.SERVICE,
        id=row.id,
        name=row.name,
        unit=row.unit,
        country=row.country,
        roles=frozenset({Role.SERVICE_WITNESS}),
        purpose=Purpose.OVERSIGHT,
    )


def witnessing(*, now: datetime, using: str | None = None) -> Witnessing:
    """How far outside witnesses saw the log, from what was verified when it was stored. Public by its nature."""
    states = [_state(row) for row in models.Witness.objects.using(using).order_by("name")]
    seen = sorted((one.size for one in states if not one.ended), reverse=True)
    fresh = [one for one in states if not one.ended and one.at is not None and now - one.at <= FRESH]
    return Witnessing(
        witnesses=tuple(sorted(states, key=lambda one: one.ended)),
        by_one=seen[0] if seen else 0,
        by_two=seen[1] if len(seen) > 1 else 0,
        fresh=len(fresh),
    )


def unwitnessed_since(*, now: datetime) -> datetime | None:
    """When the oldest checkpoint was signed that is older than a day and has no two witnesses; None when all have."""
    by_two = witnessing(now=now).by_two
    late = AuditCheckpoint.objects.filter(size__gt=by_two, at__lt=now - FRESH).order_by("size").first()
    return late.at if late is not None else None


def _state(row: models.Witness) -> WitnessState:
    last = row.cosignatures.order_by("-size", "-at").first()
    return WitnessState(
        name=row.name,
        key=row.key,
        size=last.size if last else 0,
        at=last.at if last else None,
        ended=row.ended_at is not None,
    )


def witness_keys(using: str | None = None) -> list[WitnessKey]:
    """The public keys of the witnesses that count."""
    rows = models.Witness.objects.using(using).filter(ended_at=None).order_by("name")
    return [WitnessKey.parse(row.key) for row in rows]


def cosigned(checkpoints: Iterable[Checkpoint], using: str | None = None) -> list[Checkpoint]:
    """The checkpoints with the cosignature lines kept for them."""
    lines: dict[int, list[str]] = {}
    kept = models.Cosignature.objects.using(using).filter(witness__ended_at=None).order_by("at")
    for size, line in kept.values_list("size", "line"):
        lines.setdefault(size, []).append(line)
    return [_with(one, lines.get(one.size, [])) for one in checkpoints]


def _with(checkpoint: Checkpoint, lines: list[str]) -> Checkpoint:
    if not lines:
        return checkpoint
    return with_lines(checkpoint, parse_checkpoint(f"{checkpoint.text}\n{''.join(lines)}").signatures)


def stamps(using: str | None = None) -> list[Stamp]:
    """The time stamps kept, by size."""
    rows = models.Stamp.objects.using(using).order_by("size", "recorded_at")
    return [Stamp(row.size, bytes(row.reply)) for row in rows]


def request_from(actor: Actor, old: int, size: int = 0) -> Request:
    """What a witness that signed `old` entries is sent: the newest checkpoint, or that of `size`, and the proof.

    NotFound when there is no such checkpoint. A log shorter than `old` is sent as it is, without a proof: judging
    that is the witness's task.
    """
    require(actor, Permission.AUDIT_CHECKPOINT_PULL)
    rows = AuditCheckpoint.objects.order_by("size")
    last = rows.filter(size=size).first() if size else rows.last()
    if last is None or old < 0:
        raise NotFound
    checkpoint = parse_checkpoint(last.note)
    if not 0 < old < last.size:
        return Request(old, (), checkpoint)
    joined = b"".join(
        bytes(leaves) for leaves in rows.filter(size__lte=last.size).values_list("leaves", flat=True)
    )
    hashes = [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
    return Request(old, consistency_proof(old, hashes), checkpoint)
