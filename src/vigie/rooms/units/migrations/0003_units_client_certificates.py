"""Client certificates of gateways and units: registered by their SHA-256, read by the sign-in before there is an actor."""

from django.db import migrations, models

import vigie.kernel.ids
from vigie.kernel.scope import Reach, secure_table

_TABLE = "units_clientcertificate"


class Migration(migrations.Migration):
    dependencies = [("units", "0002_units_agreements")]

    operations = [
        migrations.CreateModel(
            name="ClientCertificate",
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
                ("fingerprint", models.CharField(max_length=64)),
                ("label", models.CharField(max_length=80)),
                ("whole_country", models.BooleanField(default=False)),
                ("valid_until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("owner_unit", "fingerprint"),
                        name="client_certificate_once",
                    )
                ],
            },
        ),
        *[migrations.RunSQL(sql) for sql in secure_table(_TABLE, Reach.STAFF)],
        migrations.RunSQL(f"GRANT SELECT ON {_TABLE} TO vigie_plumbing"),
        migrations.RunSQL(f"CREATE POLICY sign_in ON {_TABLE} FOR SELECT TO vigie_plumbing USING (true)"),
    ]
