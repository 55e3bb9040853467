"""Cases opened to a court: who, until when, and the policies by which the rows of such a case are seen.

The comparisons are plain, with what the connection says of the cases that are open. Where a row does not name its case,
a function looks its case up by index: it is called only where a case is open to the actor at all, so that nobody else's
queries are planned with a join more.
"""

import django.db.models.deletion
from django.db import migrations, models

import vigie.kernel.ids
from vigie.kernel.scope import Reach, secure_table

_PURPOSES = ["victim_identification", "investigation", "safeguarding", "oversight", "training"]
_CASES = "(SELECT nullif(current_setting('vigie.cases', true), ''))"
_OPEN = f"ANY (string_to_array({_CASES}, ',')::uuid[])"
_PERSON = "(SELECT nullif(current_setting('vigie.person', true), '')::uuid)"
_EXHIBIT_IS_OPEN = f"""
CREATE FUNCTION vigie_exhibit_is_open(exhibit uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT 1 FROM cases_exhibit WHERE id = exhibit AND case_id = {_OPEN}) $$
"""
_STATEMENTS = [
    *secure_table("cases_courtaccess", Reach.UNIT),
    f"CREATE POLICY open_case ON cases_case FOR SELECT TO vigie_app USING (id = {_OPEN})",
    f"CREATE POLICY open_case ON cases_exhibit FOR SELECT TO vigie_app USING (case_id = {_OPEN})",
    f"CREATE POLICY open_case ON cases_courtaccess FOR SELECT TO vigie_app "
    f"USING (case_id = {_OPEN} AND person_id = {_PERSON})",
    _EXHIBIT_IS_OPEN,
    f"CREATE POLICY open_case ON cases_custodyevent FOR SELECT TO vigie_app "
    f"USING ({_CASES} IS NOT NULL AND vigie_exhibit_is_open(exhibit_id))",
    "GRANT SELECT ON cases_courtaccess TO vigie_plumbing",
    "CREATE POLICY sign_in ON cases_courtaccess FOR SELECT TO vigie_plumbing USING (true)",
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_accounts_browser_sessions"), ("cases", "0003_cases_clocks")]

    operations = [
        migrations.CreateModel(
            name="CourtAccess",
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
                ("purpose", models.CharField(choices=[(one, one) for one in _PURPOSES], max_length=32)),
                ("legal_basis", models.CharField(max_length=64)),
                ("handling", models.CharField(default="orcon", max_length=20)),
                ("confidentiality", models.CharField(blank=True, max_length=40)),
                ("review_at", models.DateField(null=True)),
                ("retain_until", models.DateField(null=True)),
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("why", models.CharField(max_length=500)),
                ("until", models.DateField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.UUIDField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="court_access",
                        to="cases.case",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.user"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["person", "until"], name="court_access_person")],
            },
        ),
        *[migrations.RunSQL(sql) for sql in _STATEMENTS],
    ]
