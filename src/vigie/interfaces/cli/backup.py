"""`vigie backup`: copies of this installation that are useless without their keys."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from vigie.backends import backup as backups
from vigie.backends.backup import BackupDamaged, IdentityRefused, Medium, RecipientRefused, Taken
from vigie.config.home import home_of
from vigie.config.passphrase import read_secret_text
from vigie.config.problems import SetupProblem
from vigie.config.schema import load_settings
from vigie.interfaces.cli.exits import Exit
from vigie.interfaces.cli.progress import Progress, ProgressOption
from vigie.interfaces.cli.running import print_facts, program_version, set_up_django, with_database


class _TakesByDefault(TyperGroup):
    """`vigie backup FOLDER` takes a backup; the words below it are commands of their own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["take", *args]
        return super().parse_args(ctx, args)


backup = typer.Typer(
    cls=_TakesByDefault,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keep a copy that is useless without its keys: `vigie backup FOLDER`.",
)
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
IdentityOption = Annotated[
    Path | None, typer.Option("--identity", help="The identity file that `new-identity` wrote.")
]
DescriptorOption = Annotated[
    int | None,
    typer.Option("--identity-passphrase-fd", help="Read the identity's passphrase from this descriptor."),
]


@backup.command("take")
def take(
    folder: Path,
    recipient: Annotated[
        list[str] | None, typer.Option(help="Seal to this age recipient; may be given more than once.")
    ] = None,
    checkpoint_out: Annotated[
        Path | None, typer.Option(help="Write the log's last checkpoint here, to be kept elsewhere.")
    ] = None,
    *,
    as_json: JsonOption = False,
    no_progress: ProgressOption = False,
) -> None:
    """Keep the installation as it is now: database, sealed media, keys and settings, read back afterwards."""
    settings = load_settings()
    recipients = tuple(recipient or settings.backup_recipients)
    if not recipients:
        raise SetupProblem(
            "No recipient is named, so nobody could open the backup.",
            safe="Nothing was written.",
            remedy="Make one with `vigie backup new-identity FILE`, keep the file elsewhere, and name its recipient in backup_recipients.",
        )
    taken: list[Taken] = []

    def work() -> None:
        set_up_django()
        from vigie.kernel import sequencer
        from vigie.kernel.actors import utc_now
        from vigie.kernel.opening import read_checkpoint_key

        key = read_checkpoint_key(home_of(settings))
        sequencer.sequence()
        sequencer.sign(key, now=utc_now())  # so that the checkpoint of the backup covers what it holds
        with Progress("Copied", 0, quiet=no_progress) as progress:
            taken.append(
                backups.take(
                    settings,
                    medium,
                    recipients=recipients,
                    key=key,
                    program=program_version(),
                    now=datetime.now(UTC),
                    step=lambda _name, _size: progress.step(),
                )
            )

    with problems_told():
        medium = Medium.prepared(folder)
        with_database(settings, "backup", work)
    _tell_taken(taken[0], folder, as_json=as_json)
    if checkpoint_out is not None and taken[0].manifest.log.checkpoint:
        checkpoint_out.write_text(taken[0].manifest.log.checkpoint, encoding="utf-8")
    raise typer.Exit(Exit.PARTLY_DONE if taken[0].manifest.missing else Exit.OK)


@backup.command("verify")
def verify(
    folder: Path,
    snapshot: Annotated[str, typer.Option(help="Which backup; the newest unless one is named.")] = "",
    identity: IdentityOption = None,
    identity_passphrase_fd: DescriptorOption = None,
    key: Annotated[str, typer.Option(help="The log's public key, from a place you trust.")] = "",
    *,
    as_json: JsonOption = False,
    no_progress: ProgressOption = False,
) -> None:
    """Read a whole backup again and say whether it is as it was written; with the identity, open it too."""
    with problems_told():
        medium = Medium.found(folder)
        name = snapshot or medium.newest()
        manifest = trusted_manifest(medium, name, key)
        opened = read_identity(identity, identity_passphrase_fd) if identity is not None else None
        with Progress("Read", manifest.objects, quiet=no_progress) as progress:
            found = backups.verify(medium, name, identity=opened, step=lambda _name, _size: progress.step())
    facts = {
        "backup": name,
        "whole": found.whole,
        "objects": found.objects,
        "damaged": list(found.damaged),
        "missing_when_taken": list(manifest.missing),
        "opened": found.opened,
        "log_size": manifest.log.size,
        "log_root": manifest.log.root,
        "key": manifest.key,
    }
    sentences = [
        f"{name}: {found.objects} of {manifest.objects} objects read back as they were written.",
        *(f"Damaged: {one}" for one in found.damaged),
        *(f"Missing already when it was taken: {one}" for one in manifest.missing),
        "Database and secrets open with the identity." * (found.opened and not found.damaged)
        or "Without the identity it was read, not opened.",
        f"Log: {manifest.log.size} entries, root {manifest.log.root}.",
    ]
    print_facts(facts, sentences, as_json=as_json)
    raise typer.Exit(Exit.OK if found.whole else Exit.FAILURE)


