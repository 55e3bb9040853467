"""Contents can leave: rows go, a tombstone stays; where wrapped keys lay is cleaned within minutes of their going."""

from django.db import migrations, models

import vigie.kernel.ids
from vigie.kernel.scope import Reach, secure_table

_LEAVING = (
    "media_content",
    "media_originalkey",
    "media_rendition",
    "media_occurrence",
    "media_fingerprint",
)
_SOON_CLEANED = [
    f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50)"
    for table in ("media_originalkey", "media_rendition")
]


class Migration(migrations.Migration):
    dependencies = [("media", "0004_media_occurrence_once")]

    operations = [
        migrations.CreateModel(
            name="Tombstone",
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
                ("public_id", models.UUIDField(unique=True)),
                ("authority", models.CharField(max_length=20)),
                ("object_name", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["owner_unit", "object_name"], name="tombstone_object"),
                    models.Index(fields=["recorded_at"], name="tombstone_when"),
                ],
            },
        ),
        *[migrations.RunSQL(sql) for sql in secure_table("media_tombstone", Reach.KEPT)],
        *[migrations.RunSQL(f"GRANT DELETE ON {table} TO vigie_app") for table in _LEAVING],
        *[migrations.RunSQL(sql) for sql in _SOON_CLEANED],
    ]
