"""Content, where it was found, what identifies it, and what may be looked at.

Content is bytes with a set of fingerprints; an occurrence is where they were found. Several owners of one picture
keep a row, keys and bytes each: storage is cheaper than a shared object that leaks existence and cannot be erased.
"""

import dataclasses

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vigie.kernel.actors import Actor
from vigie.kernel.policy import Visibility
from vigie.kernel.scope import OwnedModel, SharedModel, UnitModel


class Content(SharedModel):
    """Bytes one owner holds, or has claimed to hold, identified by their digests."""

    sha256 = models.BinaryField()
    sha1 = models.BinaryField()
    md5 = models.BinaryField()
    size = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    format = models.CharField(max_length=20, blank=True)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    orientation = models.IntegerField(default=1)
    duration_ms = models.BigIntegerField(null=True)
    holding = models.CharField(max_length=10)
    analysed_with = models.CharField(max_length=80, blank=True)
    refusal = models.CharField(max_length=30, blank=True)
    """Why nothing could be decoded; empty when something was."""
    sealed = models.BooleanField(default=False, db_default=False)
    """Its provider did not look at it: nobody opens, decodes or shows it until a legal authority is recorded."""

    class Meta(SharedModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner_unit", "sha256"], name="content_once_per_owner")
        ]

    @property
    def visibility(self) -> Visibility:
        """The columns as the policy's own value, with the seal."""
        return dataclasses.replace(super().visibility, sealed=self.sealed)

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """Whom its owner lets see it; and a court, when it was found in a case that is open to the court."""
        seen = super().visible_to(actor)
        return seen | models.Q(id__in=_found_in_open_cases(actor)) if actor.cases else seen


class OriginalKey(OwnedModel):
    """The wrapped data key of the stored original; destroying this row makes the bytes unreadable.

    `name` is the object's name in the store: HMAC(store key, SHA-256, owner), never the digest itself.
    """

    content = models.OneToOneField(Content, models.PROTECT, related_name="original_key")
    name = models.CharField(max_length=64)
    key_id = models.CharField(max_length=40)
    wrapped = models.BinaryField()
    commitment = models.BinaryField()


class Rendition(SharedModel):
    """What a person may look at, rebuilt from pixels and sealed under the content's derived key."""

    content = models.ForeignKey(Content, models.PROTECT, related_name="renditions")
    kind = models.CharField(max_length=10)
    media_type = models.CharField(max_length=30)
    width = models.IntegerField()
    height = models.IntegerField()
    key_id = models.CharField(max_length=40)
    wrapped = models.BinaryField()
    commitment = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta(SharedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["content", "kind"], name="rendition_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """As its content."""
        seen = super().visible_to(actor)
        return seen | models.Q(content_id__in=_found_in_open_cases(actor)) if actor.cases else seen


class Occurrence(OwnedModel):
    """Where content was found: the exhibit, the path's bytes, the times as the medium gave them.

    One place is one row, however often it is handed in: `entry` is the file that brought it first.
    """

    content = models.ForeignKey(Content, models.PROTECT, related_name="occurrences")
    exhibit = models.ForeignKey("cases.Exhibit", models.PROTECT, related_name="+")
    entry = models.OneToOneField("intake.ManifestEntry", models.PROTECT, related_name="+")
    path = models.BinaryField()
    path_text = models.TextField()
    modified_text = models.CharField(max_length=60, blank=True)

    class Meta(OwnedModel.Meta):
        constraints = [
            # the digest of the path, because a row of a b-tree index takes 2,704 bytes and a path may be longer
            models.UniqueConstraint(
                "exhibit",
                "content",
                models.Func("path", function="sha256", output_field=models.BinaryField()),
                name="occurrence_once",
            )
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The unit's own; and for a court those in the cases that are open to it."""
        own = super().visible_to(actor)
        return own | models.Q(exhibit__case_id__in=actor.cases) if actor.cases else own


def _found_in_open_cases(actor: Actor) -> models.QuerySet[Occurrence]:
    rows: models.QuerySet[Occurrence] = Occurrence.objects.for_actor(actor)
    return rows.filter(exhibit__case_id__in=actor.cases).values("content_id")  # type: ignore[return-value]  # of one column


class Fingerprint(UnitModel):
    """What an answer needs to know about one content, kept equal to its row by the same operation.

    `app` reads its own unit's rows; the role `matcher` reads all rows of this one table and nothing else.
    A column `changed_xid` (written by a trigger) lets the matcher follow changes in commit order.
    """

    content = models.ForeignKey(Content, models.PROTECT, related_name="fingerprints")
    public_id = models.UUIDField()
    frame_ms = models.BigIntegerField(default=-1)
    """Time of the frame in a video, in milliseconds; -1 for a picture."""
    sha256 = models.BinaryField()
    sha1 = models.BinaryField()
    md5 = models.BinaryField()
    size = models.BigIntegerField()
    pdq = models.BinaryField(null=True)
    quality = models.IntegerField(default=0)
    dihedral = models.BinaryField(null=True)
    """The codes of the eight orientations, 256 bytes in the order of `pdq.Variant`: a look-up tries each of them, and
    they cannot be had back from `pdq` alone."""
    audience = models.CharField(max_length=12)
    listed = ArrayField(models.CharField(max_length=36), default=list)
    excluded = ArrayField(models.CharField(max_length=36), default=list)
    answer_outside = models.CharField(max_length=12)
    sealed = models.BooleanField(default=False)
    withdrawn = models.BooleanField(default=False)

    class Meta(UnitModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["content", "frame_ms"], name="fingerprint_once"),
            # a code comes from pixels, and nobody has looked at those of a sealed file
            models.CheckConstraint(
                condition=models.Q(sealed=False) | models.Q(pdq=None, dihedral=None, frame_ms=-1),
                name="fingerprint_sealed",
            ),
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The rows of the actor's own unit, also for those who look after the staff of every unit."""
        return models.Q(owner_unit=actor.unit)


class Tombstone(UnitModel):
    """What is kept of an erased content: its ids, its owner, when, on whose authority. Nothing it could be known by.

    `object_name` is kept for as long as a backup may hold the object, and then emptied.
    """

    public_id = models.UUIDField(unique=True)
    authority = models.CharField(max_length=20)
    object_name = models.CharField(max_length=64, blank=True)

    class Meta(UnitModel.Meta):
        indexes = [
            models.Index(fields=["owner_unit", "object_name"], name="tombstone_object"),
            models.Index(fields=["recorded_at"], name="tombstone_when"),
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The rows of the actor's own unit, also for those who look after the staff of every unit."""
        return models.Q(owner_unit=actor.unit)
