"""`vigie keys`: the wrapping keys of this installation, and its recovery key."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from vigie.backends.keys import (
    FILE_MODE,
    FileKeys,
    KeyMissing,
    KeyProvider,
    KeyProviderError,
    RecoveryKeyMistyped,
    WrongRecoveryKey,
    routed,
    token_providers,
)
from vigie.backends.postgres.holdings import Holder, holders, key_uses
from vigie.backends.processes import holder
from vigie.config.home import home_of
from vigie.config.passphrase import read_passphrase, read_secret_text
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings, load_settings
from vigie.interfaces.cli.exits import Exit
from vigie.interfaces.cli.progress import Progress, ProgressOption
from vigie.interfaces.cli.running import print_facts, set_up_django, with_database
from vigie.interfaces.cli.scrub import as_custodian, opened_vault
from vigie.interfaces.cli.up import with_passphrase

keys = typer.Typer(no_args_is_help=True, help="Look after the keys of this installation.")
_SAFE = "No key was changed."
_SEE_LIST = "`vigie keys list` shows what there is."
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@keys.command("check-recovery")
def check_recovery(
    recovery: Annotated[str, typer.Option(prompt="Recovery key", hide_input=True)],
) -> None:
    """Type the recovery key in, to prove that what is on paper opens the keys; `vigie doctor` stops warning."""
    opened = _folder(load_settings())
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
    typer.echo(_folder(load_settings()).new_recovery_key())


@keys.command("change-passphrase")
def change_passphrase(
    new_fd: Annotated[int | None, typer.Option(help="Read the new passphrase from this descriptor.")] = None,
    recovery_fd: Annotated[
        int | None, typer.Option(help="Read the recovery key from this descriptor, with --with-recovery.")
    ] = None,
    *,
    with_recovery: Annotated[
        bool, typer.Option("--with-recovery", help="The old passphrase is lost: open with the recovery key.")
    ] = False,
) -> None:
    """Open the keys with a new passphrase from now on; older copies of the key folder keep theirs."""
    settings = load_settings()
    if with_recovery:
        try:
            text = read_secret_text("Recovery key", recovery_fd)
            folder = FileKeys.open_with_recovery(home_of(settings).keys, text)
        except (RecoveryKeyMistyped, KeyProviderError) as error:
            raise SetupProblem(
                f"The keys do not open: {error}.", safe=_SAFE, remedy="Check each group of the paper."
            ) from error
    else:
        folder = _folder(settings)
    folder.change_passphrase(read_secret_text("New passphrase", new_fd, twice=True))
    typer.echo("The passphrase was changed. Restart the system with the new one.", err=True)


@keys.command("add-country")
def add_country(country: str) -> None:
    """Make the wrapping key of a country and this year: its media can be stored from now on."""
    typer.echo(_changed(lambda: _keys(load_settings()).create(country, datetime.now(UTC).year)))


@keys.command("list")
def list_keys(*, as_json: JsonOption = False) -> None:
    """List each country with the mode of its keys, the ids of those that open something, and what the mode promises."""
    settings = load_settings()
    folder = _folder(settings)
    found: dict[str, dict[str, Any]] = {}
    for key_id in folder.ids():
        country = key_id.partition("-")[0]
        found.setdefault(country, {"mode": "file", "keys": [], "answers": True})["keys"].append(key_id)
    for country, token in token_providers(settings, folder).items():
        row = found.setdefault(country, {"keys": []})
        row |= {"mode": "pkcs11", "token": settings.pkcs11[country].token, "answers": True}
        try:
            row["keys"] += token.ids()
        except KeyMissing as error:
            row |= {"answers": False, "why": str(error)}
    sentences = [_said(country, row) for country, row in sorted(found.items())]
    in_file = sorted(country for country, row in found.items() if row["mode"] == "file")
    if in_file:
        typer.echo(f"Mode file ({', '.join(in_file)}): {FILE_MODE}.", err=True)
    print_facts({"countries": found, "mode_file": FILE_MODE if in_file else ""}, sentences, as_json=as_json)


@keys.command("rotate")
def rotate(country: str) -> None:
    """Make a new wrapping key for a country; a job moves every data key to it while everything works.

    Older keys go on opening until `vigie keys destroy`. A country that was given a token moves there.
    """
    settings = load_settings()
    made: list[str] = []

    def work() -> None:
        provider = _keys(settings)
        made.append(_changed(lambda: provider.rotate(country, datetime.now(UTC).year)))
        set_up_django()
        from vigie.rooms.media.operations import rewrap_later

        for unit in _of(settings, country):
            as_custodian(unit, rewrap_later)

    with_database(settings, "rotate", work)
    typer.echo(made[0])
    typer.echo(
        f"A job moves the data keys of {country} to {made[0]}; `vigie keys rewrap {country}` does it here.",
        err=True,
    )


@keys.command("rewrap")
def rewrap(country: str, *, as_json: JsonOption = False, no_progress: ProgressOption = False) -> None:
    """Move every data key of a country to its newest wrapping key, here and now; may be cut and run again."""
    settings = with_passphrase(load_settings())
    facts: dict[str, Any] = {}

    def work() -> None:
        units, moved = _of(settings, country), 0
        with opened_vault(settings), Progress("Moved", 0, quiet=no_progress) as progress:
            from vigie.rooms.media.operations import rewrap_some

            began = time.monotonic()
            for unit in units:
                left = True
                while left:
                    step = as_custodian(unit, rewrap_some)
                    left, moved = step.left, moved + step.moved
                    progress.step(step.moved)
        seconds = time.monotonic() - began
        facts.update(moved=moved, seconds=round(seconds, 2), per_s=round(moved / seconds, 1))

    with_database(settings, "rewrap", work)
    said = f"{facts['moved']} data keys of {country} were moved in {facts['seconds']} s ({facts['per_s']}/s)."
    print_facts({"country": country, **facts}, [said], as_json=as_json)


@keys.command("destroy")
def destroy(key_id: str) -> None:
    """Make everything wrapped by a key unreadable for good; refused while a data key needs it, or the system runs."""
    settings = load_settings()
    number = holder(home_of(settings).lock_file)
    if number is not None:
        raise SetupProblem(
            f"The system runs (process {number}), and may be wrapping a data key with {key_id} at this moment.",
            safe=_SAFE,
            remedy="Stop it with `vigie down` (on every machine), then try again.",
        )

    def work() -> None:
        used = key_uses(settings).get(key_id, 0)
        if used:
            raise SetupProblem(
                f"{used} data keys are wrapped by {key_id}: without it their media could never be opened again.",
                safe=_SAFE,
                remedy=f"Move them first: `vigie keys rotate {key_id.partition('-')[0]}`.",
            )
        _changed(lambda: _keys(settings).destroy(key_id))

    with_database(settings, "destroy", work)
    typer.echo(f"{key_id} was destroyed. Copies of it in backups end with the backups.", err=True)


@keys.command("uses")
def uses(*, as_json: JsonOption = False) -> None:
    """Say how many data keys each wrapping key wraps."""
    settings = load_settings()
    found: dict[str, int] = {}
    with_database(settings, "uses", lambda: found.update(key_uses(settings)))
    sentences = [f"{key_id}  {count}" for key_id, count in found.items()] or ["Nothing is wrapped yet."]
    print_facts({"keys": found}, sentences, as_json=as_json)
    raise typer.Exit(Exit.OK)


def _of(settings: Settings, country: str) -> list[Holder]:
    return [one for one in holders(settings) if one.country == country]


def _said(country: str, row: dict[str, Any]) -> str:
    where = "file" if row["mode"] == "file" else f"PKCS#11 token {row['token']!r}"
    state = "" if row["answers"] else f"  CLOSED: {row['why']}"
    return f"{country}  {where}  {' '.join(row['keys'])}{state}"


def _changed(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (KeyProviderError, ValueError) as error:
        raise SetupProblem(f"{error}.", safe=_SAFE, remedy=_SEE_LIST) from error


def _keys(settings: Settings) -> KeyProvider:
    return routed(settings, _folder(settings))


def _folder(settings: Settings) -> FileKeys:
    home = home_of(settings)
    try:
        return FileKeys.open(home.keys, read_passphrase(settings, home))
    except (OSError, KeyProviderError) as error:
        raise SetupProblem(
            f"The keys do not open: {error}.", safe=_SAFE, remedy="Try the passphrase again."
        ) from error
