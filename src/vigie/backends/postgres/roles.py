"""The database and its roles: made, or put right, at each start."""

from collections.abc import Mapping
from contextlib import closing
from enum import StrEnum
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Connection, sql

from vigie.backends.postgres.connections import (
    NO_SIGN_IN,
    SIGN_IN,
    Role,
    admin_parameters,
    password_name,
)
from vigie.config.home import ensure_secret, home_of, read_secret
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings

OLDEST_VERSION: Final = 150_000
"""`server_version_num` of PostgreSQL 15: `security_invoker` views, and no CREATE for everybody in schema public."""
_LOCK: Final = 0x7669676965  # "vigie": one machine at a time makes the roles of a shared server
_SECONDS: Final = 10
_LIMITS: Final = "NOCREATEDB NOCREATEROLE INHERIT"
_LIMITS_OF_A_SUPERUSER: Final = "NOSUPERUSER NOREPLICATION"
"""Only a superuser may even mention these (PostgreSQL 15); a new role has neither, and `vigie doctor` looks."""


class Takeover(StrEnum):
    """What happens to the password of a role that exists on the server while this home does not know it."""

    REFUSE = "refuse"
    """Another installation may be using it: a new password would lock that one out."""
    REPLACE = "replace"
    """The server belongs to this home alone."""


def ensure_database(settings: Settings, takeover: Takeover | None = None) -> None:
    """Every role and the database exist, with the rights they should have and no others; can be repeated at will.

    The roles' passwords are those of the home's secrets folder, generated where missing. Only SCRAM verifiers travel
    to the server (libpq makes them), so no password can appear in its log. Tables are granted by each migration.
    `takeover` is REPLACE for the embedded server and REFUSE for a shared one unless given.
    Raises SetupProblem when the server is older than 15, or the administrator may not do this.
    """
    chosen = takeover or (Takeover.REFUSE if settings.database_url else Takeover.REPLACE)
    with administrator(admin_parameters(settings)) as connection:
        _require_version(connection)
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            with connection.transaction():
                _ensure_roles(connection, settings, chosen)
            _ensure_database_exists(connection, settings.database_name)
        except psycopg.errors.InsufficientPrivilege as error:
            raise _may_not(error) from error
    with administrator({**admin_parameters(settings), "dbname": settings.database_name}) as connection:
        try:
            with connection.transaction():
                _close_the_database(connection, settings.database_name)
        except psycopg.errors.InsufficientPrivilege as error:
            raise _may_not(error) from error


def administrator(parameters: Mapping[str, str]) -> "closing[Connection[Any]]":
    """An open connection of the administrator in autocommit mode, closed at the end of the block.

    Raises SetupProblem when the server does not answer.
    """
    try:
        return closing(psycopg.connect(**parameters, autocommit=True, connect_timeout=_SECONDS))  # type: ignore[arg-type] # psycopg types each keyword apart
    except psycopg.OperationalError as error:
        raise SetupProblem(
            f"The database server does not let the administrator in: {str(error).strip()}",
            safe="Nothing in the database was changed.",
            remedy="Check that the server runs and that VIGIE_DATABASE_URL names an administrator.",
        ) from error


def _require_version(connection: Connection[Any]) -> None:
    if connection.info.server_version < OLDEST_VERSION:
        raise SetupProblem(
            f"The database server is PostgreSQL {connection.info.parameter_status('server_version')}; 15 or newer is needed.",
            safe="Nothing in the database was changed.",
            remedy="Upgrade the server, or remove VIGIE_DATABASE_URL to use the embedded one.",
        )


def _ensure_roles(connection: Connection[Any], settings: Settings, takeover: Takeover) -> None:
    there = {
        row[0] for row in connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'vigie\\_%'")
    }
    for role in Role:
        if role.value not in there:
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role.value)))
    for role in NO_SIGN_IN:
        attributes = sql.SQL("NOLOGIN " + _limits(connection, role))
        connection.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role.value), attributes))
    for role in SIGN_IN:
        _ensure_sign_in(connection, settings, role, takeover if role.value in there else Takeover.REPLACE)
    backup = sql.Identifier(Role.BACKUP.value)
    connection.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(backup))
    connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(backup))
    if not _is_superuser(connection):  # a superuser may act as the owner anyway
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(Role.OWNER.value)))


def _ensure_sign_in(connection: Connection[Any], settings: Settings, role: Role, takeover: Takeover) -> None:
    password = read_secret(home_of(settings), password_name(role))
    if password is None:
        if takeover is Takeover.REFUSE:
            raise SetupProblem(
                f"The role {role.value} exists on the database server, and this home does not know its password.",
                safe="The role keeps its password; nothing in the database was changed.",
                remedy="Copy the folder `secrets` from the machine that made it, or drop the role if none uses it.",
            )
        password = ensure_secret(home_of(settings), password_name(role))
    verifier = connection.pgconn.encrypt_password(password.encode(), role.value.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("ALTER ROLE {} LOGIN {} PASSWORD {}").format(
            sql.Identifier(role.value), sql.SQL(_limits(connection, role)), sql.Literal(verifier.decode())
        )
    )


def _limits(connection: Connection[Any], role: Role) -> LiteralString:
    if role is Role.BACKUP:
        return f"{_LIMITS} BYPASSRLS"
    return f"{_LIMITS} {_LIMITS_OF_A_SUPERUSER} NOBYPASSRLS" if _is_superuser(connection) else _LIMITS


def _ensure_database_exists(connection: Connection[Any], name: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    if found:
        return
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
            sql.Identifier(name), sql.Identifier(Role.OWNER.value)
        )
    )


def _close_the_database(connection: Connection[Any], name: str) -> None:
    """Only our roles may connect and use schema public; nobody but the owner may create anything, not even TEMP.

    A temporary table could stand before a real one in the search path of a SECURITY DEFINER function.
    """
    database, owner = sql.Identifier(name), sql.Identifier(Role.OWNER.value)
    sign_in = sql.SQL(", ").join(sql.Identifier(role.value) for role in SIGN_IN)
    everyone = sql.SQL(", ").join(sql.Identifier(role.value) for role in Role if role is not Role.OWNER)
    for statement in (
        sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, owner),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sign_in),
        sql.SQL("SET LOCAL ROLE {}").format(owner),
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(everyone),
    ):
        connection.execute(statement)


def _is_superuser(connection: Connection[Any]) -> bool:
    return connection.info.parameter_status("is_superuser") == "on"


def _may_not(error: psycopg.Error) -> SetupProblem:
    return SetupProblem(
        f"The administrator of VIGIE_DATABASE_URL may not prepare the database: {str(error).strip()}",
        safe="What had begun was rolled back.",
        remedy="Name a superuser in VIGIE_DATABASE_URL, or let one run `vigie migrate` once.",
    )
