"""`vigie doctor`: what is wrong with this installation, and what to do about it."""

import importlib
import json
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Annotated, Final

import typer

from vigie.backends.keys import FILE_MODE, FileKeys, KeyMissing, KeyStoreDamaged, token_providers
from vigie.backends.postgres.binaries import find_binaries
from vigie.backends.postgres.health import examine_database
from vigie.backends.postgres.identity import server_identity
from vigie.backends.processes import holder
from vigie.config.environment import own_environment
from vigie.config.home import home_of
from vigie.config.problems import Finding, SetupProblem, Weight
from vigie.config.schema import Settings, load_settings, unknown_variables
from vigie.interfaces.cli.exits import Exit

Check = Callable[[Settings], Iterable[Finding]]

CHECKS: Final = (
    "vigie.interfaces.cli.doctor:examine_settings",
    "vigie.interfaces.cli.doctor:examine_home",
    "vigie.interfaces.cli.doctor:examine_keys",
    "vigie.interfaces.cli.doctor:examine_server_programs",
    "vigie.interfaces.cli.doctor:examine_running_system",
    "vigie.interfaces.cli.audit:examine_witnesses",
    "vigie.interfaces.cli.doors:examine_doors",
)
"""What is looked at, `module:function` each; a room adds its check by one line."""

_LEAST_FREE_BYTES: Final = 5 * 1024**3
_MARKS: Final = {Weight.FINE: "ok", Weight.WARNING: "look", Weight.FAILURE: "WRONG"}


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Look for what is wrong with this installation; ends with 1 when something is."""
    settings = load_settings()
    findings = [finding for place in CHECKS for finding in _load(place)(settings)]
    failed = any(finding.weight is Weight.FAILURE for finding in findings)
    if as_json:
        typer.echo(json.dumps({"healthy": not failed, "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            typer.echo(_line(finding))
    raise typer.Exit(Exit.FAILURE if failed else Exit.OK)


def examine_settings(settings: Settings) -> Iterator[Finding]:
    """Whether the environment holds options that do not exist, and secrets lie where others can read them."""
    unknown = unknown_variables(own_environment())
    yield _finding(
        "settings",
        Weight.WARNING,
        f"{', '.join(unknown)} is no option of Vigie and does nothing." if unknown else "",
        fine=f"Profile {settings.profile.value}.",
        remedy="Correct the name, or remove it from the environment.",
    )
    file = home_of(settings).settings_file
    open_to_others = file.exists() and bool(stat.S_IMODE(file.stat().st_mode) & 0o077)
    yield _finding(
        "settings file",
        Weight.FAILURE,
        f"{file} can be read by other users and may hold a password." if open_to_others else "",
        fine="Closed to other users, or absent.",
        remedy=f"chmod 600 {file}",
    )


def examine_home(settings: Settings) -> Iterator[Finding]:
    """Whether the home folder is there, closed to others, and has room."""
    home = home_of(settings)
    if not home.root.is_dir():
        yield Finding(
            "home folder", Weight.WARNING, f"{home.root} does not exist yet.", "`vigie up` makes it."
        )
        return
    opened = [
        str(folder)
        for folder in home.private_folders
        if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077
    ]
    yield _finding(
        "home folder",
        Weight.FAILURE,
        f"{', '.join(opened)} can be entered by other users." if opened else "",
        fine=f"{home.root} is closed to other users.",
        remedy="Start `vigie up` once, which closes them, and find out who opened them.",
    )
    free = shutil.disk_usage(home.root).free
    yield _finding(
        "free space",
        Weight.WARNING,
        f"{free / 1024**3:.1f} GiB are free below {home.root}." if free < _LEAST_FREE_BYTES else "",
        fine=f"{free / 1024**3:.0f} GiB.",
        remedy="Make room, or move the home folder to a larger disk.",
    )


def examine_keys(settings: Settings) -> Iterator[Finding]:
    """Whether the recovery key was tried, which countries' keys lie in the folder, and whether each token answers."""
    home = home_of(settings)
    if not (home.keys / "master.json").exists():
        return
    folder = FileKeys(home.keys, b"")  # what is asked here needs no passphrase
    try:
        unchecked = folder.recovery_checked() is None
    except KeyStoreDamaged as error:
        yield Finding(
            "recovery key", Weight.FAILURE, f"{error}.", "Restore `keys` from a backup before anything else."
        )
        return
    yield _finding(
        "recovery key",
        Weight.WARNING,
        "Nobody has proven yet that the paper with it is right." if unchecked else "",
        fine="Typed in once and found right.",
        remedy="vigie keys check-recovery",
    )
    own = sorted({key_id.partition("-")[0] for key_id in folder.ever()} - settings.pkcs11.keys())
    if own:
        yield Finding("keys in mode file", Weight.FINE, f"{', '.join(own)}: {FILE_MODE}")
    for country, keys in token_providers(settings, folder).items():
        try:
            said = f"{country}: {keys.newest(country)} in the token {settings.pkcs11[country].token!r}."
            yield Finding(f"token of {country}", Weight.FINE, said)
        except KeyMissing as error:
            yield Finding(
                f"token of {country}",
                Weight.FAILURE,
                f"{error}. Media of {country} stay closed; other countries and matching go on.",
                "Plug it in, check module, label and PIN in vigie.toml; `vigie keys add-country` makes a first key.",
            )


def examine_server_programs(settings: Settings) -> Iterator[Finding]:
    """Whether the embedded database has its programs and a user of its own."""
    if settings.database_url is not None:
        return
    try:
        data = home_of(settings).postgres / "data"
        found, identity = find_binaries(data), server_identity(data)
    except SetupProblem as problem:
        yield Finding("database programs", Weight.FAILURE, problem.what, problem.remedy)
        return
    yield Finding("database programs", Weight.FINE, f"PostgreSQL {found.version} in {found.folder}")
    shared = identity is not None and identity.name == "nobody"
    yield _finding(
        "database user",
        Weight.WARNING,
        "The database runs as nobody, who may own other programs of this machine too." if shared else "",
        fine="The database runs as a user of its own, or as you.",
        remedy="useradd --system --shell /usr/sbin/nologin vigie, stop Vigie, chown -R that user the data folder.",
    )


def examine_running_system(settings: Settings) -> Iterator[Finding]:
    """Whether the system runs and what its database says."""
    home = home_of(settings)
    number = holder(home.lock_file)
    if number is None and settings.database_url is None:
        yield Finding("system", Weight.WARNING, "It does not run, so its database was not asked.", "vigie up")
        return
    yield Finding(
        "system", Weight.FINE, f"Runs as process {number}." if number else "Runs on other machines only."
    )
    yield from examine_database(settings)


def _load(place: str) -> Check:
    module, _, name = place.partition(":")
    check: Check = getattr(importlib.import_module(module), name)
    return check


def _finding(subject: str, weight: Weight, fault: str, *, fine: str, remedy: str) -> Finding:
    return Finding(subject, weight, fault, remedy) if fault else Finding(subject, Weight.FINE, fine)


def _line(finding: Finding) -> str:
    advice = f" → {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.weight]:<5}  {finding.subject}: {finding.what}{advice}"
