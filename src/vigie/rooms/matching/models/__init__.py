"""Answers: candidates on the asker's side, notices on the owner's, verdicts on both, known lists, look-ups counted."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id, uuid7
from vigie.kernel.scope import OwnedModel, UnitModel
from vigie.rooms.matching.models.discipline import (
    Canary,
    CanaryAlarm,
    ListDelivery,
    ListHit,
    UnusualPerson,
    UnusualUnit,
)

__all__ = [
    "Canary",
    "CanaryAlarm",
    "Candidate",
    "KnownItem",
    "KnownList",
    "ListDelivery",
    "ListHit",
    "LookUpCount",
    "LookUpRelease",
    "MatchDelivery",
    "MatchNotice",
    "OwnerQuestion",
    "UnusualPerson",
    "UnusualUnit",
    "Verdict",
]


class Candidate(OwnedModel):
    """The asker's side of one answer: something somebody holds resembles, or equals, what this unit handed in.

    Contact only keeps nothing that describes the other record: no id, no distance, no variant. `answer_key` is an
    opaque code, different for every asking unit, by which the same answer is recognised when it comes again.
    """

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    content = models.ForeignKey("media.Content", models.PROTECT, related_name="candidates")
    submission = models.ForeignKey("intake.Submission", models.PROTECT, null=True, related_name="candidates")
    answer_key = models.BinaryField()
    pair = models.UUIDField()
    level = models.CharField(max_length=12)
    claim = models.CharField(max_length=12)
    by = models.CharField(max_length=10)
    holder_unit = models.UUIDField()
    holder_country = models.CharField(max_length=3)
    other_public_id = models.UUIDField(null=True)
    distance = models.IntegerField(null=True)
    variant = models.CharField(max_length=30, blank=True)
    frame_ms = models.BigIntegerField(default=-1)
    """Time in the other's film, in milliseconds; -1 for a picture, and for a contact."""
    own_frame_ms = models.BigIntegerField(default=-1, db_default=-1)
    """Time in the unit's own film, in milliseconds; -1 for a picture, and for a contact."""
    engine = models.CharField(max_length=60)
    state = models.CharField(max_length=14, default="proposed")
    published_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta(OwnedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["content", "answer_key"], name="candidate_once")]
        indexes = [models.Index(fields=["owner_unit", "-published_at"], name="candidate_new")]


class MatchDelivery(models.Model):
    """What the matcher must tell an owner. Insert-only; written by the role `matcher`, read by the delivery service.

    Not scoped by an actor when written: its policy lets the matcher insert and only the owner's side read.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_unit = models.UUIDField()
    owner_country = models.CharField(max_length=3)
    content_id = models.UUIDField()
    asker_unit = models.UUIDField()
    asker_country = models.CharField(max_length=3)
    asker_public_id = models.UUIDField(null=True)
    pair = models.UUIDField()
    level = models.CharField(max_length=12)
    claim = models.CharField(max_length=12)
    by = models.CharField(max_length=10)
    distance = models.IntegerField(null=True)
    variant = models.CharField(max_length=30, blank=True)
    at = models.DateTimeField()
    deliver_after = models.DateTimeField()

    class Meta:
        db_table = "match_delivery"
        constraints = [models.UniqueConstraint(fields=["content_id", "pair"], name="delivery_once")]


class MatchNotice(OwnedModel):
    """The owner's side of one answer: who asked about something this unit holds, and how to reach them."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    content = models.ForeignKey("media.Content", models.PROTECT, related_name="match_notices")
    delivery_id = models.UUIDField(unique=True)
    pair = models.UUIDField()
    asker_unit = models.UUIDField()
    asker_country = models.CharField(max_length=3)
    asker_public_id = models.UUIDField(null=True)
    level = models.CharField(max_length=12)
    claim = models.CharField(max_length=12)
    by = models.CharField(max_length=10)
    distance = models.IntegerField(null=True)
    variant = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=14, default="proposed")
    seen_at = models.DateTimeField(null=True)


class Verdict(OwnedModel):
    """What a person of one unit said about a pair. Read by both parties; moved by its author's unit only.

    Later verdicts of the same unit replace earlier ones by order; nothing is overwritten, so undo is a new row.
    """

    pair = models.UUIDField()
    parties = ArrayField(models.UUIDField())
    verdict = models.CharField(max_length=14)
    method = models.CharField(max_length=60)

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["pair", "-id"], name="verdict_pair")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The unit's own verdicts, and those it is a party to."""
        return super().visible_to(actor) | models.Q(parties__contains=[actor.unit])


class OwnerQuestion(OwnedModel):
    """What one unit asks the owner of a record it knows by contact only. Read by both; written by the asker's unit."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="questions")
    pair = models.UUIDField()
    asked_unit = models.UUIDField()
    words = models.TextField()

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["pair"], name="owner_question_pair")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The unit's own questions, and those put to it."""
        return super().visible_to(actor) | models.Q(asked_unit=actor.unit)


class KnownList(OwnedModel):
    """A list of hashes a unit trusts, with its role: hide what is known to be harmless, or flag what is not."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    name = models.CharField(max_length=80)
    source = models.CharField(max_length=120)
    version = models.CharField(max_length=40)
    role = models.CharField(max_length=10)
    terms = models.CharField(max_length=20, default="online_only")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(OwnedModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner_unit", "name", "version"], name="known_list_once")
        ]


class KnownItem(OwnedModel):
    """One item of a known list, by whatever digests its source gave."""

    list = models.ForeignKey(KnownList, models.PROTECT, related_name="items")
    item = models.CharField(max_length=80)
    sha256 = models.BinaryField(null=True)
    sha1 = models.BinaryField(null=True)
    md5 = models.BinaryField(null=True)
    size = models.BigIntegerField(null=True)
    pdq = models.BinaryField(null=True)
    category = models.CharField(max_length=40, blank=True)
    series = models.CharField(max_length=120, blank=True)

    class Meta(OwnedModel.Meta):
        indexes = [
            models.Index(fields=["owner_unit", "sha256"], name="known_sha256"),
            models.Index(fields=["owner_unit", "md5"], name="known_md5"),
            models.Index(fields=["owner_unit", "sha1"], name="known_sha1"),
        ]


class LookUpCount(UnitModel):
    """How many hashes a person of a unit has asked about on one day (UTC): the one count all look-ups go by.

    `released` of them were covered by a supervisor's release, and leave the daily limits alone.
    """

    person = models.UUIDField()
    day = models.DateField()
    asked = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    trail = models.BinaryField(default=bytes, db_default=b"")
    """Keyed marks of the last codes asked about without a digest (`rules.probing`): no code can be had back."""

    class Meta(UnitModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner_unit", "person", "day"], name="look_up_count_once")
        ]
        indexes = [models.Index(fields=["owner_unit", "day"], name="look_up_count_day")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The rows of the actor's own unit, also for those who look after the staff of every unit."""
        return models.Q(owner_unit=actor.unit)


class LookUpRelease(OwnedModel):
    """A supervisor's word that one person may ask about more hashes in one case than a day allows, until a moment."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    case = models.UUIDField()
    """The case's public id."""
    person = models.UUIDField()
    most_hashes = models.BigIntegerField()
    used = models.BigIntegerField(default=0)
    valid_until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
