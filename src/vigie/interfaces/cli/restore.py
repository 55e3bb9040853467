"""`vigie restore`: an installation made from a backup, on a machine that holds nothing yet."""

import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from vigie.backends import backup as backups
from vigie.backends.backup import Identity, Manifest, Medium
from vigie.backends.blobs.durable import replace_file, sync_folder
from vigie.backends.postgres.holdings import sample
from vigie.backends.processes import Action, Step
from vigie.config.home import Home, home_of, prepare_home
from vigie.config.problems import SetupProblem
from vigie.config.schema import ProcessKind, Settings, load_settings
from vigie.engines.proofs import (
    Checkpoint,
    CheckpointRefused,
    KeyTextRefused,
    Tree,
    VerifierKey,
    parse_checkpoint,
    verify_checkpoint,
)
from vigie.interfaces.cli.backup import (
    DescriptorOption,
    IdentityOption,
    JsonOption,
    problems_told,
    read_identity,
    trusted_manifest,
)
from vigie.interfaces.cli.exits import Exit
from vigie.interfaces.cli.progress import Progress, ProgressOption
from vigie.interfaces.cli.running import print_facts, run_steps, set_up_django
from vigie.interfaces.cli.scrub import Report, check_these, opened_vault
from vigie.interfaces.cli.system import MIGRATION, PARTS, child_of, steps_of
from vigie.interfaces.cli.up import with_passphrase

_INDEX_SECONDS = 1800.0
_MARK = b"A restore into this home began and has not ended. `vigie restore` clears it and begins anew.\n"


@dataclass
class _Restoring:
    """One restore: what it works with, and what it found."""

    medium: Medium
    manifest: Manifest
    identity: Identity
    witness: Checkpoint | None
    erasures: list[Any]
    sample_size: int
    quiet: bool
    settings: Settings = field(default_factory=load_settings)
    objects: int = 0
    damaged: tuple[str, ...] = ()
    erased: int = 0
    erased_names: frozenset[str] = frozenset()
    opened: Report = field(default_factory=Report)
    log_size: int = 0

    @property
    def home(self) -> Home:
        return home_of(self.settings)


def restore(
    folder: Path,
    snapshot: Annotated[str, typer.Option(help="Which backup; the newest unless one is named.")] = "",
    identity: IdentityOption = None,
    identity_passphrase_fd: DescriptorOption = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="A checkpoint of the log that was kept elsewhere: an older backup is refused."),
    ] = None,
    key: Annotated[str, typer.Option(help="The log's public key, from a place you trust.")] = "",
    erasures: Annotated[
        Path | None, typer.Option(help="What `vigie backup erasures` wrote: it is erased again.")
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, help="Originals to open by chance; 0 needs no passphrase.")
    ] = 1000,
    *,
    accept_older: Annotated[
        bool,
        typer.Option(
            "--accept-older", help="Restore although the checkpoint shows that entries are missing."
        ),
    ] = False,
    as_json: JsonOption = False,
    no_progress: ProgressOption = False,
) -> None:
    """Make an installation from a backup in an empty home, and prove that it is the one that was kept.

    Everything is read and compared; the log must have the root it had; originals chosen by chance are opened. Ends
    with 6 when objects were damaged on the medium: the rest is restored, and those are named.
    """
    with problems_told():
        medium = Medium.found(folder)
        manifest = trusted_manifest(medium, snapshot or medium.newest(), key)
        backups.check_files(medium.place(manifest.name, "manifest.json").parent, manifest)
        witness = _witness(checkpoint, manifest)
        if witness is not None and not accept_older:
            _require_not_older(manifest, witness)
        work = _Restoring(
            medium=medium,
            manifest=manifest,
            identity=_identity(identity, identity_passphrase_fd),
            witness=witness,
            erasures=backups.read_erasures(erasures) if erasures is not None else [],
            sample_size=sample,
            quiet=no_progress,
        )
        _begin(work)
        run_steps(work.settings, _steps(work))
    work.home.restore_mark.unlink()
    sync_folder(work.home.root)
    _tell(work, as_json=as_json)
    raise typer.Exit(Exit.PARTLY_DONE if work.damaged or work.opened.damaged else Exit.OK)


def _identity(file: Path | None, descriptor: int | None) -> Identity:
    if file is None:
        raise SetupProblem(
            "A backup opens with its identity only.",
            safe="Nothing was restored.",
            remedy="Name the file that `vigie backup new-identity` wrote with --identity.",
        )
    return read_identity(file, descriptor)


def _witness(file: Path | None, manifest: Manifest) -> Checkpoint | None:
    """The checkpoint that was kept elsewhere, its signature checked; SetupProblem."""
    if file is None:
        return None
    try:
        witness = parse_checkpoint(file.read_text(encoding="utf-8"))
        verify_checkpoint(witness, VerifierKey.parse(manifest.key))
    except (OSError, ValueError, CheckpointRefused, KeyTextRefused) as error:
        raise SetupProblem(
            f"{file} is no checkpoint of the installation this backup is of: {error}.",
            safe="Nothing was restored.",
            remedy="Name the right checkpoint. If this is the right one, the backup is of another installation.",
        ) from error
    return witness


