"""Work that needs the database of this installation, whether or not the system runs."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import typer

from vigie.backends.processes import Action, HomeLock, Step, Supervisor, holder
from vigie.config.environment import choose_django_settings
from vigie.config.home import home_of, prepare_home, remove_socket_folder
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings
from vigie.interfaces.cli.system import steps_of
from vigie.interfaces.cli.up import tell


def with_database(settings: Settings, name: str, work: Callable[[], None]) -> None:
    """The work was done beside the running system, or with a database server that was started for it alone."""
    home = home_of(settings)
    if not (home.keys / "master.json").exists():
        raise SetupProblem(
            f"{home.root} has not been set up.",
            safe="Nothing was started and nothing was changed.",
            remedy="Run `vigie init` first, or name the home folder in VIGIE_HOME.",
        )
    if settings.database_url is not None or holder(home.lock_file) is not None:
        work()
        return
    prepare_home(home)
    run_steps(settings, [*steps_of(settings, []), Action(name, work)])


def run_steps(settings: Settings, steps: Sequence[Step]) -> None:
    """Every step was done in order with the home's lock held, and everything is stopped again. SetupProblem."""
    home = home_of(settings)
    with HomeLock(home.lock_file):
        try:
            if not Supervisor(tell).run_through(steps):
                raise SetupProblem(
                    "It was stopped before its end.",
                    safe="What was already stored was not changed.",
                    remedy="Run it again.",
                )
        finally:
            remove_socket_folder(home)


def set_up_django() -> None:
    """The rooms can be imported; called once the database runs, because its address is read then."""
    choose_django_settings()
    import django

    django.setup()


def program_version() -> str:
    """The version of this program, for what it writes down."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"vigie {version('vigie')}"
    except PackageNotFoundError:
        return "vigie from its source"


def print_facts(facts: dict[str, Any], sentences: Sequence[str], *, as_json: bool) -> None:
    """Standard output says what was done: one document, or sentences."""
    typer.echo(json.dumps(facts) if as_json else "\n".join(sentences))
