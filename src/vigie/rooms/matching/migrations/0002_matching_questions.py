import uuid

import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_UNIT = "(SELECT nullif(current_setting('vigie.unit', true), '')::uuid)"
_QUESTIONS = [
    *secure_table("matching_ownerquestion", Reach.UNIT, verbs="SELECT, INSERT"),
    f"CREATE POLICY asked ON matching_ownerquestion FOR SELECT TO vigie_app USING (asked_unit = {_UNIT})",
    "CREATE INDEX match_delivery_due ON match_delivery (deliver_after)",
    "CREATE INDEX matching_notice_pair ON matching_matchnotice (pair)",
]


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_matching")]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="pair",
            field=models.UUIDField(default=uuid.UUID(int=0)),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="OwnerQuestion",
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
                ("pair", models.UUIDField()),
                ("asked_unit", models.UUIDField()),
                ("words", models.TextField()),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="matching.candidate",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["pair"], name="owner_question_pair")],
            },
        ),
        *[migrations.RunSQL(sql) for sql in _QUESTIONS],
    ]
