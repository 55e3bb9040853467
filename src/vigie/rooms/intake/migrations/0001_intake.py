import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_TABLES = ["intake_submission", "intake_manifestentry"]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cases", "0001_cases"),
    ]

    operations = [
        migrations.CreateModel(
            name="Submission",
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
                ("state", models.CharField(default="open", max_length=10)),
                ("source", models.CharField(max_length=20)),
                ("client", models.CharField(blank=True, max_length=60)),
                ("closed_at", models.DateTimeField(null=True)),
                ("first_answer_at", models.DateTimeField(null=True)),
                (
                    "exhibit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="cases.exhibit",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ManifestEntry",
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
                ("ordinal", models.IntegerField()),
                ("path", models.BinaryField()),
                ("path_text", models.TextField()),
                ("size", models.BigIntegerField()),
                ("modified_text", models.CharField(blank=True, max_length=60)),
                ("md5", models.BinaryField()),
                ("sha1", models.BinaryField()),
                ("sha256", models.BinaryField()),
                ("state", models.CharField(max_length=10)),
                ("holding", models.CharField(default="not_held", max_length=10)),
                ("reason", models.CharField(blank=True, max_length=30)),
                (
                    "upload_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("content_id", models.UUIDField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="intake.submission",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["submission", "state"], name="entry_state")],
                "constraints": [models.UniqueConstraint(fields=("submission", "ordinal"), name="entry_once")],
            },
        ),
        *[migrations.RunSQL(sql) for table in _TABLES for sql in secure_table(table, Reach.UNIT)],
    ]
