"""Look-ups of handed-in hashes: each person's count of a day, and what a supervisor releases beyond it."""

import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_WALLS = [
    *secure_table("matching_lookupcount", Reach.KEPT),
    *secure_table("matching_lookuprelease", Reach.UNIT),
]


class Migration(migrations.Migration):
    dependencies = [("matching", "0003_matching_own_frame")]

    operations = [
        migrations.CreateModel(
            name="LookUpCount",
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
                ("person", models.UUIDField()),
                ("day", models.DateField()),
                ("asked", models.BigIntegerField(default=0)),
                ("released", models.BigIntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["owner_unit", "day"], name="look_up_count_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("owner_unit", "person", "day"), name="look_up_count_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LookUpRelease",
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
                ("case", models.UUIDField()),
                ("person", models.UUIDField()),
                ("most_hashes", models.BigIntegerField()),
                ("used", models.BigIntegerField(default=0)),
                ("valid_until", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        *[migrations.RunSQL(sql) for sql in _WALLS],
    ]
