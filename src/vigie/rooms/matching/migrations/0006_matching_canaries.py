"""Canaries: invented items, known as such only to those who read the log; who asks about one raises an alarm."""

import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_UNIT = "(SELECT nullif(current_setting('vigie.unit', true), '')::uuid)"
_COUNTRY = "(SELECT nullif(current_setting('vigie.country', true), ''))"
_SCOPE = "(SELECT current_setting('vigie.log_scope', true))"
_OWN = f"(owner_unit = {_UNIT} AND {_SCOPE} IN ('unit', 'installation'))"


def _watched(table: str, verbs: str) -> list[str]:
    """The walls of a table that is read as far as one reads the log, and written in one's own unit by those who do."""
    return [
        *secure_table(table, Reach.KEPT, verbs=verbs),
        f"ALTER POLICY seen ON {table} USING ({_OWN} OR {_SCOPE} = 'installation')",
        f"ALTER POLICY added ON {table} WITH CHECK ({_OWN})",
        f"ALTER POLICY changed ON {table} USING ({_OWN}) WITH CHECK ({_OWN})",
        f"ALTER POLICY removed ON {table} USING ({_OWN})",
    ]


# A manifest is compared with every unit's canaries by a function that says nothing back: the asker's side may call it
# and cannot read what it reads. What it leaves becomes an alarm on the same way as every other delivery.
_TOUCH = f"""
CREATE FUNCTION canary_touched(digests bytea[], at timestamptz, longest double precision) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO match_delivery (id, owner_unit, owner_country, content_id, asker_unit, asker_country, asker_public_id,
        pair, level, claim, by, distance, variant, at, deliver_after)
    SELECT gen_random_uuid(), c.owner_unit, c.owner_country, c.content_id, {_UNIT}, {_COUNTRY}, NULL,
        md5(concat_ws('|', 'manifest', c.content_id, {_UNIT}, (at AT TIME ZONE 'UTC')::date))::uuid,
        'silent', 'identical', 'manifest', NULL, '', at, at + random() * longest * interval '1 second'
    FROM matching_canary c WHERE c.sha256 = ANY (digests) AND c.retired_at IS NULL
    ON CONFLICT DO NOTHING
$$
"""
_WALLS = [
    *_watched("matching_canary", "SELECT, INSERT, UPDATE"),
    *_watched("matching_canaryalarm", "SELECT, INSERT"),
    _TOUCH,
    "REVOKE ALL ON FUNCTION canary_touched FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION canary_touched TO vigie_app",
]
_KEPT = [
    (
        "id",
        models.UUIDField(default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
    ),
    ("owner_unit", models.UUIDField(editable=False)),
    ("owner_country", models.CharField(editable=False, max_length=3)),
    ("recorded_by", models.UUIDField(editable=False)),
    ("recorded_at", models.DateTimeField(editable=False)),
    ("public_id", models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True)),
]


class Migration(migrations.Migration):
    dependencies = [("matching", "0005_matching_asked")]

    operations = [
        migrations.CreateModel(
            name="Canary",
            fields=[
                *_KEPT,
                ("content_id", models.UUIDField(unique=True)),
                ("sha256", models.BinaryField()),
                ("sha1", models.BinaryField()),
                ("md5", models.BinaryField()),
                ("pdq", models.BinaryField()),
                ("level", models.CharField(max_length=12)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["sha256"], name="canary_sha256")],
            },
        ),
        migrations.CreateModel(
            name="CanaryAlarm",
            fields=[
                *_KEPT,
                (
                    "canary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alarms",
                        to="matching.canary",
                    ),
                ),
                ("delivery_id", models.UUIDField(unique=True)),
                ("asker_unit", models.UUIDField()),
                ("asker_country", models.CharField(max_length=3)),
                ("level", models.CharField(max_length=12)),
                ("claim", models.CharField(max_length=12)),
                ("way", models.CharField(max_length=12)),
                ("asked_at", models.DateTimeField()),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        *[migrations.RunSQL(sql) for sql in _WALLS],
    ]
