"""Erasures on their way and done, and what is asked of a supervisor before a clock runs out."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id
from vigie.kernel.scope import UnitModel


class Erasure(UnitModel):
    """An order to erase contents: by whom, on whose authority, how far it has come, and its certificate."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    authority = models.CharField(max_length=20)
    purpose = models.CharField(max_length=32)
    """For which the contents are read while they are erased."""
    case = models.UUIDField(null=True)
    """The row id of the case that is erased as a whole; None for single contents."""
    state = models.CharField(max_length=12, default="under_way")
    contents = models.BigIntegerField()
    ordered_event = models.UUIDField()
    """The line of the log that orders it."""
    done_at = models.DateTimeField(null=True)
    certificate = models.TextField(blank=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The rows of the actor's own unit, also for those who look after the staff of every unit."""
        return models.Q(owner_unit=actor.unit)


class Remains(UnitModel):
    """What is left of one content that is being erased: ids only, and none once the certificate is written."""

    erasure = models.ForeignKey(Erasure, models.PROTECT, related_name="remains")
    content_id = models.UUIDField(unique=True)
    content_public_id = models.UUIDField()
    stage = models.CharField(max_length=12, default="ordered")
    fingerprints = ArrayField(models.UUIDField(), default=list)
    uploads = ArrayField(models.UUIDField(), default=list)
    """In pairs: a submission's row id, the id of one of its uploads."""

    class Meta(UnitModel.Meta):
        indexes = [models.Index(fields=["erasure", "stage"], name="remains_stage")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The rows of the actor's own unit, also for those who look after the staff of every unit."""
        return models.Q(owner_unit=actor.unit)
