"""The weekly digest of unusual askers: people for the oversight body, units for the owners concerned."""

import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_EVERYWHERE = "(SELECT current_setting('vigie.log_scope', true)) = 'installation'"
_VERBS = "SELECT, INSERT, DELETE"
_WALLS = [
    *secure_table("matching_unusualperson", Reach.KEPT, verbs=_VERBS),
    f"ALTER POLICY seen ON matching_unusualperson USING ({_EVERYWHERE})",
    f"ALTER POLICY added ON matching_unusualperson WITH CHECK ({_EVERYWHERE})",
    f"ALTER POLICY changed ON matching_unusualperson USING ({_EVERYWHERE}) WITH CHECK ({_EVERYWHERE})",
    f"ALTER POLICY removed ON matching_unusualperson USING ({_EVERYWHERE})",
    *secure_table("matching_unusualunit", Reach.KEPT, verbs=_VERBS),
]
_LINE = [
    (
        "id",
        models.UUIDField(default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
    ),
    ("owner_unit", models.UUIDField(editable=False)),
    ("owner_country", models.CharField(editable=False, max_length=3)),
    ("recorded_by", models.UUIDField(editable=False)),
    ("recorded_at", models.DateTimeField(editable=False)),
    ("week", models.DateField()),
    ("asker_unit", models.UUIDField()),
    ("asker_country", models.CharField(max_length=3)),
    ("figures", models.JSONField()),
    ("reasons", models.JSONField()),
]


class Migration(migrations.Migration):
    dependencies = [("matching", "0006_matching_canaries")]

    operations = [
        migrations.AddField(
            model_name="lookupcount",
            name="trail",
            field=models.BinaryField(default=bytes, db_default=b""),
        ),
        migrations.CreateModel(
            name="UnusualPerson",
            fields=[*_LINE, ("person", models.UUIDField())],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("week", "person"), name="unusual_person_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="UnusualUnit",
            fields=_LINE,
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner_unit", "week", "asker_unit"), name="unusual_unit_once"
                    )
                ],
            },
        ),
        *[migrations.RunSQL(sql) for sql in _WALLS],
    ]
