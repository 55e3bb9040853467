"""The log, and who may do what with it."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import vigie.kernel.ids

_APPEND_ONLY = """
CREATE FUNCTION vigie_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is append-only: % on % refused', TG_OP, TG_TABLE_NAME; END $$
"""


def _append_only(table: str) -> str:
    return (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION vigie_append_only(); "
        f"CREATE TRIGGER append_only_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
        f"EXECUTE FUNCTION vigie_append_only()"
    )


_UNIT = "(SELECT nullif(current_setting('vigie.unit', true), '')::uuid)"
_SCOPE = "(SELECT current_setting('vigie.log_scope', true))"

_GUARDS = [
    _APPEND_ONLY,
    _append_only("audit_event"),
    _append_only("audit_leaf"),
    _append_only("audit_checkpoint"),
    "ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE audit_event FORCE ROW LEVEL SECURITY",
    "CREATE POLICY maintenance ON audit_event TO vigie_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY audited ON audit_event FOR SELECT TO vigie_auditor USING (true)",
    f"CREATE POLICY written ON audit_event FOR INSERT TO vigie_app WITH CHECK (unit = {_UNIT})",
    f"CREATE POLICY seen ON audit_event FOR SELECT TO vigie_app USING ({_SCOPE} = 'installation' "
    f"OR ({_SCOPE} = 'unit' AND (unit = {_UNIT} OR {_UNIT} = ANY (concerned))))",
    "GRANT SELECT, INSERT ON audit_event TO vigie_app",
    "GRANT SELECT ON audit_event TO vigie_auditor",
    "ALTER TABLE audit_note ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE audit_note FORCE ROW LEVEL SECURITY",
    "CREATE POLICY maintenance ON audit_note TO vigie_owner USING (true) WITH CHECK (true)",
    f"CREATE POLICY written ON audit_note FOR INSERT TO vigie_app WITH CHECK (unit = {_UNIT})",
    f"CREATE POLICY seen ON audit_note FOR SELECT TO vigie_app USING ({_SCOPE} = 'installation' "
    f"OR ({_SCOPE} = 'unit' AND unit = {_UNIT}))",
    "GRANT SELECT, INSERT ON audit_note TO vigie_app",
    "GRANT SELECT, INSERT ON audit_leaf, audit_checkpoint TO vigie_auditor",
    "GRANT SELECT ON audit_leaf, audit_checkpoint TO vigie_app",
]


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        primary_key=True, default=vigie.kernel.ids.uuid7, editable=False, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.UUIDField()),
                ("unit", models.UUIDField()),
                ("country", models.CharField(max_length=3)),
                ("on_behalf_of", models.UUIDField(null=True)),
                ("purpose", models.CharField(max_length=32)),
                ("verb", models.CharField(max_length=60)),
                ("outcome", models.CharField(max_length=8)),
                ("reason", models.CharField(max_length=40, blank=True)),
                ("subject_kind", models.CharField(max_length=30, blank=True)),
                ("subject_id", models.UUIDField(null=True)),
                (
                    "concerned",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                ("policy", models.CharField(max_length=20)),
            ],
            options={"db_table": "audit_event"},
        ),
        migrations.CreateModel(
            name="AuditNote",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="kernel.auditevent",
                    ),
                ),
                ("unit", models.UUIDField()),
                ("salt", models.BinaryField()),
                ("words", models.TextField()),
            ],
            options={"db_table": "audit_note"},
        ),
        migrations.CreateModel(
            name="AuditLeaf",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event_id", models.UUIDField(unique=True)),
                ("hash", models.BinaryField()),
            ],
            options={"db_table": "audit_leaf"},
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("note", models.TextField()),
                ("frontier", models.BinaryField()),
                ("leaves", models.BinaryField()),
            ],
            options={"db_table": "audit_checkpoint"},
        ),
        migrations.AddIndex(
            model_name="auditevent", index=models.Index(fields=["unit", "-id"], name="audit_event_unit")
        ),
        *[migrations.RunSQL(statement) for statement in _GUARDS],
    ]
