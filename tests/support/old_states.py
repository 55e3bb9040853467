"""What an earlier version left behind, made by that version itself, and put back for this one to take over.

`python tests/support/old_states.py make COMMIT` writes `tests/upgrades/COMMIT.tar.xz`. Its keys and passwords are those of
a throw-away installation that lived for a minute, and its pictures are drawn.
"""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STATES = ROOT / "tests" / "upgrades"
BUILD = Path("src") / "vigie" / "interfaces" / "web" / "static" / "build"


@dataclasses.dataclass(frozen=True)
class OldState:
    """An earlier installation, unpacked: its home as it stood, its database as an archive, and what it held."""

    home: Path
    archive: Path
    picture: Path
    """The first of the pictures that were handed in."""
    rows: dict[str, int]
    """Rows of each table."""
    checkpoint: str
    """The newest signed state of its log."""


def make(commit: str) -> Path:
    """An installation made, used and written out by the program of this commit is kept as a file; returns it."""
    from vigie.backends.postgres.dumps import dump_binaries

    pg_dump = str(dump_binaries(180_000).program("pg_dump"))
    with tempfile.TemporaryDirectory(prefix="vigie-old-") as folder:
        tree, made = Path(folder) / "tree", Path(folder) / "made"
        made.mkdir()
        _git("worktree", "add", "--detach", str(tree), commit)
        try:
            if not (tree / BUILD).exists() and (ROOT / BUILD).exists():
                shutil.copytree(ROOT / BUILD, tree / BUILD)  # scripts and styles: nothing of what is kept
            maker = [sys.executable, "-P", str(Path(__file__).with_name("old_state_maker.py"))]
            subprocess.run([*maker, str(made), pg_dump], cwd=tree, env=_only(tree), check=True)
        finally:
            _git("worktree", "remove", "--force", str(tree))
        return _packed(made, STATES / f"{commit}.tar.xz")


def unpacked(state: Path, folder: Path) -> OldState:
    """The earlier installation lies in this folder; nothing of it runs yet."""
    with tarfile.open(state) as tar:
        tar.extractall(folder, filter="data")
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    (folder / "home").chmod(0o711)
    return OldState(
        folder / "home", folder / "database", folder / "picture.jpg", facts["rows"], facts["checkpoint"]
    )


def take_over(archive: Path) -> dict[str, Any]:
    """The database of the installation of VIGIE_HOME was as the earlier version left it, and `vigie migrate` has run.

    Returns what is there now: rows of each table, whether each table's walls are forced, and its policies.
    """
    from vigie.backends.postgres.connections import admin_parameters
    from vigie.backends.postgres.dumps import dump_binaries, restored
    from vigie.backends.postgres.roles import administrator
    from vigie.backends.processes import Action
    from vigie.config.home import home_of, prepare_home
    from vigie.config.schema import load_settings
    from vigie.interfaces.cli.running import run_steps
    from vigie.interfaces.cli.system import MIGRATION, child_of, steps_of

    settings = load_settings()
    prepare_home(home_of(settings))
    found: dict[str, Any] = {}

    def reach() -> dict[str, str]:
        return {**admin_parameters(settings), "dbname": settings.database_name}

    def bring() -> None:
        with administrator(reach()) as connection:
            binaries = dump_binaries(connection.info.server_version)
        with archive.open("rb") as file, restored(binaries, reach()) as database:
            shutil.copyfileobj(file, database)

    def look() -> None:
        with administrator(reach()) as connection:
            walls = connection.execute(
                "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class JOIN pg_tables "
                "ON relname = tablename AND schemaname = 'public' WHERE relkind = 'r' ORDER BY relname"
            ).fetchall()
            for table, forced in walls:
                rows = connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()
                policies = connection.execute(
                    "SELECT policyname FROM pg_policies WHERE tablename = %s ORDER BY policyname", [table]
                ).fetchall()
                assert rows is not None
                found[table] = {"rows": rows[0], "forced": forced, "policies": [name for (name,) in policies]}

    log = home_of(settings).log
    run_steps(
        settings,
        [
            *steps_of(settings, []),
            Action("database", bring),
            child_of(MIGRATION, settings, log),
            Action("look", look),
        ],
    )
    return found


def _only(tree: Path) -> dict[str, str]:
    """The environment in which that version's own code is the only one there is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIGIE_", "DJANGO_"))}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(tree / "src"), str(tree / "tests")])}


def _packed(folder: Path, place: Path) -> Path:
    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return member

    place.parent.mkdir(exist_ok=True)
    with tarfile.open(place, "w:xz", preset=9) as tar:
        for one in sorted(folder.iterdir()):
            tar.add(one, one.name, filter=plain)
    return place


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)


if __name__ == "__main__":
    act, given = sys.argv[1:3]
    if act == "make":
        sys.stdout.write(f"{make(given)}\n")
    else:
        sys.stdout.write(json.dumps(take_over(Path(given))))
