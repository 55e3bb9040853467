"""Who looks on from outside: witnesses of the log, their cosignatures, and time stamps of its checkpoints.

None of it is case data: names of bodies, public keys, sizes, signatures.
"""

import uuid

from django.db import models

from vigie.kernel.ids import uuid7


class Witness(models.Model):
    """A body outside the operator whose cosignatures are kept; its key never changes, an ended one counts no more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    key = models.CharField(max_length=260)
    """Its public key, in the vkey form."""
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the token it pulls checkpoints with."""
    unit = models.UUIDField()
    country = models.CharField(max_length=3)
    """The oversight unit that added it: its acts stand in the log under this unit."""
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class Cosignature(models.Model):
    """A witness's verified line on one checkpoint. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    witness = models.ForeignKey(Witness, models.PROTECT, related_name="cosignatures")
    size = models.BigIntegerField()
    at = models.DateTimeField()
    """When the witness signed, by its own clock."""
    line = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["witness", "size", "at"], name="oversight_cosignature_once")
        ]
        indexes = [models.Index(fields=["size"], name="oversight_cosignature_size")]


class Stamp(models.Model):
    """A verified RFC 3161 time stamp of one checkpoint's note as the log signed it. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    size = models.BigIntegerField()
    at = models.DateTimeField()
    """The time the authority states."""
    reply = models.BinaryField()
    """The authority's whole reply (TimeStampResp, DER)."""
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["size"], name="oversight_stamp_size")]
