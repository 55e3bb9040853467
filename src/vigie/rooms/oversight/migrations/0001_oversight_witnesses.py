"""Witnesses of the log, their cosignatures, time stamps: read by the sign-in role too, changed by nobody afterwards."""

import uuid

import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models


def _append_only(table):
    return [
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW "
        "EXECUTE FUNCTION vigie_append_only()",
        f"CREATE TRIGGER append_only_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
        "EXECUTE FUNCTION vigie_append_only()",
    ]


_GUARDS = [
    "GRANT SELECT, INSERT ON oversight_witness, oversight_cosignature, oversight_stamp TO vigie_app",
    "GRANT UPDATE (ended_at) ON oversight_witness TO vigie_app",
    "GRANT SELECT ON oversight_witness TO vigie_plumbing",
    "GRANT SELECT ON oversight_witness, oversight_cosignature, oversight_stamp TO vigie_auditor",
    *_append_only("oversight_cosignature"),
    *_append_only("oversight_stamp"),
]


def _id():
    return models.UUIDField(
        primary_key=True, default=vigie.kernel.ids.uuid7, editable=False, serialize=False
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = [("kernel", "0001_kernel")]
    operations = [
        migrations.CreateModel(
            name="Witness",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120, unique=True)),
                ("key", models.CharField(max_length=260)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("unit", models.UUIDField()),
                ("country", models.CharField(max_length=3)),
                ("added_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", _id()),
                ("size", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("line", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "witness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="oversight.witness",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("id", _id()),
                ("size", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("reply", models.BinaryField()),
                ("recorded_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex("cosignature", models.Index(fields=["size"], name="oversight_cosignature_size")),
        migrations.AddConstraint(
            "cosignature",
            models.UniqueConstraint(fields=("witness", "size", "at"), name="oversight_cosignature_once"),
        ),
        migrations.AddIndex("stamp", models.Index(fields=["size"], name="oversight_stamp_size")),
        *[migrations.RunSQL(statement) for statement in _GUARDS],
    ]
