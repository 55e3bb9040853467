"""An erased item is taken back on both sides: who knew of it can be told, each inside its own unit."""

from django.db import migrations

_UNIT = "(SELECT nullif(current_setting('vigie.unit', true), '')::uuid)"
_READ_BY_OWNERS = (
    "id, owner_unit, owner_country, content_id, asker_unit, asker_country, asker_public_id, pair, level, claim, "
    "by, distance, variant, at, deliver_after"
)
_STATEMENTS = [
    # not among the columns an owner may read: it would tell which of two askings were about one item
    "ALTER TABLE match_delivery ADD COLUMN asker_content uuid",
    "CREATE INDEX match_delivery_asker_content ON match_delivery (asker_content)",
    "CREATE INDEX match_delivery_asker_public ON match_delivery (asker_public_id)",
    "CREATE INDEX match_delivery_pair ON match_delivery (pair)",
    "REVOKE SELECT ON match_delivery FROM vigie_app",
    f"GRANT SELECT ({_READ_BY_OWNERS}), DELETE ON match_delivery TO vigie_app",
    f"CREATE POLICY withdrawn ON match_delivery FOR DELETE TO vigie_app USING (owner_unit = {_UNIT})",
    "GRANT SELECT (content_id, asker_unit, asker_country, asker_public_id, asker_content, pair) "
    "ON match_delivery TO vigie_jobs",
    "CREATE TABLE match_withdrawal (id uuid PRIMARY KEY, owner_unit uuid NOT NULL, owner_country varchar(3) NOT NULL, "
    "content_id uuid NOT NULL, public_id uuid NOT NULL, pairs uuid[] NOT NULL, at timestamptz NOT NULL)",
    "ALTER TABLE match_withdrawal ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE match_withdrawal FORCE ROW LEVEL SECURITY",
    "CREATE POLICY maintenance ON match_withdrawal TO vigie_owner USING (true) WITH CHECK (true)",
    f"CREATE POLICY seen ON match_withdrawal FOR SELECT TO vigie_app USING (owner_unit = {_UNIT})",
    f"CREATE POLICY added ON match_withdrawal FOR INSERT TO vigie_app WITH CHECK (owner_unit = {_UNIT})",
    f"CREATE POLICY told ON match_withdrawal FOR DELETE TO vigie_app USING (owner_unit = {_UNIT})",
    "CREATE POLICY listed ON match_withdrawal FOR SELECT TO vigie_jobs USING (true)",
    "GRANT SELECT, INSERT, DELETE ON match_withdrawal TO vigie_app",
    "GRANT SELECT ON match_withdrawal TO vigie_jobs",
    "GRANT DELETE ON matching_candidate, matching_matchnotice, matching_verdict, matching_ownerquestion TO vigie_app",
]


class Migration(migrations.Migration):
    dependencies = [("matching", "0007_matching_unusual")]
    operations = [migrations.RunSQL(sql) for sql in _STATEMENTS]
