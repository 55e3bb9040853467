"""What partners submit and what they are told: added and never changed, seen by the two units it stands between."""

import django.db.models.deletion
from django.db import migrations, models

import vigie.kernel.ids
from vigie.kernel.scope import Reach, secure_table

_UNIT = "(SELECT nullif(current_setting('vigie.unit', true), '')::uuid)"


def _walls(table: str) -> list[str]:
    written = [sql for sql in secure_table(table, Reach.KEPT, verbs="SELECT, INSERT") if " seen ON " not in sql]
    seen = f"owner_unit = {_UNIT} OR party = {_UNIT}"
    return [*written, f"CREATE POLICY seen ON {table} FOR SELECT TO vigie_app USING ({seen})"]


def _owned() -> list[tuple[str, models.Field]]:
    key = models.UUIDField(default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)
    return [
        ("id", key),
        ("owner_unit", models.UUIDField(editable=False)),
        ("owner_country", models.CharField(editable=False, max_length=3)),
        ("recorded_by", models.UUIDField(editable=False)),
        ("recorded_at", models.DateTimeField(editable=False)),
        ("party", models.UUIDField()),
    ]


def _of_submission(name: str) -> tuple[str, models.Field]:
    return (
        "submission",
        models.ForeignKey(
            on_delete=django.db.models.deletion.PROTECT, related_name=name, to="partners.partnersubmission"
        ),
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="PartnerSubmission",
            fields=[
                *_owned(),
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("title", models.CharField(max_length=120)),
                ("words", models.TextField(blank=True)),
                ("hashes", models.IntegerField()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["party", "-id"], name="partner_submission_for")],
            },
        ),
        migrations.CreateModel(
            name="PartnerHash",
            fields=[
                *_owned(),
                ("position", models.IntegerField()),
                ("md5", models.BinaryField(null=True)),
                ("sha1", models.BinaryField(null=True)),
                ("sha256", models.BinaryField(null=True)),
                _of_submission("rows"),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("submission", "position"), name="partner_hash_position_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerOpinion",
            fields=[
                *_owned(),
                ("opinion", models.CharField(max_length=20)),
                ("words", models.CharField(blank=True, max_length=500)),
                _of_submission("opinions"),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        *[
            migrations.RunSQL(sql)
            for table in (
                "partners_partnersubmission",
                "partners_partnerhash",
                "partners_partneropinion",
            )
            for sql in _walls(table)
        ],
    ]
