"""The root of the command line: one row per command, imported only when it is called.

`vigie --help` reads nothing but this table, so it answers at once.
"""

import importlib
import resource
import sys
from collections import UserDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from vigie.config.problems import SetupProblem
from vigie.interfaces.cli.exits import Exit


@dataclass(frozen=True, slots=True)
class Row:
    """A command, or a group of commands, and where it lives."""

    name: str
    place: str
    """`module:attribute` of a function, or of a `typer.Typer` for a group."""
    help: str


COMMANDS: Final = (
    Row("hash", "vigie.interfaces.cli.laboratory:hash_files", "Print digests and PDQ of files."),
    Row(
        "match",
        "vigie.interfaces.cli.laboratory:match_files",
        "Say which files are on a list of known media.",
    ),
    Row("demo", "vigie.demo.cli:demo", "Show the system with drawn pictures, in its own home."),
    Row("init", "vigie.interfaces.cli.init:init", "Set up a new installation: keys, database, first unit."),
    Row("up", "vigie.interfaces.cli.up:up", "Start the system and keep it running until it is stopped."),
    Row("down", "vigie.interfaces.cli.up:down", "Stop the running system."),
    Row("doctor", "vigie.interfaces.cli.doctor:doctor", "Look for what is wrong with this installation."),
    Row("migrate", "vigie.interfaces.cli.migrate:migrate", "Give the database the form this version needs."),
    Row("worker", "vigie.interfaces.cli.worker:worker", "Run jobs; `vigie up` starts one."),
    Row("matcher", "vigie.matcher.cli:matcher", "Answer look-ups of known media; `vigie up` starts it."),
    Row("login", "vigie.rooms.accounts.cli:login", "Sign in at a server."),
    Row("logout", "vigie.rooms.accounts.cli:logout", "End your command-line sign-ins."),
    Row("unit", "vigie.rooms.units.cli:unit", "Add countries and units, list whom to call."),
    Row(
        "agreement",
        "vigie.rooms.units.cli:agreement",
        "Make agreements of organisations, suspend and end them.",
    ),
    Row("user", "vigie.rooms.accounts.cli:user", "Add people and give them roles."),
    Row("certificate", "vigie.rooms.accounts.cli:certificate", "Certify people, and end certificates."),
    Row(
        "approvals",
        "vigie.rooms.approvals.cli:approvals",
        "See what waits for a second person, and decide.",
    ),
    Row(
        "case",
        "vigie.rooms.cases.cli:case",
        "Open, list and handle cases; open them to a court.",
    ),
    Row(
        "intake",
        "vigie.rooms.intake.cli:intake",
        "Hand in a folder or an archive under a case and an exhibit.",
    ),
    Row(
        "sealed",
        "vigie.rooms.intake.cli.seals:sealed",
        "List sealed files; open them by a legal authority.",
    ),
    Row("matches", "vigie.rooms.matching.cli:matches", "List new matches of your unit."),
    Row("list", "vigie.rooms.matching.cli:known", "Add known lists, list them, withdraw them."),
    Row(
        "lookup",
        "vigie.rooms.matching.cli.lookups:lookup",
        "Look up the hashes of a list; release look-ups in bulk.",
    ),
    Row("matcher-rebuild", "vigie.matcher.cli:rebuild_index", "Have the index made anew at the next start."),
    Row("bench", "vigie.interfaces.cli.bench:bench", "Measure the program, beside named peers."),
    Row(
        "partner",
        "vigie.rooms.partners.cli:partner",
        "Submit reports and hashes, read opinions, give one.",
    ),
    Row("erasure", "vigie.rooms.retention.cli:erasure", "Erase, list erasures, read their certificates."),
    Row("keys", "vigie.interfaces.cli.keys:keys", "Look after the keys of this installation."),
    Row("audit", "vigie.interfaces.cli.audit:audit", "Verify and export the log; look after its witnesses."),
    Row("witness", "vigie.interfaces.cli.witness:witness", "Witness the log of another body's installation."),
    Row("backup", "vigie.interfaces.cli.backup:backup", "Keep a copy that is useless without its keys."),
    Row("scrub", "vigie.interfaces.cli.scrub:scrub", "Read all stored media and say what is damaged."),
    Row("restore", "vigie.interfaces.cli.restore:restore", "Make an installation from a backup."),
)


def _load(row: Row) -> Any:
    """The row's command as Typer's own object (its command classes are not public names)."""
    module, _, attribute = row.place.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        group = typer.main.get_group(found)
        group.name, group.help = row.name, row.help
        return group
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(row.name, help=row.help)(found)
    return typer.main.get_command(single)


class _Rows(UserDict[str, Any]):
    """Commands by name; looking one up imports it, listing the names does not."""

    def __getitem__(self, name: str) -> Any:
        return _load(super().__getitem__(name))


class _Commands(TyperGroup):
    """The root group, filled from the table."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Rows({row.name: row for row in COMMANDS})

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Typer's signature
        with formatter.section("Commands"):
            formatter.write_dl([(row.name, row.help) for row in COMMANDS])


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # Rich costs 0.1 s at each start
    pretty_exceptions_enable=False,  # a trace with local variables would show case data
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer's callback of an option
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"vigie {version('vigie')}")
        except PackageNotFoundError:
            typer.echo("vigie (run from its source, not installed)")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Vigie: an open, self-hosted victim-identification database."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command; the process ends with its exit code.

    Whatever happens, no core dump is written, by it or by what it starts: memory holds keys and plain bytes.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        app(args=None if arguments is None else list(arguments), prog_name="vigie")
    except SetupProblem as problem:
        report(problem.what, problem.safe, problem.remedy)
        sys.exit(Exit.FAILURE)
    except Exception as error:  # noqa: BLE001 - re-raised unless it is one of the failures a person is told about
        sys.exit(_report_known(error))
    sys.exit(Exit.OK)


def report(what: str, safe: str, remedy: str) -> None:
    """Standard error says what happened, what is safe, and what to do."""
    for line in (what, safe, remedy):
        if line:
            typer.echo(line, err=True)


def _report_known(error: Exception) -> int:
    """The exit code of a refusal or of a database that does not answer; anything else is raised on.

    Django and the kernel are looked up, not imported: if the command did not load them, the error is not theirs.
    """
    if _is_a(error, "vigie.kernel.errors", "VigieError"):
        report(str(getattr(error, "title", "")), str(getattr(error, "detail", "")), "")
        return int(getattr(error, "exit_code", Exit.FAILURE))
    if _is_a(error, "vigie.backends.remote.client", "RemoteProblem"):
        report(str(getattr(error, "title", "")), str(getattr(error, "detail", "")), "")
        return int(getattr(error, "exit_code", Exit.FAILURE))
    if _is_a(error, "psycopg", "OperationalError") or _is_a(error, "django.db.utils", "OperationalError"):
        report(
            f"The database does not answer: {str(error).strip()}",
            "What was already stored was not changed.",
            "Start the system with `vigie up`, then try again; `vigie doctor` says more.",
        )
        return Exit.NETWORK
    raise error


def _is_a(error: Exception, module: str, name: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(error, getattr(loaded, name))
