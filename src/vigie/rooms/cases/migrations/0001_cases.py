import django.contrib.postgres.fields
import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_TABLES = ["cases_case", "cases_exhibit"]
_CUSTODY = secure_table("cases_custodyevent", Reach.UNIT, verbs="SELECT, INSERT")


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Case",
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
                ("reference", models.CharField(max_length=60)),
                ("title", models.CharField(blank=True, max_length=160)),
                ("state", models.CharField(default="open", max_length=10)),
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
                ("send_everything", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("owner_unit", "reference"), name="case_reference_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Exhibit",
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
                ("reference", models.CharField(max_length=60)),
                ("description", models.CharField(blank=True, max_length=200)),
                ("seized_in", models.CharField(blank=True, max_length=120)),
                ("seized_at_text", models.CharField(blank=True, max_length=60)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exhibits", to="cases.case"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CustodyEvent",
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
                ("position", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("act", models.CharField(max_length=30)),
                ("tool", models.CharField(max_length=60)),
                ("tool_version", models.CharField(max_length=40)),
                ("parameters", models.JSONField(default=dict)),
                ("previous", models.BinaryField()),
                ("digest", models.BinaryField()),
                (
                    "exhibit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="custody",
                        to="cases.exhibit",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddConstraint(
            model_name="exhibit",
            constraint=models.UniqueConstraint(fields=("case", "reference"), name="exhibit_reference_once"),
        ),
        migrations.AddConstraint(
            model_name="custodyevent",
            constraint=models.UniqueConstraint(fields=("exhibit", "position"), name="custody_position_once"),
        ),
        *[migrations.RunSQL(sql) for table in _TABLES for sql in secure_table(table, Reach.UNIT)],
        *[migrations.RunSQL(sql) for sql in _CUSTODY],
    ]
