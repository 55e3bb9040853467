"""Whose turn it is in the job queue, and whose attempt counts."""

from django.db import migrations

_COUNTRY = "coalesce(args->'on_behalf'->>'country', '')"
"""Whom a job is for; the installation's own upkeep is for nobody."""
_TURNS = (
    f"CREATE INDEX vigie_jobs_by_country ON procrastinate_jobs (({_COUNTRY}), priority DESC, id) "
    "WHERE status = 'todo'"
)
# The run of a job holds its row until its transaction ends; `app` may read that table and not change it.
_HOLD = """
CREATE FUNCTION vigie_hold_attempt(job bigint, attempt integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM procrastinate_jobs WHERE id = job AND attempts = attempt AND status = 'doing' FOR SHARE;
    RETURN FOUND;
END $$
"""
# As procrastinate_fetch_job_v2, but the countries take turns: upkeep first, then whoever has the fewest jobs running,
# by lot where there are several. Within a country the order is procrastinate's. Countries are found by skipping along
# the index: a queue of a million jobs costs as many steps as it has countries.
_FETCH = f"""
CREATE FUNCTION vigie_fetch_job(queues varchar[], worker bigint) RETURNS procrastinate_jobs
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    turn text;
    taken procrastinate_jobs;
BEGIN
    -- a worker that was taken for dead waits for its next heartbeat
    IF NOT EXISTS (SELECT 1 FROM procrastinate_workers WHERE id = worker) THEN
        RETURN NULL;
    END IF;
    FOR turn IN
        WITH RECURSIVE waiting AS (
            (SELECT {_COUNTRY} AS country FROM procrastinate_jobs WHERE status = 'todo' ORDER BY {_COUNTRY} LIMIT 1)
            UNION ALL
            SELECT (SELECT {_COUNTRY} FROM procrastinate_jobs WHERE status = 'todo' AND {_COUNTRY} > w.country
                    ORDER BY {_COUNTRY} LIMIT 1)
            FROM waiting w WHERE w.country IS NOT NULL
        ), running AS (
            SELECT {_COUNTRY} AS country, count(*) AS jobs FROM procrastinate_jobs
            WHERE status = 'doing' AND worker_id IS NOT NULL GROUP BY 1
        )
        SELECT w.country FROM waiting w LEFT JOIN running r ON r.country = w.country
        WHERE w.country IS NOT NULL ORDER BY w.country <> '', coalesce(r.jobs, 0), random()
    LOOP
        UPDATE procrastinate_jobs SET status = 'doing', worker_id = worker WHERE id = (
            SELECT j.id FROM procrastinate_jobs j
            WHERE j.status = 'todo' AND {_COUNTRY.replace("args", "j.args")} = turn
                AND (queues IS NULL OR j.queue_name = ANY (queues))
                AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
                AND (j.lock IS NULL OR NOT EXISTS (
                    SELECT 1 FROM procrastinate_jobs o WHERE o.lock = j.lock AND o.id <> j.id
                        AND (o.status = 'doing' OR (o.status = 'todo' AND (o.priority, -o.id) > (j.priority, -j.id)))))
            ORDER BY j.priority DESC, j.id LIMIT 1 FOR UPDATE OF j SKIP LOCKED
        ) RETURNING * INTO taken;
        IF FOUND THEN
            RETURN taken;
        END IF;
    END LOOP;
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_kernel_jobs")]
    operations = [
        migrations.RunSQL(statement)
        for statement in (
            _TURNS,
            _HOLD,
            "REVOKE ALL ON FUNCTION vigie_hold_attempt FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION vigie_hold_attempt TO vigie_app",
            _FETCH,
            "REVOKE ALL ON FUNCTION vigie_fetch_job FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION vigie_fetch_job TO vigie_jobs",
        )
    ]
