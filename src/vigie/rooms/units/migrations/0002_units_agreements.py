"""What an agreement covers, its terms, and that it may be suspended."""

import django.contrib.postgres.fields
from django.db import migrations, models

import vigie.rooms.units.models


class Migration(migrations.Migration):
    dependencies = [("units", "0001_units")]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="purposes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=32),
                default=vigie.rooms.units.models.every_purpose,
                size=None,
            ),
        ),
        migrations.AddField("agreement", "terms", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("agreement", "suspended_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "agreement", "because", models.CharField(blank=True, default="", max_length=300), preserve_default=False
        ),
    ]
