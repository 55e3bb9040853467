import django.contrib.postgres.fields
import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_OWNED = [
    ("id", models.UUIDField(default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
    ("owner_unit", models.UUIDField(editable=False)),
    ("owner_country", models.CharField(editable=False, max_length=3)),
    ("recorded_by", models.UUIDField(editable=False)),
    ("recorded_at", models.DateTimeField(editable=False)),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = [("media", "0005_media_tombstones")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                *_OWNED,
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("authority", models.CharField(max_length=20)),
                ("purpose", models.CharField(max_length=32)),
                ("case", models.UUIDField(null=True)),
                ("state", models.CharField(default="under_way", max_length=12)),
                ("contents", models.BigIntegerField()),
                ("ordered_event", models.UUIDField()),
                ("done_at", models.DateTimeField(null=True)),
                ("certificate", models.TextField(blank=True)),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.CreateModel(
            name="Remains",
            fields=[
                *_OWNED,
                ("content_id", models.UUIDField(unique=True)),
                ("content_public_id", models.UUIDField()),
                ("stage", models.CharField(default="ordered", max_length=12)),
                (
                    "fingerprints",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                (
                    "uploads",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                (
                    "erasure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="remains",
                        to="retention.erasure",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["erasure", "stage"], name="remains_stage")],
            },
        ),
        *[
            migrations.RunSQL(sql)
            for table in ("retention_erasure", "retention_remains")
            for sql in secure_table(table, Reach.KEPT)
        ],
        migrations.RunSQL("GRANT DELETE ON retention_remains TO vigie_app"),
        migrations.RunSQL(
            "CREATE POLICY listed ON retention_erasure FOR SELECT TO vigie_jobs USING (true)"
        ),
        migrations.RunSQL(
            "GRANT SELECT (id, owner_unit, owner_country, recorded_by, purpose, state) "
            "ON retention_erasure TO vigie_jobs"
        ),
    ]
