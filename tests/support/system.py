"""`vigie up` with tiny children in place of the web server, the worker and the matcher; run as a program.

Everything else is the real thing: lock, port, PostgreSQL, roles, supervisor.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import typer

from vigie.backends.postgres import Role, connection_parameters
from vigie.config.home import Home, remove_socket_folder
from vigie.config.problems import SetupProblem
from vigie.config.schema import ProcessKind, Settings, load_settings
from vigie.interfaces.cli.app import report
from vigie.interfaces.cli.system import MIGRATION, Part, web_answers
from vigie.interfaces.cli.up import bring_up, ready_line

if __name__ != "__main__":
    from support.postgres import child_environment

NOTE_ENVIRONMENT = (
    "import json, os, pathlib\n"
    "home = pathlib.Path(os.environ['VIGIE_HOME'])\n"
    "note = home / f\"{os.environ['VIGIE_PROCESS']}.seen\"\n"
    "note.with_suffix('.new').write_text("
    "json.dumps({k: v for k, v in os.environ.items() if k.startswith('VIGIE_')}))\n"
    "note.with_suffix('.new').replace(note)\n"
)
TABLE = (
    "import psycopg\n"
    "from vigie.backends.postgres import Role, connection_parameters\n"
    "from vigie.config.schema import load_settings\n"
    "with psycopg.connect(**connection_parameters(Role.OWNER, load_settings())) as connection:\n"
    "    connection.execute('CREATE TABLE IF NOT EXISTS written (n bigint PRIMARY KEY)')\n"
    "    connection.execute('GRANT SELECT, INSERT ON written TO vigie_app')\n"
)
WEB = (
    "import os, http.server\n"
    "class Answer(http.server.BaseHTTPRequestHandler):\n"
    "    def do_HEAD(self): self.send_response(200); self.end_headers()\n"
    "http.server.HTTPServer(('127.0.0.1', int(os.environ['VIGIE_PORT'])), Answer).serve_forever()\n"
)
STAYS = "import signal\nwhile True: signal.pause()\n"


def _python(code: str) -> Callable[[Settings], tuple[str, ...]]:
    return lambda _: (sys.executable, "-c", NOTE_ENVIRONMENT + code)


PARTS = (
    Part(
        MIGRATION.name, MIGRATION.kind, _python(os.environ.get("TEST_MIGRATION", TABLE)), MIGRATION.lifetime
    ),
    Part("matcher", ProcessKind.MATCHER, _python(STAYS)),
    Part("web", ProcessKind.WEB, _python(WEB), ready=web_answers),
    Part("worker", ProcessKind.WORKER, _python(STAYS)),
)


class RunningSystem:
    """A system started as a process of its own."""

    def __init__(self, process: subprocess.Popen[str], settings: Settings) -> None:
        self.process = process
        self.settings = settings
        self.first_line = ""

    def child_pids(self) -> dict[str, int]:
        """The direct children of the supervisor, by what they are."""
        found = {}
        for pid in direct_children(self.process.pid):
            kind = _variables(pid).get("VIGIE_PROCESS", "postgres")
            found[kind] = pid
        return found

    def all_pids(self) -> set[int]:
        """The supervisor and everything below it."""
        return {self.process.pid} | _descendants(self.process.pid)

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection as the application's role."""
        parameters = connection_parameters(Role.APP, self.settings)
        return psycopg.connect(**parameters, autocommit=True, connect_timeout=5)  # type: ignore[arg-type] # one type per keyword


@contextlib.contextmanager
def running_system(home: Home, port: int, **extra: str) -> Iterator[RunningSystem]:
    """The system runs on this home; at the end it is asked to stop, and killed if it does not."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        env=child_environment(VIGIE_HOME=str(home.root), VIGIE_PORT=str(port), **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    system = RunningSystem(process, Settings(home=home.root, port=port))
    try:
        assert process.stdout is not None
        system.first_line = process.stdout.readline()
        yield system
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=60)
        except (subprocess.TimeoutExpired, ValueError):
            process.kill()
            process.wait()
        remove_socket_folder(home)  # a killed system leaves it for its next start


def free_port() -> int:
    """A port nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def living(pids: set[int]) -> set[int]:
    """Those of the processes that have not ended (a zombie has)."""
    return {pid for pid in pids if _state(pid) not in {"", "Z", "X"}}


def seconds_until(condition: Callable[[], object], within: float) -> float:
    """How long it took until the condition held; fails when it takes too long."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, f"not within {within} s"
        time.sleep(0.01)
    return time.monotonic() - began


def direct_children(parent: int) -> set[int]:
    """The children of a process."""
    return {
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal()
        and _parent(int(entry.name)) == parent
        and _state(int(entry.name)) not in {"", "Z"}
    }


def _descendants(parent: int) -> set[int]:
    below = direct_children(parent)
    return below.union(*(_descendants(child) for child in below)) if below else below


def _facts(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return ["", "0"]


def _state(pid: int) -> str:
    return _facts(pid)[0]


def _parent(pid: int) -> int:
    return int(_facts(pid)[1])


def _variables(pid: int) -> Mapping[str, str]:
    try:
        text = Path(f"/proc/{pid}/environ").read_text(errors="replace")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in text.split("\0") if "=" in pair)


if __name__ == "__main__":
    settings = load_settings()
    try:
        bring_up(settings, PARTS, on_ready=lambda: typer.echo(ready_line(settings)))
    except SetupProblem as problem:
        report(problem.what, problem.safe, problem.remedy)
        sys.exit(1)
