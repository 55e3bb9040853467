"""Countries, organisations, units and desks: the installation's public directory.

These tables are not scoped, but for the client certificates: every signed-in person may read whom to call. They hold no
case data.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from vigie.kernel.actors import Purpose
from vigie.kernel.ids import uuid7
from vigie.kernel.scope import UnitModel
from vigie.rooms.units.schemas import UnviewedFiles


class Country(models.Model):
    """A country that takes part; its code is the owner's country on every record."""

    code = models.CharField(primary_key=True, max_length=3)
    name = models.CharField(max_length=80)
    is_fictional = models.BooleanField(default=False)
    """True for the countries of a demonstration: a real system never opens beside one."""
    unviewed_files = models.CharField(max_length=10, default=UnviewedFiles.COMPARED.value)
    """What becomes of files their provider did not view."""


class Organisation(models.Model):
    """A police force, gateway, hotline, oversight body or partner."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    country = models.ForeignKey(Country, models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)


def every_purpose() -> list[str]:
    """What an agreement covers that names nothing narrower."""
    return [purpose.value for purpose in Purpose]


class Agreement(models.Model):
    """An organisation's agreement to take part: the first of the four gates to media.

    It opens what it covers while it runs, is not suspended and was not ended before its time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="agreements")
    valid_from = models.DateField()
    valid_until = models.DateField()
    purposes = ArrayField(models.CharField(max_length=32), default=every_purpose)
    terms = models.TextField(blank=True)
    suspended_at = models.DateTimeField(null=True)
    ended_on = models.DateField(null=True)
    because = models.CharField(max_length=300, blank=True)
    """Why it is suspended, or was ended."""


class Unit(models.Model):
    """The owner of records; the smallest body that can be granted access."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="units")
    country = models.ForeignKey(Country, models.PROTECT, related_name="+")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    town = models.CharField(max_length=80, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    desk_name = models.CharField(max_length=120)
    desk_phone = models.CharField(max_length=40, blank=True)
    desk_mail = models.CharField(max_length=120, blank=True)
    desk_languages = models.CharField(max_length=120, blank=True)
    desk_hours = models.CharField(max_length=120, blank=True)


class LegalBasis(models.Model):
    """A row of a country's jurisdiction profile: the ground on which a record is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    country = models.ForeignKey(Country, models.PROTECT, related_name="legal_bases")
    code = models.CharField(max_length=64)
    label = models.CharField(max_length=160)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["country", "code"], name="legal_basis_once")]


class ClientCertificate(UnitModel):
    """A TLS certificate behind which the people of a unit, or of all units of its country, come in.

    Its SHA-256 alone is kept: the reverse proxy holds the private half of nothing, and this installation neither.
    """

    fingerprint = models.CharField(max_length=64)
    label = models.CharField(max_length=80)
    whole_country = models.BooleanField(default=False)
    valid_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(UnitModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["owner_unit", "fingerprint"],
                condition=models.Q(ended_at=None),
                name="client_certificate_once",
            )
        ]
