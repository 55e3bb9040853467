"""Browser sessions say whose they are, so that a person can list and end their own; every open one ends with this step."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_accounts_gateways")]
    operations = [
        migrations.CreateModel(
            name="BrowserSession",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="session key"
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("person", models.UUIDField(db_index=True, null=True)),
                ("opened_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("browser", models.CharField(blank=True, max_length=80)),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
        migrations.RunSQL(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON accounts_browsersession TO vigie_plumbing"
        ),
        migrations.RunSQL("DELETE FROM django_session"),
    ]
