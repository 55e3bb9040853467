"""`vigie keys`: the wrapping keys of this installation, and its recovery key."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from vigie.backends.keys import FileKeys, KeyProviderError, RecoveryKeyMistyped, WrongRecoveryKey
from vigie.config.home import home_of
from vigie.config.passphrase import read_passphrase
from vigie.config.problems import SetupProblem
from vigie.config.schema import load_settings

keys = typer.Typer(no_args_is_help=True, help="Look after the keys of this installation.")
_SAFE = "No key was changed."


@keys.command("check-recovery")
def check_recovery(
    recovery: Annotated[str, typer.Option(prompt="Recovery key", hide_input=True)],
) -> None:
    """Type the recovery key in, to prove that what is on paper opens the keys; `vigie doctor` stops warning."""
    opened = _open()
    try:
        opened.check_recovery(recovery, datetime.now(UTC))
    except (RecoveryKeyMistyped, WrongRecoveryKey) as error:
        raise SetupProblem(
            f"This is not the recovery key: {error}.",
            safe=_SAFE,
            remedy="Check each group; if the paper is lost, make a new one with `vigie keys new-recovery`.",
        ) from error
    typer.echo("The recovery key is right.", err=True)


@keys.command("new-recovery")
def new_recovery() -> None:
    """Make a new recovery key, shown once; the one before opens nothing any more."""
    typer.echo(_open().new_recovery_key())


@keys.command("add-country")
def add_country(country: str) -> None:
    """Make the wrapping key of a country and this year: its media can be stored from now on."""
    try:
        made = _open().create(country, datetime.now(UTC).year)
    except (KeyProviderError, ValueError) as error:
        raise SetupProblem(str(error), safe=_SAFE, remedy="`vigie keys list` shows what there is.") from error
    typer.echo(made)


@keys.command("list")
def list_countries() -> None:
    """List the countries whose media this installation can store and open."""
    for country in sorted(_open().countries()):
        typer.echo(country)


def _open() -> FileKeys:
    settings = load_settings()
    home = home_of(settings)
    try:
        return FileKeys.open(home.keys, read_passphrase(settings, home))
    except (OSError, KeyProviderError) as error:
        raise SetupProblem(
            f"The keys do not open: {error}.", safe=_SAFE, remedy="Try the passphrase again."
        ) from error
