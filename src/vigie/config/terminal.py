"""What a terminal's environment says about the person at it: their language, where their sign-in is kept."""

import os
from pathlib import Path

import platformdirs

from vigie.config.home import home_of
from vigie.config.schema import Settings

_OFFERED = ("en", "fr", "es", "ar")


def language() -> str:
    """The language of the terminal, of those the program speaks; English otherwise."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        code = os.environ.get(name, "")[:2]
        if code in _OFFERED:
            return code
    return "en"


def login_file(settings: Settings) -> Path:
    """The file a command-line sign-in is kept in: beside a demonstration's home, else in the person's own folder."""
    home = home_of(settings)
    if home.is_demo:
        return home.root / "login.json"
    return platformdirs.user_config_path("vigie", appauthor=False) / "login.json"
