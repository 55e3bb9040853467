"""`vigie migrate`: the database gets the form this version needs."""

import typer

from vigie.backends.postgres import ensure_database
from vigie.backends.processes import HomeLock, Supervisor, holder
from vigie.config.environment import choose_django_settings
from vigie.config.home import home_of, prepare_home, remove_socket_folder
from vigie.config.schema import ProcessKind, Settings, load_settings
from vigie.interfaces.cli.system import MIGRATION, child_of, steps_of
from vigie.interfaces.cli.up import refuse_demo_home, tell


def migrate() -> None:
    """Bring the database to the form this version needs; a database that has it already is not changed.

    The embedded server is started for it unless the system runs.
    """
    settings = load_settings()
    if settings.process is ProcessKind.MIGRATE:
        _migrate_here()
        return
    refuse_demo_home(home_of(settings))
    prepare_home(home_of(settings))
    if holder(home_of(settings).lock_file) is not None:
        ensure_database(settings)
        Supervisor(tell).run_through([child_of(MIGRATION, settings, home_of(settings).log)])
    else:
        _migrate_alone(settings)
    typer.echo("The database has the form this version needs.", err=True)


def _migrate_alone(settings: Settings) -> None:
    home = home_of(settings)
    with HomeLock(home.lock_file):
        try:
            Supervisor(tell).run_through(steps_of(settings, [MIGRATION]))
        finally:
            remove_socket_folder(home)


def _migrate_here() -> None:
    choose_django_settings()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
