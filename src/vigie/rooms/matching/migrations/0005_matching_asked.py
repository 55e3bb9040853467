"""Owners of known lists are told who hit an item of theirs; notices are read by asker, item and time."""

import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_UNIT = "(SELECT nullif(current_setting('vigie.unit', true), '')::uuid)"
_WALLS = [
    *secure_table("matching_listhit", Reach.UNIT, verbs="SELECT, INSERT"),
    "ALTER TABLE list_delivery ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE list_delivery FORCE ROW LEVEL SECURITY",
    "CREATE POLICY maintenance ON list_delivery TO vigie_owner USING (true) WITH CHECK (true)",
    f"CREATE POLICY written ON list_delivery FOR INSERT TO vigie_app WITH CHECK (asker_unit = {_UNIT})",
    f"CREATE POLICY delivered ON list_delivery FOR SELECT TO vigie_app USING (owner_unit = {_UNIT})",
    "CREATE POLICY listed ON list_delivery FOR SELECT TO vigie_jobs USING (true)",
    "GRANT SELECT, INSERT ON list_delivery TO vigie_app",
    "GRANT SELECT (id, owner_unit, owner_country, deliver_after) ON list_delivery TO vigie_jobs",
    "CREATE INDEX list_delivery_due ON list_delivery (deliver_after)",
    "CREATE INDEX matching_notice_asker ON matching_matchnotice (owner_unit, asker_unit, id)",
]
_PURPOSES = ["victim_identification", "investigation", "safeguarding", "oversight", "training"]


class Migration(migrations.Migration):
    dependencies = [("matching", "0004_matching_lookups")]

    operations = [
        migrations.CreateModel(
            name="ListDelivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField()),
                ("owner_country", models.CharField(max_length=3)),
                ("item_id", models.UUIDField()),
                ("asker_unit", models.UUIDField()),
                ("asker_country", models.CharField(max_length=3)),
                ("by", models.CharField(max_length=10)),
                ("day", models.DateField()),
                ("deliver_after", models.DateTimeField()),
            ],
            options={
                "db_table": "list_delivery",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item_id", "asker_unit", "day"), name="list_delivery_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ListHit",
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
                    models.CharField(choices=[(name, name) for name in _PURPOSES], max_length=32),
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
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hits",
                        to="matching.knownitem",
                    ),
                ),
                ("delivery_id", models.UUIDField(unique=True)),
                ("asker_unit", models.UUIDField()),
                ("asker_country", models.CharField(max_length=3)),
                ("by", models.CharField(max_length=10)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["owner_unit", "-id"], name="list_hit_new")],
            },
        ),
        *[migrations.RunSQL(sql) for sql in _WALLS],
    ]
