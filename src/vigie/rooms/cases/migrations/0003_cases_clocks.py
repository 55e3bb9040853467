"""Clocks of cases: each has a last day, and the service that runs the clocks learns which units have cases."""

from django.db import migrations, models

_STATEMENTS = [
    "UPDATE cases_case SET retain_until = (recorded_at + interval '5 years')::date WHERE retain_until IS NULL",
    "UPDATE cases_case SET review_at = (retain_until - interval '6 months')::date WHERE review_at IS NULL",
    "CREATE POLICY listed ON cases_case FOR SELECT TO vigie_jobs USING (true)",
    "GRANT SELECT (owner_unit, owner_country, purpose) ON cases_case TO vigie_jobs",
]


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_cases_holds")]
    operations = [
        *[migrations.RunSQL(sql) for sql in _STATEMENTS],
        migrations.AddField(
            model_name="case", name="not_relevant_at", field=models.DateTimeField(null=True)
        ),
    ]
