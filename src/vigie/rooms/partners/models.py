"""What a partner submits to a unit, and what that unit answers. Added and never changed; seen by these two alone."""

from django.db import models

from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id
from vigie.kernel.scope import UnitModel


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
