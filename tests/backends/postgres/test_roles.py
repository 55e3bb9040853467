import stat
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql
from pydantic import SecretStr

from vigie.backends.postgres import Role, Takeover, admin_parameters, connection_parameters, ensure_database
from vigie.backends.postgres.connections import (
    NO_SIGN_IN,
    SIGN_IN,
    address_without_person,
    password_name,
)
from vigie.backends.postgres.roles import administrator
from vigie.config.home import Home, home_of, prepare_home, read_secret
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings


def connect(role, settings):
    return psycopg.connect(**connection_parameters(role, settings), autocommit=True)


@pytest.mark.parametrize("role", SIGN_IN)
def test_each_role_signs_in_with_its_own_password(settings, role):
    with connect(role, settings) as connection:
        row = connection.execute("SELECT current_user, session_user, current_database()").fetchone()
    assert row == (role.value, role.value, settings.database_name)


@pytest.mark.parametrize("role", SIGN_IN)
def test_a_wrong_password_is_refused(settings, role):
    parameters = {**connection_parameters(role, settings), "password": "wrong"}
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**parameters)


def test_passwords_are_long_different_and_readable_by_their_owner_only(settings):
    home = home_of(settings)
    passwords = {read_secret(home, password_name(role)) for role in SIGN_IN}
    assert len(passwords) == len(SIGN_IN)
    assert min(len(password) for password in passwords) >= 43
    assert {stat.S_IMODE((home.secrets / password_name(role)).stat().st_mode) for role in SIGN_IN} == {0o600}


def test_the_server_keeps_scram_verifiers_only(server, settings):
    with psycopg.connect(**server.admin) as connection:
        kept = dict(
            connection.execute(
                "SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE 'vigie\\_%'"
            ).fetchall()
        )
    assert all(kept[role.value].startswith("SCRAM-SHA-256$") for role in SIGN_IN)
    assert all(kept[role.value] is None for role in NO_SIGN_IN)


def test_the_owner_is_reached_through_the_administrator_only(settings):
    with connect(Role.OWNER, settings) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("vigie_owner",)
        connection.execute("CREATE TABLE made_by_owner (id int)")
        owner = connection.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'made_by_owner'"
        ).fetchone()
    assert owner == ("vigie_owner",)
    direct = {**connection_parameters(Role.APP, settings), "user": Role.OWNER.value}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**direct)


def test_the_searcher_has_no_connection(settings):
    with pytest.raises(ValueError, match="cannot sign in"):
        connection_parameters(Role.SEARCHER, settings)


FORBIDDEN = (
    "CREATE TABLE mine (id int)",
    "CREATE TEMP TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "SET ROLE vigie_owner",
    "INSERT INTO guarded VALUES (1)",
    "ALTER TABLE guarded DISABLE ROW LEVEL SECURITY",
)


def test_no_role_may_create_anything_or_reach_what_was_not_granted(settings):
    with connect(Role.OWNER, settings) as connection:
        connection.execute("CREATE TABLE guarded (id int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY")
    for role in SIGN_IN:
        reading = () if role is Role.BACKUP else ("SELECT * FROM guarded",)
        with connect(role, settings) as connection:
            for statement in (*FORBIDDEN, *reading):
                with pytest.raises(psycopg.Error) as caught:
                    connection.execute(statement)
                refused = psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction
                assert isinstance(caught.value, refused), f"{role}: {statement}"


def test_the_backup_reads_past_row_security_and_writes_nothing(settings):
    with connect(Role.OWNER, settings) as connection:
        connection.execute(
            "CREATE TABLE guarded (id int); INSERT INTO guarded VALUES (7);"
            "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; ALTER TABLE guarded FORCE ROW LEVEL SECURITY"
        )
    with connect(Role.BACKUP, settings) as connection:
        assert connection.execute("SELECT id FROM guarded").fetchall() == [(7,)]
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM guarded")


