import django.db.models.deletion
import uuid
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import directory_table

_TABLES = ["units_country", "units_organisation", "units_agreement", "units_unit", "units_legalbasis"]


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Country",
            fields=[
                ("code", models.CharField(max_length=3, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("is_fictional", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=20)),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="units.country"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Agreement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField()),
                ("ended_on", models.DateField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreements",
                        to="units.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Unit",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("code", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("town", models.CharField(blank=True, max_length=80)),
                ("time_zone", models.CharField(default="UTC", max_length=40)),
                ("desk_name", models.CharField(max_length=120)),
                ("desk_phone", models.CharField(blank=True, max_length=40)),
                ("desk_mail", models.CharField(blank=True, max_length=120)),
                ("desk_languages", models.CharField(blank=True, max_length=120)),
                ("desk_hours", models.CharField(blank=True, max_length=120)),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="units.country"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="units",
                        to="units.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LegalBasis",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=64)),
                ("label", models.CharField(max_length=160)),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_bases",
                        to="units.country",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("country", "code"), name="legal_basis_once")],
            },
        ),
        *[migrations.RunSQL(sql) for table in _TABLES for sql in directory_table(table)],
    ]
