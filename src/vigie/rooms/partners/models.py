"""What a partner submits to a unit, and what that unit answers: added and never changed, seen by these two alone.

What the unit finds when it compares what was submitted is its own.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id
from vigie.kernel.scope import OwnedModel, UnitModel


class _BetweenTwo(UnitModel):
    """A row its own unit sees, and the one unit it is meant for."""

    party = models.UUIDField()

    class Meta(UnitModel.Meta):
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The rows of the actor's unit and those meant for it, also for those who look after every unit's staff."""
        return models.Q(owner_unit=actor.unit) | models.Q(party=actor.unit)


class PartnerSubmission(_BetweenTwo):
    """A report, a list of hashes, or both, that a partner submitted to a unit."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    title = models.CharField(max_length=120)
    words = models.TextField(blank=True)
    hashes = models.IntegerField()
    """Rows of its list."""

    class Meta(_BetweenTwo.Meta):
        indexes = [models.Index(fields=["party", "-id"], name="partner_submission_for")]


class PartnerHash(_BetweenTwo):
    """One row of such a list: the hashes of one file, as far as the partner knows them."""

    submission = models.ForeignKey(PartnerSubmission, models.PROTECT, related_name="rows")
    position = models.IntegerField()
    md5 = models.BinaryField(null=True)
    sha1 = models.BinaryField(null=True)
    sha256 = models.BinaryField(null=True)

    class Meta(_BetweenTwo.Meta):
        constraints = [
            models.UniqueConstraint(fields=["submission", "position"], name="partner_hash_position_once")
        ]


class PartnerOpinion(_BetweenTwo):
    """What the unit that received a submission says of it; the newest holds, the earlier ones stay."""

    submission = models.ForeignKey(PartnerSubmission, models.PROTECT, related_name="opinions")
    opinion = models.CharField(max_length=20)
    words = models.CharField(max_length=500, blank=True)

    class Meta(_BetweenTwo.Meta):
        pass


class PartnerComparison(OwnedModel):
    """A submission as the unit that received it took it into a case, and how far its comparison has come.

    The unit's own: the partner's row-level walls show it nothing of this.
    """

    submission = models.OneToOneField(PartnerSubmission, models.PROTECT, related_name="comparison")
    case = models.UUIDField()
    exhibit = models.UUIDField()
    """Public ids: every look-up names them."""
    state = models.CharField(max_length=12)
    stopped = models.CharField(max_length=40, blank=True)
    """Why nothing was compared the last time: the code of a refusal."""
    asked_at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True)
    """When what was found may be seen, the last time; None before the first."""
    found = models.IntegerField(default=0)
    """Rows of which something was known then."""
    seen_at = models.DateTimeField(null=True)

    class Meta(OwnedModel.Meta):
        indexes = [
            models.Index(
                fields=["owner_unit"],
                condition=models.Q(seen_at=None, found__gt=0),
                name="partner_findings_unseen",
            )
        ]


class PartnerFinding(OwnedModel):
    """What was said of one row of a submission when it was compared, or that the row could not be compared.

    What of it may be shown is decided anew whenever it is shown.
    """

    comparison = models.ForeignKey(PartnerComparison, models.CASCADE, related_name="findings")
    position = models.IntegerField()
    found = models.JSONField(null=True)
    """What the matcher said; None where only lists of the unit say something."""
    pairs = ArrayField(models.UUIDField(), default=list)
    contents = ArrayField(models.UUIDField(), default=list)
    """Public ids of the unit's own contents in it: what is erased leaves no trace here."""
    withdrawn = models.IntegerField(default=0)
    """Answers whose owner erased the item since."""
    left_out = models.BooleanField(default=False)

    class Meta(OwnedModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["comparison", "position"], name="partner_finding_position_once")
        ]
        indexes = [models.Index(fields=["owner_unit"], name="partner_finding_owner")]
