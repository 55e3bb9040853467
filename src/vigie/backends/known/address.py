"""Where the matcher listens, and the secret its callers share with it."""

import os
import tempfile
from pathlib import Path
from typing import Final

from vigie.config.home import LONGEST_SOCKET_PATH, Home, read_secret

CHANNEL_SECRET: Final = "matcher-channel"  # noqa: S105 - the name under which the home keeps it
"""Signs requests and replies. Made by the matcher before it listens."""
_SOCKET: Final = "matcher.sock"
_NOTE: Final = "matcher-socket"


def socket_path(home: Home) -> Path | None:
    """The socket the matcher of this home listens on, or nothing when it never said."""
    try:
        return Path((home.run / _NOTE).read_text(encoding="utf-8", errors="surrogateescape").strip())
    except FileNotFoundError:
        return None


def make_socket_path(home: Home) -> Path:
    """A path short enough for a socket, in a folder only we may enter, which the home names from now on.

    It is the home's own `run` folder where that fits into the 107 bytes a socket's path may have (unix(7)), and else a
    fresh folder with a random name: in a shared temporary folder nobody can prepare it beforehand.
    """
    remove_socket(home)
    place = home.run / _SOCKET
    if len(os.fsencode(place)) > LONGEST_SOCKET_PATH:
        place = Path(tempfile.mkdtemp(prefix="vigie-m-")) / _SOCKET
    note = home.run / _NOTE
    unfinished = note.with_suffix(".new")
    unfinished.write_text(f"{place}\n", encoding="utf-8", errors="surrogateescape")
    unfinished.replace(note)
    return place


def remove_socket(home: Home) -> None:
    """The socket the home names, its folder if it has one of its own, and the note about it are gone."""
    place = socket_path(home)
    if place is None:
        return
    place.unlink(missing_ok=True)
    if place.parent != home.run and place.parent.is_dir() and not any(place.parent.iterdir()):
        place.parent.rmdir()
    (home.run / _NOTE).unlink(missing_ok=True)


def channel_secret(home: Home) -> bytes | None:
    """The secret that signs requests, or nothing before the matcher's first start."""
    kept = read_secret(home, CHANNEL_SECRET)
    return None if kept is None else kept.encode("ascii")
