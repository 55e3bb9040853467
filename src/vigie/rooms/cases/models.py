"""Cases, exhibits and the chain of custody: seen by the owner unit only, never widened by a match."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.kernel.scope import OwnedModel


class Case(OwnedModel):
    """A unit's investigation; it also says with whom the content handed in under it is shared."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    reference = models.CharField(max_length=60)
    title = models.CharField(max_length=160, blank=True)
    state = models.CharField(max_length=10, default="open")
    audience = models.CharField(max_length=12, default=Audience.UNIT.value)
    listed = ArrayField(models.CharField(max_length=36), default=list, blank=True)
    excluded = ArrayField(models.CharField(max_length=36), default=list, blank=True)
    answer_outside = models.CharField(max_length=12, default=AnswerOutside.CONTACT_ONLY.value)
    send_everything = models.BooleanField(default=False)
    """True when even files already held must travel again (court cases)."""
    not_relevant_at = models.DateTimeField(null=True)
    """Since when the case is found not relevant: its short clock runs from here, and can be stopped until it ends."""

    class Meta(OwnedModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner_unit", "reference"], name="case_reference_once")
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The unit's own; and for a court those that are open to it."""
        return _or_open(super().visible_to(actor), actor, "id")


class Exhibit(OwnedModel):
    """What was seized: a device, a medium, an account's content."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="exhibits")
    reference = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True)
    seized_in = models.CharField(max_length=120, blank=True)
    seized_at_text = models.CharField(max_length=60, blank=True)
    """As written on the form, with its own offset: evidence times are never converted."""

    class Meta(OwnedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["case", "reference"], name="exhibit_reference_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """As its case."""
        return _or_open(super().visible_to(actor), actor, "case_id")


class CustodyEvent(OwnedModel):
    """One link of an exhibit's chain of custody: who did what with which tool, and the digest of the link before."""

    exhibit = models.ForeignKey(Exhibit, models.PROTECT, related_name="custody")
    position = models.IntegerField()
    at = models.DateTimeField()
    act = models.CharField(max_length=30)
    tool = models.CharField(max_length=60)
    tool_version = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    previous = models.BinaryField()
    digest = models.BinaryField()

    class Meta(OwnedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["exhibit", "position"], name="custody_position_once")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """As its exhibit."""
        return _or_open(super().visible_to(actor), actor, "exhibit__case_id")


class LegalHold(OwnedModel):
    """An order that nothing of a case be erased: who gave it, why, until when. Lifting it keeps the row."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="holds")
    ordered_by = models.CharField(max_length=120)
    """The court or office, and its reference."""
    why = models.CharField(max_length=500)
    until = models.DateField(null=True)
    """The last day it holds; None: until it is lifted."""
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["case", "lifted_at"], name="hold_case")]


class CourtAccess(OwnedModel):
    """A case opened to one person of a court, read only, until a day; two supervisors did it. Ending it keeps the row."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="court_access")
    person = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    why = models.CharField(max_length=500)
    until = models.DateField()
    """The last day on which it opens the case."""
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["person", "until"], name="court_access_person")]

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """The unit's own; and for a court what opens its cases to itself."""
        own = super().visible_to(actor)
        return own | models.Q(case_id__in=actor.cases, person_id=actor.id) if actor.cases else own


def _or_open(own: models.Q, actor: Actor, case: str) -> models.Q:
    """These rows, and those whose case is open to the actor; as the policy `open_case` of their tables says."""
    return own | models.Q(**{f"{case}__in": actor.cases}) if actor.cases else own
