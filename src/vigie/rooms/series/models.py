"""Series of related items and their members."""

from django.db import models

from vigie.kernel.scope import SharedModel


class Series(SharedModel):
    """Related items of the same victim or situation, as one owner sees them."""

    number = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=14, default="unidentified")

    class Meta(SharedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["owner_unit", "number"], name="series_number_once")]


class Membership(SharedModel):
    """A content belongs to a series; seen by those who see both, hence with the stricter audience of the two."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="members")
    content = models.ForeignKey("media.Content", models.PROTECT, related_name="memberships")
    basis = models.CharField(max_length=20)

    class Meta(SharedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["series", "content"], name="member_once")]
