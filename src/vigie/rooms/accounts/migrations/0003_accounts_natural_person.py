"""Whose account it is: two accounts of one person count as one where an act needs two persons."""

import uuid

from django.db import migrations, models

_NATURAL_PERSON = "ALTER TABLE accounts_user ADD COLUMN natural_person uuid NOT NULL DEFAULT gen_random_uuid()"
"""The default is worked out for each row: nobody is taken for somebody else."""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_accounts_sign_in")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_NATURAL_PERSON)],
            state_operations=[
                migrations.AddField(
                    model_name="user",
                    name="natural_person",
                    field=models.UUIDField(default=uuid.uuid4, editable=False),
                )
            ],
        )
    ]