def _require_not_older(manifest: Manifest, witness: Checkpoint) -> None:
    if witness.size > manifest.log.size:
        raise SetupProblem(
            f"This is an OLD backup: {manifest.name} ends at entry {manifest.log.size} of the log, and the checkpoint "
            f"kept elsewhere was signed at entry {witness.size}. {witness.size - manifest.log.size} entries are missing.",
            safe="Nothing was restored.",
            remedy="Look for the newer backup: somebody may have put this one in its place. If it is lost, --accept-older restores this one.",
        )


def _begin(work: _Restoring) -> None:
    """The home holds keys and settings, and a mark that keeps everything from starting with it."""
    home = work.home
    if home.restore_mark.exists():
        for left in home.root.iterdir():
            if left != home.restore_mark:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        home.restore_mark.unlink()
    if home.root.exists() and any(path.is_file() for path in home.root.rglob("*")):
        raise SetupProblem(
            f"{home.root} is not empty: a backup is restored to a bare machine.",
            safe="What lies there was not touched.",
            remedy="Name an empty folder in VIGIE_HOME.",
        )
    prepare_home(home)
    replace_file(home.restore_mark, _MARK)
    backups.bring_secrets(work.medium, work.manifest, work.identity, home)
    work.settings = load_settings()
    if work.sample_size:
        work.settings = with_passphrase(work.settings)


def _steps(work: _Restoring) -> Sequence[Step]:
    settings, log = work.settings, work.home.log
    matcher = next(part for part in PARTS if part.kind is ProcessKind.MATCHER)
    listens = work.home.run / "matcher-socket"
    building = dataclasses.replace(
        matcher, ready=lambda _: listens.exists(), ready_within=_INDEX_SECONDS, name="index"
    )
    return [
        *steps_of(settings, []),
        Action("database", lambda: _bring_database(work)),
        child_of(MIGRATION, settings, log),
        Action("objects", lambda: _bring_objects(work)),
        Action("log", lambda: _prove(work)),
        child_of(building, settings, log),
    ]


def _bring_database(work: _Restoring) -> None:
    backups.bring_database(work.settings, work.medium, work.manifest, work.identity)
    if work.erasures:
        work.erased, work.erased_names = backups.erase_again(work.settings, work.erasures)


def _bring_objects(work: _Restoring) -> None:
    with Progress("Copied", work.manifest.objects, quiet=work.quiet) as progress:
        work.objects, work.damaged = backups.bring_objects(
            work.medium,
            work.manifest,
            work.home,
            erased=work.erased_names,
            step=lambda _name, _size: progress.step(),
        )


def _prove(work: _Restoring) -> None:
    """The log is the one that was kept, entry by entry, and media chosen by chance open to their digests."""
    set_up_django()
    from vigie.rooms.oversight.queries import as_stored

    verdict = as_stored.verify(VerifierKey.parse(work.manifest.key))
    if not verdict.ok:
        raise _another_log(f"the restored log is not as signed: {verdict.reason}")
    kept = work.manifest.log
    wanted = [(kept.size, kept.root, "the backup says")]
    if work.witness is not None and work.witness.size <= kept.size:
        wanted.append((work.witness.size, work.witness.root.hex(), "the checkpoint kept elsewhere says"))
    leaves = list(as_stored.leaves())
    if len(leaves) != kept.size:
        raise _another_log(f"it has {len(leaves)} entries and the backup says {kept.size}")
    for size, root, who in wanted:
        found = Tree().extend(leaves[:size]).root().hex()
        if found != root:
            raise _another_log(f"its root at entry {size} is {found}, and {who} {root}")
    work.log_size = len(leaves)
    if work.sample_size:
        chosen = sample(work.settings, work.sample_size)
        with opened_vault(work.settings):
            work.opened = check_these(chosen)


def _another_log(why: str) -> SetupProblem:
    return SetupProblem(
        f"This is not the log that was kept: {why}.",
        safe="The home stays marked as unfinished, so that nothing starts with it.",
        remedy="Take another backup; keep this one, for somebody changed it or its database was damaged before.",
    )


def _tell(work: _Restoring, *, as_json: bool) -> None:
    manifest, opened = work.manifest, work.opened
    equal = opened.opened - len([one for one in opened.damaged if one["what"] == "original"])
    facts = {
        "backup": manifest.name,
        "home": str(work.home.root),
        "objects": work.objects,
        "damaged": list(work.damaged),
        "missing_when_taken": list(manifest.missing),
        "erased_again": work.erased,
        "log_size": work.log_size,
        "log_root": manifest.log.root,
        "root_equal": True,
        "witness_size": work.witness.size if work.witness is not None else None,
        "sample_opened": opened.opened,
        "sample_equal": equal,
        "sample_closed": opened.closed,
    }
    sentences = [
        f"{manifest.name} stands in {work.home.root}: {work.objects} of {manifest.objects} objects.",
        *(f"Damaged on the medium, not brought back: {one}" for one in work.damaged),
        f"Log: {work.log_size} entries, root {manifest.log.root}, equal to the backup's"
        + (" and to the checkpoint kept elsewhere." if work.witness is not None else "."),
        f"{opened.opened} originals were opened by chance; {equal} have the digest of their row.",
        *(
            f"The key of {country} is not here: {count} of the sample stayed closed."
            for country, count in opened.closed.items()
        ),
        f"{work.erased} contents that were erased since were erased again." * bool(work.erasures),
        "Everybody signs in anew. Rights that were ended after the backup was taken stand again: end them first.",
    ]
    print_facts(facts, [one for one in sentences if one], as_json=as_json)
