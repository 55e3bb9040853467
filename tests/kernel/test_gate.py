"""The write gate: outside an operation only statements that read pass, and what is not known is refused."""

import pytest
from django.db import DataError, connections

from factories.actors import investigator
from vigie.kernel import context, gate
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import GuardMissing

READING = [
    "SELECT 1",
    "select id from cases_case",
    "\n  SELECT id FROM cases_case WHERE title = %s",
    "SELECT id FROM cases_case FOR UPDATE",
    "SELECT id FROM cases_case LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED",
    "(SELECT id FROM cases_case) UNION (SELECT id FROM cases_exhibit)",
    "SELECT set_config('vigie.unit', %s, true)",
    "SELECT 1;",
    "SELECT 1 ;\n",
    "SAVEPOINT s1",
    "RELEASE SAVEPOINT s1",
    "ROLLBACK TO SAVEPOINT s1",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "SET LOCAL CONSTRAINTS ALL DEFERRED",
    'DECLARE "c" NO SCROLL CURSOR FOR SELECT 1',
    "EXPLAIN SELECT 1",
    "SELECT * FROM procrastinate_jobs",
]
WRITING = [
    "INSERT INTO cases_case VALUES (1)",
    "UPDATE cases_case SET title = %s",
    "DELETE FROM cases_case",
    "TRUNCATE cases_case",
    "MERGE INTO cases_case USING x ON true WHEN MATCHED THEN DELETE",
    "COPY cases_case FROM STDIN",
    "COPY cases_case TO PROGRAM 'x'",
    "WITH gone AS (DELETE FROM cases_case RETURNING id) SELECT * FROM gone",
    "WITH x AS (SELECT 1) UPDATE cases_case SET title = 'x'",
    "CREATE TABLE t (a int)",
    "ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY",
    "DROP TABLE cases_case",
    "GRANT ALL ON cases_case TO PUBLIC",
    "DO $$ BEGIN DELETE FROM cases_case; END $$",
    "CALL anything()",
    "EXPLAIN ANALYZE DELETE FROM cases_case",
    "EXPLAIN (ANALYZE) SELECT 1",
    "SET ROLE vigie_owner",
    "SET SESSION AUTHORIZATION vigie_owner",
    "SET vigie.unit = 'x'",
    "RESET ALL",
    "LOCK TABLE cases_case",
    "SELECT procrastinate_defer_jobs_v1(%s)",
    "SELECT id FROM public.procrastinate_defer_job_v1 (%s)",
    'SELECT "procrastinate_defer_jobs_v1"(%s)',
    "SELECT\nprocrastinate_finish_job_v1(1, 'failed', false)",
    "/* a remark */ UPDATE cases_case SET title = 'x'",
    "-- a remark\nDELETE FROM cases_case",
    "/* SELECT */ DELETE FROM cases_case",
    "SELECT 1; DELETE FROM cases_case",
    "SELECT 1;UPDATE cases_case SET title = 'x'",
    "SAVEPOINT s1; DROP TABLE cases_case",
    "SELECTED",
    "",
]


@pytest.mark.parametrize("statement", READING)
def test_reading_passes(statement: str) -> None:
    assert gate.passes(statement)


@pytest.mark.parametrize("statement", WRITING)
def test_everything_else_is_refused(statement: str) -> None:
    assert not gate.passes(statement)


@pytest.mark.usefixtures("database")
class TestOnTheConnection:
    """The gate hangs on every connection of the default alias, and on no other."""

    def test_a_write_is_refused_before_it_reaches_the_server(self) -> None:
        actor = investigator()
        with (
            context.acting_as(actor, clock=utc_now),
            connections["default"].cursor() as cursor,
            pytest.raises(GuardMissing, match="write outside an operation"),
        ):
            cursor.execute("UPDATE cases_case SET title = 'x'")

    def test_many_at_once_are_refused_too(self) -> None:
        with connections["default"].cursor() as cursor, pytest.raises(GuardMissing):
            cursor.executemany("DELETE FROM cases_case WHERE id = %s", [["a"], ["b"]])

    def test_it_stands_open_inside_and_closes_again_also_after_a_failure(self) -> None:
        def change(title: str) -> None:
            with connections["default"].cursor() as cursor:
                cursor.execute("UPDATE cases_case SET title = %s WHERE false", [title])

        with pytest.raises(DataError), gate.opened():
            change("a NUL character: \0")
        with gate.opened():
            change("x")
        with pytest.raises(GuardMissing):
            change("x")

    def test_a_new_connection_carries_it_once_and_the_plumbing_does_not(self) -> None:
        for _ in range(2):
            connections["default"].close()
            connections["default"].ensure_connection()
        connections["plumbing"].ensure_connection()
        assert connections["default"].execute_wrappers.count(gate.guard) == 1
        assert gate.guard not in connections["plumbing"].execute_wrappers
