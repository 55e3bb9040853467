"""Proposals and decisions. Both are only ever added: what was proposed, and what was decided, never changes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vigie.kernel.actors import Actor, StaffScope
from vigie.kernel.ids import public_id
from vigie.kernel.scope import UnitModel
from vigie.rooms.approvals.acts import Reach


class _Shown(UnitModel):
    """A row that the named units see, and with it those who look after the staff of every unit where it says so."""

    parties = ArrayField(models.UUIDField())
    reach = models.CharField(max_length=12, default=Reach.UNIT.value)

    class Meta(UnitModel.Meta):
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """What is put to the actor's unit, and what is put to all who look after staff when the actor does."""
        seen = models.Q(parties__contains=[actor.unit])
        if actor.staff_scope is StaffScope.INSTALLATION:
            seen |= models.Q(reach=Reach.INSTALLATION.value)
        return seen


class Proposal(_Shown):
    """What one person wants done, frozen: the payload as canonical JSON and the digest both persons are bound to."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    payload = models.TextField()
    state_digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of what the subject was like; empty for an act that does not ask."""
    digest = models.CharField(max_length=64)
    words = models.TextField()
    proposer = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    natural_person = models.UUIDField()
    """The human being behind the account at the time: joining or parting accounts later changes nothing here."""
    expires_at = models.DateTimeField()

    class Meta(_Shown.Meta):
        indexes = [models.Index(fields=["-recorded_at"], name="proposal_new")]


class Decision(_Shown):
    """What became of a proposal; one at most. The database itself refuses an approval by the proposer."""

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="decision")
    decision = models.CharField(max_length=10)
    person = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    natural_person = models.UUIDField()
    words = models.TextField(blank=True)

    class Meta(_Shown.Meta):
        pass
