"""The processes a running system is made of, in the order they start."""

import http.client
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigie.backends.postgres import ensure_database, prepare_cluster
from vigie.backends.postgres.connections import address_without_person
from vigie.backends.processes import Action, Child, Lifetime, Step
from vigie.config.environment import child_environment
from vigie.config.home import ensure_secret, home_of
from vigie.config.schema import ProcessKind, Settings

_MIGRATE_SECONDS: Final = 3600.0
_WEB_START_SECONDS: Final = 60.0
_SPARE_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One of our own processes: its command and what the supervisor must know about it."""

    name: str
    kind: ProcessKind
    command: Callable[[Settings], tuple[str, ...]]
    lifetime: Lifetime = Lifetime.STAYS
    opens_media: bool = False
    """Whether it needs the passphrase of the keys; the matcher and the migration do not get it."""
    speaks: bool = False
    """Whether what it prints is for the person who watches, and not for its log."""
    ready: Callable[[Settings], bool] | None = None
    ready_within: float = 60.0
    stop_within: Callable[[Settings], float] = lambda _: 30.0


def _vigie(*arguments: str) -> Callable[[Settings], tuple[str, ...]]:
    return lambda _: (sys.executable, "-m", "vigie", *arguments)


def _web_command(settings: Settings) -> tuple[str, ...]:
    """Granian with one worker: a second would double the database pool; threads serve waiting requests."""
    return (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", str(settings.address), "--port", str(settings.port)),
        *("--workers", "1", "--blocking-threads", str(settings.web_threads)),
        # above the longest request: a shorter one cuts an upload in the middle of its answer (tried with 2 s)
        *("--workers-kill-timeout", str(settings.web_longest_request + _SPARE_SECONDS)),
        *("--log-level", "warning"),
        "vigie.interfaces.web.wsgi:application",
    )


def web_answers(settings: Settings) -> bool:
    """Whether the web server gives an answer that is not a failure of its own.

    Asked over HTTP, not by a bare connection: Granian listens before its worker has loaded the application.
    """
    host = "::1" if settings.address.version == 6 else "127.0.0.1"
    if not settings.address.is_unspecified:
        host = str(settings.address)
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("HEAD", "/sign-in/", headers={"Host": settings.allowed_hosts[0]})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


MIGRATION: Final = Part(
    "migrate",
    ProcessKind.MIGRATE,
    _vigie("migrate"),
    lifetime=Lifetime.RUNS_ONCE,
    ready_within=_MIGRATE_SECONDS,
)
PARTS: Final = (
    MIGRATION,
    Part("matcher", ProcessKind.MATCHER, _vigie("matcher")),
    Part(
        "web",
        ProcessKind.WEB,
        _web_command,
        opens_media=True,
        ready=web_answers,
        ready_within=_WEB_START_SECONDS,
        stop_within=lambda settings: settings.web_longest_request + 2.0 * _SPARE_SECONDS,
    ),
    Part("worker", ProcessKind.WORKER, _vigie("worker"), opens_media=True),
)


def steps_of(settings: Settings, parts: Sequence[Part]) -> tuple[Step, ...]:
    """Everything to start: the database server unless another is named, its roles, then the parts in order.

    The matcher is left out where others, with homes of their own, answer for parts of known media. Call it with the
    home's lock held. Raises SetupProblem when the database server cannot be prepared.
    """
    home = home_of(settings)
    ensure_secret(home, "django-key")
    server: tuple[Step, ...] = ()
    if settings.database_url is None:
        cluster = prepare_cluster(home, connections=settings.database_connections)
        server = (cluster.child(),)
    roles = Action("roles", lambda: ensure_database(settings))
    started = (part for part in parts if not (part.kind is ProcessKind.MATCHER and settings.matcher_homes))
    return (*server, roles, *(child_of(part, settings, home.log) for part in started))


def child_of(part: Part, settings: Settings, log: Path) -> Child:
    """The part as a child process of this installation."""
    ready = part.ready
    url = address_without_person(settings)
    if part.kind is ProcessKind.MIGRATE and settings.database_url is not None:
        url = settings.database_url.get_secret_value()
    return Child(
        name=part.name,
        command=part.command(settings),
        environment=child_environment(settings, part.kind, database_url=url),
        inherits=(settings.passphrase_fd,) if part.opens_media and settings.passphrase_fd else (),
        lifetime=part.lifetime,
        ready=None if ready is None else lambda: ready(settings),
        ready_within=part.ready_within,
        stop_ladder=((signal.SIGTERM, part.stop_within(settings)),),
        log=None if part.speaks else log / f"{part.name}.log",
    )
