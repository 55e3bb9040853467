"""What the `plumbing` role may do: keep sessions and second factors; read, never change, who people are."""

from django.db import migrations

_GRANTS = [
    "GRANT SELECT, INSERT, UPDATE, DELETE ON django_session, mfa_authenticator, account_emailaddress, "
    "account_emailconfirmation TO vigie_plumbing",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO vigie_plumbing",
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_accounts"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("sessions", "0001_initial"),
    ]
    operations = [migrations.RunSQL(statement) for statement in _GRANTS]