def test_an_ordinary_user_of_the_server_may_not_even_connect(server, settings):
    with psycopg.connect(**server.admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE passer_by LOGIN PASSWORD 'x'")
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(
                    **{**connection_parameters(Role.APP, settings), "user": "passer_by", "password": "x"}
                )
        finally:
            connection.execute("DROP ROLE passer_by")


def test_repeating_puts_changed_roles_right(server, settings):
    """Roles nothing else connects as: they belong to the whole server, and other tests are using it right now."""
    with psycopg.connect(**server.admin, autocommit=True) as connection:
        connection.execute("ALTER ROLE vigie_searcher LOGIN SUPERUSER BYPASSRLS CREATEROLE")
        connection.execute("ALTER ROLE vigie_owner LOGIN")
        connection.execute("ALTER ROLE vigie_backup PASSWORD 'changed'")
        ensure_database(settings, Takeover.REFUSE)
        found = connection.execute(
            "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole, rolcanlogin FROM pg_roles"
            " WHERE rolname IN ('vigie_searcher', 'vigie_owner') ORDER BY 1"
        ).fetchall()
    assert found == [("vigie_owner", False, False), ("vigie_searcher", False, False)]
    connect(Role.BACKUP, settings).close()


def test_a_second_home_does_not_lock_the_first_out_of_a_shared_server(settings, tmp_path):
    stranger = Settings(
        home=tmp_path,
        database_url=conninfo.make_conninfo(**admin_parameters(settings)),
        database_name="other",
    )
    prepare_home(Home(tmp_path))
    with pytest.raises(SetupProblem, match="does not know its password"):
        ensure_database(stranger)
    connect(Role.APP, settings).close()


def test_an_administrator_without_the_right_is_told_so(server, settings, tmp_path):
    password = "weak"
    with psycopg.connect(**server.admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE weak_admin LOGIN PASSWORD {}").format(sql.Literal(password)))
        try:
            url = conninfo.make_conninfo(**{**server.admin, "user": "weak_admin", "password": password})
            weak = settings.model_copy(update={"database_url": SecretStr(url)})
            with pytest.raises(SetupProblem, match="may not prepare"):
                ensure_database(weak)
        finally:
            connection.execute("DROP ROLE weak_admin")


def test_a_server_that_does_not_answer_is_a_clear_refusal(tmp_path):
    prepare_home(Home(tmp_path))
    with pytest.raises(SetupProblem, match="does not let the administrator in") as caught:
        ensure_database(Settings(home=tmp_path, database_url=f"host={tmp_path} user=nobody"))
    assert "VIGIE_DATABASE_URL" in caught.value.remedy


def test_a_url_nobody_can_read_is_refused_without_repeating_it(tmp_path):
    for url in ("hunter2", "postgresql://[hunter2", "dbname=hunter2"):
        with pytest.raises(SetupProblem) as caught:
            admin_parameters(Settings(home=tmp_path, database_url=url))
        assert "hunter2" not in caught.value.what


def test_roles_keep_the_way_to_the_server_and_nothing_personal(tmp_path):
    url = "postgresql://admin:hunter2@db.example:5433/postgres?sslmode=verify-full&sslrootcert=/ca.pem&options=-cfoo%3D1"
    settings = Settings(home=tmp_path, database_url=url)
    assert connection_parameters(Role.APP, settings) == {
        "host": "db.example",
        "port": "5433",
        "sslmode": "verify-full",
        "sslrootcert": "/ca.pem",
        "dbname": "vigie",
        "user": "vigie_app",
        "password": "",
    }
    stripped = address_without_person(settings)
    assert "hunter2" not in stripped
    assert "admin" not in stripped
    child = Settings(home=tmp_path, database_url=stripped)
    assert connection_parameters(Role.APP, child) == connection_parameters(Role.APP, settings)
    assert address_without_person(Settings(home=tmp_path)) is None


def test_parameters_can_be_read_before_the_first_start(tmp_path):
    parameters = connection_parameters(Role.APP, Settings(home=tmp_path))
    assert parameters["host"] == str(tmp_path / "run" / "not-started")
    assert parameters["password"] == ""
    assert not Path(parameters["host"]).exists()


def test_an_old_server_is_refused(server):
    from vigie.backends.postgres import roles

    with administrator(server.admin) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(roles, "OLDEST_VERSION", connection.info.server_version + 1)
        with pytest.raises(SetupProblem, match="15 or newer"):
            roles._require_version(connection)
