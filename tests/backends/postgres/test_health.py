import psycopg
import pytest

from vigie.backends.postgres import Role, connection_parameters, ensure_database, health
from vigie.backends.postgres.health import examine_database
from vigie.config.problems import Weight
from vigie.config.schema import Settings


def as_owner(settings, *statements):
    with psycopg.connect(**connection_parameters(Role.OWNER, settings), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def as_admin(server, statement):
    with psycopg.connect(**server.admin, autocommit=True) as connection:
        connection.execute(statement)


def findings(settings, *tables):
    return {each.subject: each for each in examine_database(settings, tables)}


def test_a_fresh_database_is_fine_but_for_the_speed_of_tests(settings):
    found = findings(settings)
    assert {subject for subject, each in found.items() if each.weight is not Weight.FINE} <= {
        "database safety"
    }
    assert "PostgreSQL" in found["database version"].what


def test_a_server_that_may_forget_commits_is_a_failure(settings, server):
    with psycopg.connect(**server.admin) as connection:
        safe = connection.execute("SELECT current_setting('fsync')").fetchone() == ("on",)
    found = findings(settings)["database safety"]
    assert (found.weight is Weight.FINE) == safe
    assert safe or "fsync is 'off'" in found.what


@pytest.mark.parametrize(
    ("change", "back", "named"),
    [
        ("ALTER ROLE vigie_app BYPASSRLS", "NOBYPASSRLS", "vigie_app passes by row-level security"),
        ("ALTER ROLE vigie_app CREATEROLE", "NOCREATEROLE", "vigie_app has rights of an administrator"),
        ("ALTER ROLE vigie_owner LOGIN", "NOLOGIN", "vigie_owner can sign in"),
        ("ALTER ROLE vigie_backup NOBYPASSRLS", "BYPASSRLS", "vigie_backup is held by row-level security"),
        ("ALTER ROLE vigie_jobs NOLOGIN", "LOGIN", "vigie_jobs cannot sign in"),
    ],
)
def test_a_role_with_the_wrong_rights_is_named_and_put_right(settings, server, change, back, named):
    as_admin(server, change)
    try:
        found = findings(settings)["database roles"]
        assert (found.weight, named in found.what) == (Weight.FAILURE, True)
        ensure_database(settings)
        assert findings(settings)["database roles"].weight is Weight.FINE
    finally:
        as_admin(server, f"{' '.join(change.split()[:3])} {back}")


def test_a_role_that_is_member_of_another_is_named(settings, server):
    as_admin(server, "GRANT vigie_owner TO vigie_matcher")
    try:
        assert "vigie_matcher is a member of vigie_owner" in findings(settings)["database roles"].what
    finally:
        as_admin(server, "REVOKE vigie_owner FROM vigie_matcher")


def test_case_tables_without_forced_row_security_are_named(settings):
    as_owner(
        settings,
        "CREATE TABLE bare (id int)",
        "CREATE TABLE unforced (id int)",
        "ALTER TABLE unforced ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE guarded (id int)",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE guarded FORCE ROW LEVEL SECURITY",
    )
    found = findings(settings, "guarded", "bare", "unforced", "missing")["row-level security"]
    assert found.weight is Weight.FAILURE
    assert found.what == "bare is not guarded; missing is not guarded; unforced is not guarded."
    assert findings(settings, "guarded")["row-level security"].weight is Weight.FINE


def test_a_table_of_somebody_else_is_named(settings, server):
    with psycopg.connect(**{**server.admin, "dbname": settings.database_name}, autocommit=True) as connection:
        connection.execute("CREATE TABLE foreign_made (id int)")
    assert "foreign_made belongs to" in findings(settings)["database owner"].what


def test_a_schema_open_to_everybody_is_named_and_closed_again(settings):
    as_owner(settings, "GRANT CREATE ON SCHEMA public TO PUBLIC")
    assert "open to everybody" in findings(settings)["database owner"].what
    ensure_database(settings)
    assert findings(settings)["database owner"].weight is Weight.FINE


def test_a_function_with_its_owners_rights_must_be_closed_and_have_a_fixed_path(settings):
    as_owner(settings, "CREATE FUNCTION risky() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'")
    assert "risky()" in findings(settings)["database functions"].what
    as_owner(settings, "REVOKE ALL ON FUNCTION risky() FROM PUBLIC")
    assert "risky()" in findings(settings)["database functions"].what
    as_owner(settings, "ALTER FUNCTION risky() SET search_path = pg_catalog, public")
    assert findings(settings)["database functions"].weight is Weight.FINE


def test_an_old_server_is_named(settings, monkeypatch):
    monkeypatch.setattr(health, "OLDEST_VERSION", 990_000)
    assert "too old" in findings(settings)["database version"].what


def test_a_database_that_does_not_answer_is_a_finding_not_a_crash(tmp_path):
    (only,) = examine_database(Settings(home=tmp_path))
    assert only.weight is Weight.FAILURE
    assert only.remedy
