"""The kept sign-in of this person at this terminal, ready to use."""

from datetime import UTC, datetime
from pathlib import Path

from vigie.backends.remote.client import Remote, RemoteProblem, open_remote
from vigie.backends.remote.login import Login, read_login
from vigie.config.schema import Settings
from vigie.config.terminal import language, login_file


def server_of(settings: Settings) -> str:
    """The address of this machine's own server, used when none is named."""
    host = f"[{settings.address}]" if settings.address.version == 6 else str(settings.address)
    return f"http://{host}:{settings.port}"


def place_of_login(settings: Settings) -> Path:
    """Where this person's sign-in is kept."""
    return login_file(settings)


def kept_login(settings: Settings) -> Login:
    """The kept sign-in; RemoteProblem (exit code 3) when there is none, or it has ended."""
    login = read_login(login_file(settings))
    if login is None or login.has_ended(datetime.now(UTC)):
        raise RemoteProblem(401, "You are not signed in at this terminal", "Run `vigie login` first.")
    return login


def signed_in(settings: Settings) -> Remote:
    """A client for the server this person signed in at; RemoteProblem when they did not."""
    login = kept_login(settings)
    return open_remote(login.server, login, language=language())
