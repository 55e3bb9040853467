"""Gives every committed event its leaf, signs checkpoints, and reads the log back for judgement.

Works on the `auditor` alias, whose role reads all events and appends leaves and checkpoints, and does nothing else.
"""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import connections, transaction

from vigie.engines.proofs import (
    HASH_BYTES,
    Checkpoint,
    CheckpointRefused,
    Fault,
    LogEntry,
    SigningKey,
    Tree,
    Verdict,
    VerifierKey,
    entry_hash,
    first_bad,
    inclusion_proof,
    parse_checkpoint,
    sign_checkpoint,
)
from vigie.kernel.ledger import canonical
from vigie.kernel.models import AuditCheckpoint, AuditEvent, AuditLeaf

AUDITOR = "auditor"
_LOCK = 0x7669676C6F67
"""Advisory lock "viglog": one sequencer at a time, on however many workers."""
SIGN_AFTER = timedelta(seconds=60)
SIGN_AFTER_ENTRIES = 1000
_BATCH = 2000

_WITHOUT_LEAF = """
SELECT e.id FROM audit_event e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)
ORDER BY e.id LIMIT %s
"""


def sequence() -> int:
    """Every event committed before this call has a leaf; returns how many were appended.

    The anti-join finds events that committed late: "id greater than the last" would pass over them for good. Leaf
    order is the order of discovery, which is all that a Merkle log promises.
    """
    appended = 0
    while True:
        batch = _append_batch()
        appended += batch
        if batch < _BATCH:
            return appended


def _append_batch() -> int:
    with transaction.atomic(using=AUDITOR), connections[AUDITOR].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_WITHOUT_LEAF, [_BATCH])
        ids: list[uuid.UUID] = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM audit_leaf")
        start = cursor.fetchone()[0]
        events = AuditEvent.objects.using(AUDITOR).in_bulk(ids)
        AuditLeaf.objects.using(AUDITOR).bulk_create(
            AuditLeaf(index=start + place, event_id=key, hash=entry_hash(str(key), canonical(events[key])))
            for place, key in enumerate(ids)
        )
    return len(ids)


def sign(key: SigningKey, *, now: datetime) -> Checkpoint | None:
    """The log as it stands is signed; None when nothing was added since the last checkpoint."""
    with transaction.atomic(using=AUDITOR), connections[AUDITOR].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        tree, added = _tree()
        if not added:
            return None
        checkpoint = sign_checkpoint(tree.size, tree.root(), key)
        AuditCheckpoint.objects.using(AUDITOR).create(
            size=tree.size,
            at=now,
            note=checkpoint.note,
            frontier=b"".join(tree.frontier),
            leaves=b"".join(added),
        )
    return checkpoint


def sign_when_due(key: SigningKey, *, now: datetime) -> Checkpoint | None:
    """The log is signed when a minute has passed or a thousand entries came since the last checkpoint."""
    last = AuditCheckpoint.objects.using(AUDITOR).order_by("-size").first()
    if last is not None:
        new = AuditLeaf.objects.using(AUDITOR).filter(index__gte=last.size).count()
        if new == 0 or (now - last.at < SIGN_AFTER and new < SIGN_AFTER_ENTRIES):
            return None
    return sign(key, now=now)


def _tree() -> tuple[Tree, list[bytes]]:
    """The tree of all leaves, and the leaf hashes added since the last checkpoint."""
    last = AuditCheckpoint.objects.using(AUDITOR).order_by("-size").first()
    tree = Tree(last.size, _hashes(bytes(last.frontier))) if last is not None else Tree()
    rows = AuditLeaf.objects.using(AUDITOR).filter(index__gte=tree.size).order_by("index")
    added = [bytes(leaf) for leaf in rows.values_list("hash", flat=True).iterator()]
    return tree.extend(added), added


def _hashes(joined: bytes) -> list[bytes]:
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def leaves() -> Iterator[bytes]:
    """The leaf hashes as the checkpoints kept them; of later entries, which have no such witness yet, their own."""
    signed = 0
    for row in AuditCheckpoint.objects.using(AUDITOR).order_by("size").iterator(chunk_size=100):
        yield from _hashes(bytes(row.leaves))
        signed = row.size
    later = AuditLeaf.objects.using(AUDITOR).filter(index__gte=signed).order_by("index")
    for leaf in later.values_list("hash", flat=True).iterator():
        yield bytes(leaf)


@contextlib.contextmanager
def _one_moment() -> Iterator[None]:
    """All reads of the block see the log of one moment, while others go on writing to it."""
    with transaction.atomic(using=AUDITOR), connections[AUDITOR].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def entries() -> Iterator[LogEntry]:
    """The log as stored, in order, gaps included: what a judge reads."""
    leaves = AuditLeaf.objects.using(AUDITOR).order_by("index").iterator(chunk_size=_BATCH)
    batch: list[AuditLeaf] = []
    for leaf in leaves:
        batch.append(leaf)
        if len(batch) == _BATCH:
            yield from _read(batch)
            batch = []
    yield from _read(batch)


def _read(batch: list[AuditLeaf]) -> Iterator[LogEntry]:
    events = AuditEvent.objects.using(AUDITOR).in_bulk([leaf.event_id for leaf in batch])
    for leaf in batch:
        event = events.get(leaf.event_id)
        payload = canonical(event) if event is not None else None
        yield LogEntry(leaf.index, str(leaf.event_id), bytes(leaf.hash), payload)


def checkpoints() -> list[Checkpoint]:
    """All checkpoints, by size."""
    rows = AuditCheckpoint.objects.using(AUDITOR).order_by("size")
    return [parse_checkpoint(row.note) for row in rows]


def verify(key: VerifierKey, kept: Sequence[Checkpoint] = ()) -> Verdict:
    """The verdict on the live log: the first bad entry, or how far checkpoints cover it. Never raises for a bad log.

    `kept` are checkpoints from elsewhere, such as a witness's: they show a log cut back or written anew.
    """
    with _one_moment():
        try:
            signed = [*checkpoints(), *kept]
        except CheckpointRefused as error:
            reason = f"a checkpoint cannot be read: {error}"
            return Verdict(0, 0, None, None, Fault.CHECKPOINT_REFUSED, reason)
        return first_bad(entries(), signed, key, leaves=leaves())


def events_without_leaf() -> int:
    """How many committed events have no leaf yet."""
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM audit_event e WHERE NOT EXISTS "
            "(SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)"
        )
        count: int = cursor.fetchone()[0]
    return count


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
