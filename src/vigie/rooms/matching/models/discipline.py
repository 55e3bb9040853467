"""What keeps look-ups honest: owners of lists hear of hits, invented items raise an alarm, odd weeks show."""

from django.db import models

from vigie.kernel.actors import Actor, LogScope
from vigie.kernel.ids import public_id, uuid7
from vigie.kernel.scope import OwnedModel, UnitModel


class ListDelivery(models.Model):
    """What the owner of a known list must be told. Insert-only: written by the asker's side, read by the owner's.

    Once for an item, an asking unit and a day (UTC), however often it is hit.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_unit = models.UUIDField()
    owner_country = models.CharField(max_length=3)
    item_id = models.UUIDField()
    asker_unit = models.UUIDField()
    asker_country = models.CharField(max_length=3)
    by = models.CharField(max_length=10)
    day = models.DateField()
    deliver_after = models.DateTimeField()

    class Meta:
        db_table = "list_delivery"
        constraints = [
            models.UniqueConstraint(fields=["item_id", "asker_unit", "day"], name="list_delivery_once")
        ]


class ListHit(OwnedModel):
    """An item of a list that flags was asked about: by which unit, and by which of its digests."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    item = models.ForeignKey("matching.KnownItem", models.PROTECT, related_name="hits")
    delivery_id = models.UUIDField(unique=True)
    asker_unit = models.UUIDField()
    asker_country = models.CharField(max_length=3)
    by = models.CharField(max_length=10)

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["owner_unit", "-id"], name="list_hit_new")]


class _Watched(UnitModel):
    """A row only those read who read the unit's log, and the oversight body: not the unit's investigators."""

    class Meta(UnitModel.Meta):
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """As far as the actor reads the log: the unit's rows, every unit's, or none."""
        if actor.log_scope is LogScope.INSTALLATION:
            return models.Q()
        if actor.log_scope is LogScope.UNIT:
            return models.Q(owner_unit=actor.unit)
        return models.Q(pk__in=())


class Canary(_Watched):
    """Which content of the unit is invented: nobody honest can have it, so whoever asks about it is worth a look."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    content_id = models.UUIDField(unique=True)
    sha256 = models.BinaryField()
    sha1 = models.BinaryField()
    md5 = models.BinaryField()
    pdq = models.BinaryField()
    level = models.CharField(max_length=12)
    """What whoever asks is answered: full, contact_only or silent."""
    note = models.CharField(max_length=200, blank=True)
    retired_at = models.DateTimeField(null=True)

    class Meta(_Watched.Meta):
        indexes = [models.Index(fields=["sha256"], name="canary_sha256")]


class CanaryAlarm(_Watched):
    """Somebody asked about something invented."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    canary = models.ForeignKey(Canary, models.PROTECT, related_name="alarms")
    delivery_id = models.UUIDField(unique=True)
    asker_unit = models.UUIDField()
    asker_country = models.CharField(max_length=3)
    level = models.CharField(max_length=12)
    claim = models.CharField(max_length=12)
    way = models.CharField(max_length=12)
    """`manifest` for a list of files announced, `question` for a look-up or a file handed in."""
    asked_at = models.DateTimeField()


class UnusualPerson(UnitModel):
    """A person whose look-ups of one week were unusual, and why: for the oversight body alone."""

    week = models.DateField()
    """Its Monday (UTC)."""
    asker_unit = models.UUIDField()
    asker_country = models.CharField(max_length=3)
    person = models.UUIDField()
    figures = models.JSONField()
    reasons = models.JSONField()

    class Meta(UnitModel.Meta):
        constraints = [models.UniqueConstraint(fields=["week", "person"], name="unusual_person_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """Every row for those who read every unit's log; none for anybody else."""
        if actor.log_scope is LogScope.INSTALLATION:
            return models.Q()
        return models.Q(pk__in=())


class UnusualUnit(UnitModel):
    """A unit that asked unusually about what this unit holds in one week, and why: from this unit's notices alone."""

    week = models.DateField()
    """Its Monday (UTC)."""
    asker_unit = models.UUIDField()
    asker_country = models.CharField(max_length=3)
    figures = models.JSONField()
    reasons = models.JSONField()

    class Meta(UnitModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner_unit", "week", "asker_unit"], name="unusual_unit_once")
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The rows of the actor's own unit, also for those who look after the staff of every unit."""
        return models.Q(owner_unit=actor.unit)
