import django.contrib.postgres.fields
import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_TABLES = ["series_series", "series_membership"]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("media", "0001_media"),
    ]

    operations = [
        migrations.CreateModel(
            name="Series",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField(editable=False)),
                ("owner_country", models.CharField(editable=False, max_length=3)),
                ("recorded_by", models.UUIDField(editable=False)),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("victim_identification", "victim_identification"),
                            ("investigation", "investigation"),
                            ("safeguarding", "safeguarding"),
                            ("oversight", "oversight"),
                            ("training", "training"),
                        ],
                        max_length=32,
                    ),
                ),
                ("legal_basis", models.CharField(max_length=64)),
                ("handling", models.CharField(default="orcon", max_length=20)),
                ("confidentiality", models.CharField(blank=True, max_length=40)),
                ("review_at", models.DateField(null=True)),
                ("retain_until", models.DateField(null=True)),
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("audience", models.CharField(default="unit", max_length=12)),
                (
                    "listed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), blank=True, default=list, size=None
                    ),
                ),
                (
                    "excluded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), blank=True, default=list, size=None
                    ),
                ),
                ("answer_outside", models.CharField(default="contact_only", max_length=12)),
                ("number", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=120)),
                ("state", models.CharField(default="unidentified", max_length=14)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("owner_unit", "number"), name="series_number_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField(editable=False)),
                ("owner_country", models.CharField(editable=False, max_length=3)),
                ("recorded_by", models.UUIDField(editable=False)),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("victim_identification", "victim_identification"),
                            ("investigation", "investigation"),
                            ("safeguarding", "safeguarding"),
                            ("oversight", "oversight"),
                            ("training", "training"),
                        ],
                        max_length=32,
                    ),
                ),
                ("legal_basis", models.CharField(max_length=64)),
                ("handling", models.CharField(default="orcon", max_length=20)),
                ("confidentiality", models.CharField(blank=True, max_length=40)),
                ("review_at", models.DateField(null=True)),
                ("retain_until", models.DateField(null=True)),
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("audience", models.CharField(default="unit", max_length=12)),
                (
                    "listed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), blank=True, default=list, size=None
                    ),
                ),
                (
                    "excluded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), blank=True, default=list, size=None
                    ),
                ),
                ("answer_outside", models.CharField(default="contact_only", max_length=12)),
                ("basis", models.CharField(max_length=20)),
                (
                    "content",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="media.content",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="series.series",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("series", "content"), name="member_once")],
            },
        ),
        *[migrations.RunSQL(sql) for table in _TABLES for sql in secure_table(table, Reach.SHARED)],
    ]
