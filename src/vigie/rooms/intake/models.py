"""Submissions and their manifests: what was handed in, and how far each file has come."""

from django.db import models

from vigie.kernel.ids import public_id
from vigie.kernel.scope import OwnedModel


class Submission(OwnedModel):
    """One hand-in of material under a case and an exhibit."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    exhibit = models.ForeignKey("cases.Exhibit", models.PROTECT, related_name="submissions")
    state = models.CharField(max_length=10, default="open")
    source = models.CharField(max_length=20)
    client = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)
    first_answer_at = models.DateTimeField(null=True)


class SealAuthority(OwnedModel):
    """By what right sealed files of an exhibit were opened: what a court or a law said, and who recorded it."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    exhibit = models.ForeignKey("cases.Exhibit", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    reference = models.CharField(max_length=120)
    issuer = models.CharField(max_length=120)
    issued_on = models.DateField(null=True)
    files = models.IntegerField()
    opened_at = models.DateTimeField(null=True)
    """When the last of its files was opened; none while that is under way."""


class ManifestEntry(OwnedModel):
    """One file of a submission, from its claimed digests to its match.

    `state` moves forward only: wanted → sent → recorded → matched, or known → matched, or refused.
    """

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="entries")
    ordinal = models.BigIntegerField()
    """The client's own number for the file: kept over repeated runs, and therefore wide."""
    path = models.BinaryField()
    """The path's bytes as the client read them; what is shown is decoded with replacements."""
    path_text = models.TextField()
    size = models.BigIntegerField()
    modified_text = models.CharField(max_length=60, blank=True)
    md5 = models.BinaryField()
    sha1 = models.BinaryField()
    sha256 = models.BinaryField()
    state = models.CharField(max_length=10)
    holding = models.CharField(max_length=10, default="not_held")
    reason = models.CharField(max_length=30, blank=True)
    upload_id = models.UUIDField(unique=True, default=public_id, editable=False)
    content = models.ForeignKey("media.Content", models.PROTECT, null=True, related_name="entries")
    attempts = models.IntegerField(default=0)
    sealed = models.BooleanField(default=False, db_default=False)
    """Handed in as a file its provider did not view."""
    authority = models.ForeignKey("SealAuthority", models.PROTECT, null=True, related_name="entries")
    """By what it may be opened; none while it is sealed."""

    class Meta(OwnedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["submission", "ordinal"], name="entry_once")]
        indexes = [
            models.Index(fields=["submission", "state"], name="entry_state"),
            models.Index(fields=["submission", "sha256"], name="entry_digest"),
        ]
