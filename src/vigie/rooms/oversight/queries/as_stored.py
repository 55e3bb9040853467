"""The whole log as it is stored, read back for judgement: entries, leaves, checkpoints.

On the `auditor` alias, whose role reads all events: for the judge, never for a page.
"""

import contextlib
from collections.abc import Iterator, Sequence

from django.db import connections, transaction

from vigie.engines.proofs import (
    Checkpoint,
    CheckpointRefused,
    Fault,
    LogEntry,
    Verdict,
    VerifierKey,
    first_bad,
    parse_checkpoint,
)
from vigie.kernel.ledger import canonical
from vigie.kernel.models import AuditCheckpoint, AuditEvent, AuditLeaf
from vigie.kernel.sequencer import AUDITOR, hashes

_BATCH = 2000


def leaves() -> Iterator[bytes]:
    """The leaf hashes as the checkpoints kept them; of later entries, which have no such witness yet, their own."""
    signed = 0
    for row in AuditCheckpoint.objects.using(AUDITOR).order_by("size").iterator(chunk_size=100):
        yield from hashes(bytes(row.leaves))
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
