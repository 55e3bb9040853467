"""The kernel's own tables: the log, its leaves and its checkpoints."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vigie.kernel.ids import uuid7
from vigie.kernel.scope import OwnedModel, SharedModel, UnitModel

__all__ = [
    "AuditCheckpoint",
    "AuditEvent",
    "AuditLeaf",
    "AuditNote",
    "OwnedModel",
    "SharedModel",
    "UnitModel",
]


class AuditEvent(models.Model):
    """One act or refusal, written in the transaction of the act. Append-only: grants and a trigger refuse change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField()
    unit = models.UUIDField()
    country = models.CharField(max_length=3)
    on_behalf_of = models.UUIDField(null=True)
    purpose = models.CharField(max_length=32)
    verb = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8)
    reason = models.CharField(max_length=40, blank=True)
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.UUIDField(null=True)
    concerned = ArrayField(models.UUIDField(), default=list)
    facts = models.JSONField(default=dict)
    policy = models.CharField(max_length=20)

    class Meta:
        db_table = "audit_event"
        indexes = [models.Index(fields=["unit", "-id"], name="audit_event_unit")]


class AuditNote(models.Model):
    """The salt and the words of one event: erasable by law without breaking the tree."""

    event = models.OneToOneField(AuditEvent, models.CASCADE, primary_key=True)
    unit = models.UUIDField()
    salt = models.BinaryField()
    words = models.TextField()

    class Meta:
        db_table = "audit_note"


class AuditLeaf(models.Model):
    """An event's place in the Merkle tree. Append-only."""

    index = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_leaf"


class AuditCheckpoint(models.Model):
    """A signed statement of the tree's size and root. Append-only."""

    size = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    note = models.TextField()
    frontier = models.BinaryField()
    leaves = models.BinaryField()
    """The leaf hashes since the checkpoint before, 32 bytes each: a third witness beside event and leaf, which lets
    a judge name the first of two exchanged entries."""

    class Meta:
        db_table = "audit_checkpoint"
