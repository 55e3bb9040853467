"""Who may touch the job tables: `app` defers, `jobs` keeps the books."""

from django.db import migrations

_GRANTS = [
    "GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, "
    "procrastinate_workers TO vigie_jobs",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO vigie_jobs, vigie_app",
    "GRANT SELECT, INSERT ON procrastinate_jobs, procrastinate_events TO vigie_app",
    "GRANT SELECT ON django_migrations TO vigie_app",
]


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_kernel"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [migrations.RunSQL(statement) for statement in _GRANTS]
