"""How each role reaches the database, embedded or by URL."""

from enum import StrEnum
from typing import Final

from psycopg import ProgrammingError, conninfo

from vigie.config.home import home_of, read_secret, socket_folder
from vigie.config.problems import SetupProblem
from vigie.config.schema import NOTHING_CHANGED, Settings

PORT: Final = "5432"
_PERSONAL: Final = ("user", "password", "passfile", "dbname", "options", "service", "servicefile")
"""What belongs to the administrator in the URL; only the way to the server is used for other roles."""


class Role(StrEnum):
    """The database roles; their names hold for a whole PostgreSQL server."""

    OWNER = "vigie_owner"
    """Owns every database object; cannot sign in; reached by migrations only."""
    APP = "vigie_app"
    """Web and jobs, under row-level security."""
    PLUMBING = "vigie_plumbing"
    """Sessions, rate limits, sign-in tables."""
    JOBS = "vigie_jobs"
    """The worker's bookkeeping."""
    MATCHER = "vigie_matcher"
    """The matcher process: all rows of the fingerprint table, nothing else."""
    AUDITOR = "vigie_auditor"
    """Reads the log."""
    SEARCHER = "vigie_searcher"
    """Owns the search function; cannot sign in."""
    BACKUP = "vigie_backup"
    """Reads everything past row-level security, writes nothing; used by the supervisor only."""


NO_SIGN_IN: Final = frozenset({Role.OWNER, Role.SEARCHER})
SIGN_IN: Final = tuple(role for role in Role if role not in NO_SIGN_IN)


def connection_parameters(role: Role, settings: Settings) -> dict[str, str]:
    """The libpq parameters to connect as this role: host, port, dbname, user, password and, by URL, those of TLS.

    For `Role.OWNER` they are the administrator's, with `options` that make the session act as the owner.
    Reading them needs no running server: before the first start the password is empty and the host is a path that
    does not exist, so that a settings module can be imported at any time.
    """
    if role is Role.OWNER:
        return {
            **admin_parameters(settings),
            "dbname": settings.database_name,
            "options": f"-c role={role.value}",
        }
    if role is Role.SEARCHER:
        raise ValueError(f"{role.value} cannot sign in")
    way = {name: value for name, value in admin_parameters(settings).items() if name not in _PERSONAL}
    return {
        **way,
        "dbname": settings.database_name,
        "user": role.value,
        "password": read_secret(home_of(settings), password_name(role)) or "",
    }


def admin_parameters(settings: Settings) -> dict[str, str]:
    """The libpq parameters of the administrator: `postgres` by the operating system's word, or the URL's user.

    Raises SetupProblem for a URL libpq cannot read; its text is not repeated, because it may hold a password.
    """
    if settings.database_url is None:
        folder = socket_folder(home_of(settings)) or home_of(settings).run / "not-started"
        return {"host": str(folder), "port": PORT, "dbname": "postgres", "user": "postgres"}
    try:
        found = conninfo.conninfo_to_dict(settings.database_url.get_secret_value())
    except ProgrammingError:
        found = {}
    parameters = {name: str(value) for name, value in found.items() if value is not None}
    if not {"host", "hostaddr", "service"} & parameters.keys():
        raise SetupProblem(
            "VIGIE_DATABASE_URL is not an address of a PostgreSQL server.",
            safe=NOTHING_CHANGED,
            remedy="Write it as postgresql://administrator:password@host:5432/postgres",
        )
    return {"dbname": "postgres", **parameters}


def address_without_person(settings: Settings) -> str | None:
    """VIGIE_DATABASE_URL without its user and password, for children that must not be able to administrate."""
    if settings.database_url is None:
        return None
    way = {name: value for name, value in admin_parameters(settings).items() if name not in _PERSONAL}
    return conninfo.make_conninfo(**way)


def password_name(role: Role) -> str:
    """The name under which the home keeps the password of a role."""
    return f"{role.value}.password"