@backup.command("list")
def list_backups(folder: Path, *, as_json: JsonOption = False) -> None:
    """List the whole backups of a folder, oldest first."""
    with problems_told():
        medium = Medium.found(folder)
        found = [medium.manifest(name) for name in medium.names()]
    facts = {
        "backups": [
            {
                "backup": one.name,
                "objects": one.objects,
                "bytes": one.object_bytes,
                "log_size": one.log.size,
                "log_root": one.log.root,
            }
            for one in found
        ]
    }
    lines = [f"{one.name}  {one.objects} objects, log of {one.log.size} entries" for one in found]
    print_facts(facts, lines or ["There is no whole backup."], as_json=as_json)


@backup.command("prune")
def prune(
    folder: Path,
    days: Annotated[int, typer.Option(min=1, help="Backups older than so many days go.")] = 30,
    *,
    as_json: JsonOption = False,
) -> None:
    """Remove old backups, the newest apart, and the objects no other needs: what was erased is then gone for good."""
    with problems_told():
        medium = Medium.found(folder)
        with medium.locked():
            names, objects = medium.prune(datetime.now(UTC) - timedelta(days=days))
    said = f"{len(names)} backups and {objects} objects were removed."
    print_facts({"removed": names, "objects": objects}, [said], as_json=as_json)


@backup.command("new-identity")
def new_identity(
    file: Path,
    passphrase_fd: Annotated[
        int | None, typer.Option(help="Read its passphrase from this descriptor.")
    ] = None,
) -> None:
    """Make the key that opens backups, sealed by a passphrase, and print the recipient to name in settings.

    Keep the file and its passphrase away from this machine: who has both, and the passphrase of the installation or
    its recovery key, opens everything a backup holds.
    """
    passphrase = read_secret_text("Passphrase of the new identity", passphrase_fd, twice=True)
    recipient, sealed = backups.identity_made(passphrase)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SetupProblem(
            f"{file} cannot be written: {error}.",
            safe="No identity was made.",
            remedy="Name a file that does not exist yet.",
        ) from error
    with os.fdopen(handle, "wb") as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    typer.echo(recipient)


@backup.command("erasures")
def erasures(out: Path) -> None:
    """Write down what was erased, to be kept apart from backups: `vigie restore --erasures` erases it again."""
    settings = load_settings()
    written: list[int] = []
    with problems_told():
        with_database(
            settings,
            "erasures",
            lambda: written.append(backups.write_erasures(settings, out, datetime.now(UTC))),
        )
    typer.echo(f"{written[0]} erasures were written to {out}.", err=True)


def read_identity(file: Path, descriptor: int | None) -> backups.Identity:
    """The identity in the file, its passphrase read or asked for; `IdentityRefused`."""
    return backups.opened_identity(
        file.read_bytes(), lambda: read_secret_text("Passphrase of the identity", descriptor)
    )


def trusted_manifest(medium: Medium, name: str, key: str) -> backups.Manifest:
    """The manifest, signed by the key of the installation that is trusted when one is named; `BackupDamaged`."""
    manifest = medium.manifest(name)
    if key and manifest.key != key:
        raise BackupDamaged(f"{name} was signed by {manifest.key}, not by the key you trust")
    return manifest


@contextmanager
def problems_told() -> Iterator[None]:
    """What a backup answers with becomes words for the person at the keyboard."""
    try:
        yield
    except BackupDamaged as error:
        raise SetupProblem(
            f"This backup cannot be trusted: {error}.",
            safe="It was not changed, and neither was anything else.",
            remedy="Use an older one (`vigie backup list`), or another copy of the folder.",
        ) from error
    except (RecipientRefused, IdentityRefused) as error:
        raise SetupProblem(
            f"The backup's key was not accepted: {error}.",
            safe="Nothing was written.",
            remedy="Compare it with what `vigie backup new-identity` printed and wrote.",
        ) from error


def _tell_taken(taken: Taken, folder: Path, *, as_json: bool) -> None:
    manifest = taken.manifest
    facts = {
        "backup": manifest.name,
        "folder": str(folder),
        "objects": manifest.objects,
        "bytes": manifest.object_bytes,
        "copied": taken.copied,
        "copied_bytes": taken.copied_bytes,
        "verified": taken.verified,
        "missing": list(manifest.missing),
        "withdrawn": manifest.withdrawn,
        "log_size": manifest.log.size,
        "log_root": manifest.log.root,
        "signed_size": manifest.log.signed_size,
        "signed_root": manifest.log.signed_root,
    }
    sentences = [
        f"{manifest.name}: {manifest.objects} objects, {taken.copied} of them copied and read back.",
        f"Log: {manifest.log.size} entries, root {manifest.log.root}.",
        *(f"MISSING in the store, so its content does not open: {one}" for one in manifest.missing),
    ]
    print_facts(facts, sentences, as_json=as_json)
