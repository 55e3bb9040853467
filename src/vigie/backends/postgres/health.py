"""What `vigie doctor` asks the database: whether it is the server we need, and whether the walls stand."""

from collections.abc import Collection, Iterator
from typing import Any, Final, LiteralString

from psycopg import Connection

from vigie.backends.postgres.connections import NO_SIGN_IN, Role, admin_parameters
from vigie.backends.postgres.roles import OLDEST_VERSION, administrator
from vigie.config.problems import Finding, SetupProblem, Weight
from vigie.config.schema import Settings

_MIGRATE: Final = "Run `vigie migrate`; it puts roles and rights right."
_ROLES: Final[LiteralString] = """
    SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin
    FROM pg_roles WHERE rolname = ANY(%s)
"""
_MEMBERS: Final[LiteralString] = """
    SELECT member.rolname, role.rolname
    FROM pg_auth_members
    JOIN pg_roles AS member ON member.oid = pg_auth_members.member
    JOIN pg_roles AS role ON role.oid = pg_auth_members.roleid
    WHERE member.rolname = ANY(%s) ORDER BY 1, 2
"""
_UNFORCED: Final[LiteralString] = """
    SELECT wanted.name FROM unnest(%s::text[]) AS wanted(name)
    LEFT JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(wanted.name))
    WHERE NOT coalesce(pg_class.relrowsecurity AND pg_class.relforcerowsecurity, false) ORDER BY 1
"""
_FOREIGN_TABLES: Final[LiteralString] = """
    SELECT relname, pg_get_userbyid(relowner) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
    AND pg_get_userbyid(relowner) <> %s ORDER BY 1
"""
_OPEN_DEFINERS: Final[LiteralString] = """
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE prosecdef AND pronamespace = 'public'::regnamespace
    AND (proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(proacl) WHERE grantee = 0)
         OR NOT EXISTS (SELECT 1 FROM unnest(proconfig) AS option WHERE option LIKE 'search_path=%%'))
    ORDER BY 1
"""
_CREATE_FOR_ALL: Final[LiteralString] = """
    SELECT 1 FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
    WHERE nspname = 'public' AND grantee = 0 AND privilege_type IN ('CREATE', 'USAGE')
"""


def examine_database(settings: Settings, guarded_tables: Collection[str] = ()) -> tuple[Finding, ...]:
    """What is right and wrong with the database; never raises for a database that cannot be reached.

    `guarded_tables` are the tables that must have forced row-level security.
    """
    parameters = {**admin_parameters(settings), "dbname": settings.database_name}
    try:
        with administrator(parameters) as connection:
            return (
                *_server(connection, settings),
                *_roles(connection),
                *_rights(connection),
                *_row_security(connection, guarded_tables),
            )
    except SetupProblem as problem:
        return (Finding("database", Weight.FAILURE, problem.what, problem.remedy),)


def _judge(subject: str, faults: Collection[str], *, fine: str, remedy: str) -> Finding:
    if faults:
        return Finding(subject, Weight.FAILURE, "; ".join(faults) + ".", remedy)
    return Finding(subject, Weight.FINE, fine)


def _server(connection: Connection[Any], settings: Settings) -> Iterator[Finding]:
    version = connection.info.parameter_status("server_version")
    yield _judge(
        "database version",
        [f"PostgreSQL {version} is too old"] if connection.info.server_version < OLDEST_VERSION else [],
        fine=f"PostgreSQL {version}",
        remedy="Upgrade to PostgreSQL 15 or newer.",
    )
    wanted = {"data_checksums": "on", "fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
    if settings.database_url is None:
        wanted["listen_addresses"] = ""
    found = {name: connection.execute("SELECT current_setting(%s)", (name,)).fetchone() for name in wanted}
    wrong = [
        f"{name} is {row[0]!r}, not {wanted[name]!r}"
        for name, row in found.items()
        if row is not None and row[0] != wanted[name]
    ]
    yield _judge(
        "database safety",
        wrong,
        fine="Checksums are on, commits reach the disk.",
        remedy="Change these settings of the server; checksums need pg_checksums while it is stopped.",
    )


def _roles(connection: Connection[Any]) -> Iterator[Finding]:
    names = [role.value for role in Role]
    faults = []
    there = set()
    for (
        name,
        superuser,
        creates_roles,
        creates_databases,
        replicates,
        bypasses,
        signs_in,
    ) in connection.execute(_ROLES, (names,)):
        there.add(name)
        if superuser or creates_roles or creates_databases or replicates:
            faults.append(f"{name} has rights of an administrator")
        if bypasses != (name == Role.BACKUP):
            faults.append(f"{name} {'passes by' if bypasses else 'is held by'} row-level security")
        if signs_in == (name in NO_SIGN_IN):
            faults.append(f"{name} {'can' if signs_in else 'cannot'} sign in")
    faults += [f"{name} is missing" for name in names if name not in there]
    allowed = {(Role.BACKUP.value, "pg_read_all_data")}
    for member, role in connection.execute(_MEMBERS, (names,)):
        if (member, role) not in allowed:
            faults.append(f"{member} is a member of {role}")
    yield _judge(
        "database roles", faults, fine="Each role has its own rights and no others.", remedy=_MIGRATE
    )


def _rights(connection: Connection[Any]) -> Iterator[Finding]:
    foreign = [
        f"{table} belongs to {owner}" for table, owner in connection.execute(_FOREIGN_TABLES, (Role.OWNER,))
    ]
    opened = ["schema public is open to everybody"] if connection.execute(_CREATE_FOR_ALL).fetchone() else []
    yield _judge(
        "database owner", foreign + opened, fine="Every object belongs to the owner.", remedy=_MIGRATE
    )
    definers = [
        f"{name} can be called by everybody or has no fixed search_path"
        for (name,) in connection.execute(_OPEN_DEFINERS)
    ]
    yield _judge(
        "database functions",
        definers,
        fine="No function with its owner's rights is open to everybody.",
        remedy="Revoke EXECUTE from PUBLIC and set search_path in the migration that makes the function.",
    )


def _row_security(connection: Connection[Any], guarded_tables: Collection[str]) -> Iterator[Finding]:
    if not guarded_tables:
        return
    bare = [f"{name} is not guarded" for (name,) in connection.execute(_UNFORCED, (sorted(guarded_tables),))]
    yield _judge(
        "row-level security",
        bare,
        fine=f"Forced on all {len(guarded_tables)} case tables.",
        remedy=_MIGRATE,
    )
