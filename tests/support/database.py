"""Makes the suite's database once per worker and empties it after each test."""

import os
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connections

from support.postgres import postgres_server
from vigie.backends.postgres import Role, Takeover, connection_parameters, ensure_database
from vigie.config.schema import Settings
from vigie.kernel import gate

ROLES = {"default": Role.APP, "plumbing": Role.PLUMBING, "auditor": Role.AUDITOR, "jobs": Role.JOBS}
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def settings() -> Settings:
    """The settings of this worker's own database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return postgres_server().settings(database_name=f"vigie_test_{worker}")


def prepare() -> None:
    """The database exists, is migrated by the owner, and every alias connects as its own role."""
    ensure_database(settings(), Takeover.REPLACE)
    _connect("default", Role.OWNER)
    with gate.opened():
        call_command("migrate", verbosity=0, interactive=False)
    for alias, role in ROLES.items():
        _connect(alias, role)


def _connect(alias: str, role: Role) -> None:
    parameters = connection_parameters(role, settings())
    names = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    if hasattr(connections._connections, alias):
        connections[alias].close()
    connections.databases[alias].update(
        {django: parameters.get(libpq, "") for libpq, django in names.items()}
        | {"OPTIONS": {k: v for k, v in parameters.items() if k not in names}, "CONN_MAX_AGE": None}
    )
    if hasattr(connections._connections, alias):
        del connections[alias]


def administrator() -> psycopg.Connection[Any]:
    """A connection past every wall, for looking at what is really stored."""
    admin = {**postgres_server().admin, "dbname": settings().database_name}
    return psycopg.connect(**admin, autocommit=True)  # type: ignore[arg-type]  # psycopg types each keyword apart


def empty() -> None:
    """Every table but the schema's own is empty; triggers and foreign keys do not fire for this connection."""
    for alias in ROLES:
        if connections[alias].in_atomic_block:
            raise RuntimeError(f"a test left a transaction open on {alias}")
    with administrator() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in rows:
            if table not in KEPT:
                connection.execute(f'DELETE FROM "{table}"'.encode())


def close() -> None:
    """All connections of this worker are closed."""
    for alias in ROLES:
        connections[alias].close()
