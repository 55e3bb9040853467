"""Who comes in how: identities at sign-in providers, and the client certificate a command-line sign-in was opened behind."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import vigie.kernel.ids
from vigie.kernel.scope import Reach, secure_table

_TABLE = "accounts_provideridentity"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_accounts_browser_sessions")]

    operations = [
        migrations.AddField(
            model_name="token",
            name="client_certificate",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="ProviderIdentity",
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
                ("provider", models.CharField(max_length=40)),
                ("issuer", models.CharField(max_length=255)),
                ("subject", models.CharField(max_length=255)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("issuer", "subject"),
                        name="identity_of_one_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("user", "provider"),
                        name="one_identity_a_provider",
                    ),
                ],
            },
        ),
        *[migrations.RunSQL(sql) for sql in secure_table(_TABLE, Reach.STAFF)],
        migrations.RunSQL(f"GRANT SELECT ON {_TABLE} TO vigie_plumbing"),
        migrations.RunSQL(f"CREATE POLICY sign_in ON {_TABLE} FOR SELECT TO vigie_plumbing USING (true)"),
    ]
