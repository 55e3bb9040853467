"""Gives every committed event its leaf and signs checkpoints. Reading it back is `rooms/oversight/queries/as_stored.py`.

Works on the `auditor` alias, whose role reads all events and appends leaves and checkpoints, and does nothing else.
"""

import uuid
from datetime import datetime, timedelta

from django.db import connections, transaction

from vigie.engines.proofs import HASH_BYTES, Checkpoint, SigningKey, Tree, entry_hash, sign_checkpoint
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
ORDER BY age(e.xmin) DESC, e.id LIMIT %s
"""


def sequence() -> int:
    """Every event committed before this call has a leaf; returns how many were appended.

    The anti-join finds events that committed late: "id greater than the last" would pass over them for good. Leaf
    order is the order of discovery, and of transactions among those found at once: ids hold a clock, which may be set
    back.
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
    """The log is signed when a minute has passed, by a clock set back too, or a thousand entries came since the last."""
    last = AuditCheckpoint.objects.using(AUDITOR).order_by("-size").first()
    if last is not None:
        new = AuditLeaf.objects.using(AUDITOR).filter(index__gte=last.size).count()
        if new == 0 or (abs(now - last.at) < SIGN_AFTER and new < SIGN_AFTER_ENTRIES):
            return None
    return sign(key, now=now)


def _tree() -> tuple[Tree, list[bytes]]:
    """The tree of all leaves, and the leaf hashes added since the last checkpoint."""
    last = AuditCheckpoint.objects.using(AUDITOR).order_by("-size").first()
    tree = Tree(last.size, hashes(bytes(last.frontier))) if last is not None else Tree()
    rows = AuditLeaf.objects.using(AUDITOR).filter(index__gte=tree.size).order_by("index")
    added = [bytes(leaf) for leaf in rows.values_list("hash", flat=True).iterator()]
    return tree.extend(added), added


def hashes(joined: bytes) -> list[bytes]:
    """The hashes a checkpoint keeps one behind the other, 32 bytes each."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def events_without_leaf() -> int:
    """How many committed events have no leaf yet."""
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM audit_event e WHERE NOT EXISTS "
            "(SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)"
        )
        count: int = cursor.fetchone()[0]
    return count
