"""Reviews: what a unit is asked before a case may be kept no more."""

from django.db import migrations, models

import vigie.kernel.ids
from vigie.kernel.scope import Reach, secure_table


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_retention"), ("cases", "0003_cases_clocks")]

    operations = [
        migrations.CreateModel(
            name="Review",
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
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("case", models.UUIDField()),
                ("due", models.DateField()),
                ("answer", models.CharField(blank=True, max_length=10)),
                ("answered_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("case", "due"), name="review_once")],
            },
        ),
        *[migrations.RunSQL(sql) for sql in secure_table("retention_review", Reach.KEPT)],
    ]
