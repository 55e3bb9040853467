"""The home folder of a demonstration: made by `vigie demo` alone, marked before anything else lies in it."""

import json
import os
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final, cast

from vigie.backends.keys import FileKeys, KeyStoreDamaged, WrongPassphrase
from vigie.config.environment import own_environment
from vigie.config.home import Home, ensure_secret, home_of, mark_demo, prepare_home
from vigie.config.passphrase import DEMO_SECRET
from vigie.config.problems import SetupProblem
from vigie.config.schema import NOTHING_CHANGED, Settings, default_demo_home, load_settings
from vigie.demo.plan import Size

LOOPBACK: Final = IPv4Address("127.0.0.1")
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
MATCH_DELAY_SECONDS: Final = 1
"""Owners hear of a match at a random moment of the next minute in a real system; a visitor should not wait that long."""
USUAL_SEED: Final = 1
USUAL_SIZE: Final[Size] = "full"
_WORLD: Final = "world.json"
_LOADED: Final = "world-loaded"


@dataclass(frozen=True)
class World:
    """Which drawn world a home holds: equal seeds and sizes give equal worlds."""

    seed: int
    size: Size


def demo_settings(port: int | None) -> Settings:
    """The settings of a demonstration: its own folder unless VIGIE_HOME names one, this machine only.

    SetupProblem when another address or other host names are wanted: everybody who reached it would be signed in.
    """
    named = own_environment().get("VIGIE_HOME")
    settings = load_settings(home=None if named else default_demo_home())
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    if settings.address != LOOPBACK or not LOOPBACK_NAMES.issuperset(settings.allowed_hosts):
        raise SetupProblem(
            "A demonstration answers on 127.0.0.1 only, because it signs in everybody who asks.",
            safe=NOTHING_CHANGED,
            remedy="Leave VIGIE_ADDRESS and VIGIE_ALLOWED_HOSTS out.",
        )
    return settings


def require_demo_home(home: Home) -> None:
    """The home is a demonstration's, or nothing lies there yet. SetupProblem for any other: its records may be real."""
    if home.is_demo or not home.root.exists() or (home.root.is_dir() and not any(home.root.iterdir())):
        return
    raise SetupProblem(
        f"{home.root} exists and is not the home of a demonstration.",
        safe="Nothing was started, and nothing in it was changed.",
        remedy="Name a new folder in VIGIE_HOME; `vigie up` starts a real system.",
    )


def prepare_demo_home(settings: Settings) -> Home:
    """The home is marked as a demonstration's and has its folders, its keys and its settings file.

    Marked first: a home left unmarked by a kill would be taken for somebody's real one.
    """
    home = home_of(settings)
    require_demo_home(home)
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not home.is_demo:
        mark_demo(home)
    prepare_home(home)
    _replace(
        home.settings_file,
        "# Written by `vigie demo` at each start.\n"
        f"port = {settings.port}\nmatch_delay_seconds = {MATCH_DELAY_SECONDS}\n",
    )
    return home


def open_keys(home: Home) -> FileKeys:
    """The demonstration's keys, made under a generated passphrase when there are none; the passphrase lies beside them.

    SetupProblem when they do not open.
    """
    passphrase = ensure_secret(home, DEMO_SECRET)
    try:
        if (home.keys / "master.json").exists():
            return FileKeys.open(home.keys, passphrase)
        keys, _ = FileKeys.initialise(home.keys, passphrase)
    except (KeyStoreDamaged, WrongPassphrase) as error:
        raise SetupProblem(
            f"The keys of this demonstration do not open: {error}.",
            safe="Nothing in it is real.",
            remedy=f"Remove {home.root} and run `vigie demo` again.",
        ) from error
    return keys


def choose_world(home: Home, *, seed: int | None, size: Size | None) -> World:
    """The world this home holds; it becomes the wanted one when the home holds none yet.

    SetupProblem when the home holds another one than the wanted.
    """
    kept = world_of(home)
    if kept is None:
        kept = World(USUAL_SEED if seed is None else seed, size or USUAL_SIZE)
        _replace(home.root / _WORLD, json.dumps(asdict(kept)) + "\n")
    if (seed is not None and seed != kept.seed) or (size is not None and size != kept.size):
        raise SetupProblem(
            f"The demonstration in {home.root} was made with --seed {kept.seed} --size {kept.size}.",
            safe=NOTHING_CHANGED,
            remedy="Leave both options out, name another folder in VIGIE_HOME, or remove this one.",
        )
    return kept


def world_of(home: Home) -> World | None:
    """The world this home holds; None when it has none yet."""
    try:
        kept = json.loads((home.root / _WORLD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return World(int(kept["seed"]), cast("Size", kept["size"]))


def is_loaded(home: Home) -> bool:
    """True when everything of the home's world was handed in once."""
    return (home.root / _LOADED).is_file()


def note_loaded(home: Home) -> None:
    """The home says that everything of its world was handed in."""
    (home.root / _LOADED).touch()


def pictures_of(home: Home) -> Path:
    """The folder of the home's drawn pictures."""
    return home.root / "pictures"


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    with unfinished.open("w", encoding="utf-8") as file:
        unfinished.chmod(0o600)  # a settings file may come to hold a password
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
