"""A gateway looks after the staff of its country: their access is confirmed now and then, certificates name their course."""

from django.db import migrations, models
from django.utils import timezone

from vigie.kernel.scope import Reach, secure_table

_TABLES = ("accounts_rolegrant", "accounts_certificate", "accounts_token")
_NAMES = ("seen", "added", "changed", "removed")
_WALLS = [
    statement
    for table in _TABLES
    for statement in (
        *(f"DROP POLICY {name} ON {table}" for name in _NAMES),
        *(
            policy
            for policy in secure_table(table, Reach.STAFF)
            if policy.startswith(tuple(f"CREATE POLICY {name} " for name in _NAMES))
        ),
    )
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_accounts_natural_person")]
    operations = [
        *[migrations.RunSQL(statement) for statement in _WALLS],
        migrations.AddField(
            model_name="user",
            name="reviewed_at",
            # who is here already counts as confirmed on the day of this migration: nobody is locked out by it
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="user", name="suspended_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="certificate",
            name="issuer",
            field=models.CharField(default="", max_length=120),
            preserve_default=False,
        ),
        migrations.AddField(model_name="certificate", name="passed_on", field=models.DateField(null=True)),
    ]
