"""The home folder: where everything an installation keeps has its place."""

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigie.config.problems import SetupProblem
from vigie.config.schema import NOTHING_CHANGED, Settings

DEMO_MARKER: Final = "demonstration"
LONGEST_SOCKET_PATH: Final = 107
"""Bytes of a Unix socket's path (sun_path is 108 bytes with its end mark, unix(7))."""
SOCKET_NAME: Final = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of a home folder; naming a place does not create it."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """The settings file `vigie.toml`."""
        return self.root / "vigie.toml"

    @property
    def postgres(self) -> Path:
        """The embedded PostgreSQL: its data folder and, where needed, a copy of its programs."""
        return self.root / "postgres"

    @property
    def run(self) -> Path:
        """What is true only while the system runs: notes about sockets and processes."""
        return self.root / "run"

    @property
    def secrets(self) -> Path:
        """Generated passwords, one file each, mode 0600."""
        return self.root / "secrets"

    @property
    def blobs(self) -> Path:
        """Encrypted media."""
        return self.root / "blobs"

    @property
    def keys(self) -> Path:
        """Sealed wrapping keys."""
        return self.root / "keys"

    @property
    def index(self) -> Path:
        """Files of the known-media search; they can be rebuilt from the database."""
        return self.root / "index"

    @property
    def uploads(self) -> Path:
        """Parts of uploads that have not been verified yet."""
        return self.root / "uploads"

    @property
    def log(self) -> Path:
        """What the child processes print."""
        return self.root / "log"

    @property
    def lock_file(self) -> Path:
        """The file a running system holds locked."""
        return self.root / "lock"

    @property
    def demo_marker(self) -> Path:
        """The file that makes this the home of a demonstration."""
        return self.root / DEMO_MARKER

    @property
    def restore_mark(self) -> Path:
        """The file that stands here while a restore into this home has not ended well."""
        return self.root / "restore-unfinished"

    @property
    def is_demo(self) -> bool:
        """Whether `vigie demo` made this home."""
        return self.demo_marker.is_file()

    @property
    def socket_note(self) -> Path:
        """The file that names the folder of the embedded PostgreSQL's socket."""
        return self.run / "postgres-socket"

    @property
    def private_folders(self) -> tuple[Path, ...]:
        """The folders only the owner of the home may enter."""
        return (self.run, self.secrets, self.blobs, self.keys, self.index, self.uploads, self.log)


def home_of(settings: Settings) -> Home:
    """The home folder these settings name."""
    return Home(settings.home)


def prepare_home(home: Home) -> None:
    """The home folder and its private folders exist, closed to other users.

    For root the home itself may be passed through (0711), because the embedded PostgreSQL runs as another user.
    Raises SetupProblem when a folder cannot be made, or belongs to somebody else, or when a restore into this home
    did not come to its end.
    """
    if home.restore_mark.exists():
        raise SetupProblem(
            f"A restore into {home.root} did not come to its end, so what lies there is not whole.",
            safe=NOTHING_CHANGED,
            remedy="Run the same `vigie restore` again: it clears what it left and begins anew.",
        )
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(home.root)
        home.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for folder in home.private_folders:
            folder.mkdir(mode=0o700, exist_ok=True)
            _require_own(folder)
            folder.chmod(0o700)
    except OSError as error:
        raise SetupProblem(
            f"The home folder {home.root} cannot be used: {error}.",
            safe="Nothing was started; what the folder already holds was not changed.",
            remedy="Name another folder in VIGIE_HOME, or give this user the right to write there.",
        ) from error


def mark_demo(home: Home) -> None:
    """The home is marked as a demonstration's; `vigie up` refuses it from now on."""
    home.demo_marker.write_text(
        "This home was made by `vigie demo`. It holds nothing real.\n", encoding="utf-8"
    )


def make_socket_folder(home: Home) -> Path:
    """A short private folder for the PostgreSQL socket exists and the home names it; an earlier one is gone.

    A Unix socket's path may have 107 bytes only, so it cannot live below a home folder of any length. The folder has
    a fresh random name each time: in a shared /tmp nobody can prepare it beforehand.
    Raises SetupProblem when no place is short enough.
    """
    remove_socket_folder(home)
    for base in _runtime_bases():
        try:
            folder = Path(tempfile.mkdtemp(prefix="vigie-", dir=base))
        except OSError:
            continue
        if len(os.fsencode(folder / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
            folder.rmdir()
            continue
        home.socket_note.write_text(f"{folder}\n", encoding="utf-8", errors="surrogateescape")
        return folder
    raise SetupProblem(
        "No folder was found for the database's socket: its path may have 107 bytes only.",
        safe=NOTHING_CHANGED,
        remedy="Set XDG_RUNTIME_DIR or TMPDIR to a short, writable folder.",
    )


def socket_folder(home: Home) -> Path | None:
    """The folder of the PostgreSQL socket, or nothing while the database of this home has not been started."""
    try:
        return Path(home.socket_note.read_text(encoding="utf-8", errors="surrogateescape").strip())
    except FileNotFoundError:
        return None


def remove_socket_folder(home: Home) -> None:
    """The socket folder the home names, and the note about it, are gone."""
    folder = socket_folder(home)
    if folder is None:
        return
    clear_socket(home)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    home.socket_note.unlink()


def clear_socket(home: Home) -> None:
    """No socket and no lock file of an earlier server are left in the socket folder."""
    folder = socket_folder(home)
    if folder is None:
        return
    for left in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (folder / left).unlink(missing_ok=True)


def ensure_secret(home: Home, name: str) -> str:
    """The home keeps a secret under this name, made of 256 random bits if it did not; returns it."""
    kept = read_secret(home, name)
    if kept is not None:
        return kept
    return keep_secret(home, name, secrets.token_urlsafe(32))


def keep_secret(home: Home, name: str, fresh: str) -> str:
    """The home keeps this secret under this name, in a file only its owner can read; returns it."""
    place = home.secrets / name
    unfinished = place.with_name(f"{name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(fresh)
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(place)
    return fresh


def read_secret(home: Home, name: str) -> str | None:
    """The secret kept under this name, or nothing when none was made yet."""
    try:
        return (home.secrets / name).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


def _runtime_bases() -> tuple[str, ...]:
    first = os.environ.get("XDG_RUNTIME_DIR") if os.geteuid() else "/run"
    return (*((first,) if first else ()), tempfile.gettempdir(), "/tmp")  # noqa: S108 - mkdtemp makes a private folder in it


def _require_own(folder: Path) -> None:
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        raise PermissionError(f"{folder} belongs to user {owner}, not to user {os.geteuid()}")
