"""What a child process of Vigie finds in its environment."""

import os
from collections.abc import Mapping

from vigie.config.schema import PREFIX, ProcessKind, Settings


def own_environment() -> Mapping[str, str]:
    """The environment this process was started with."""
    return dict(os.environ)


def child_environment(
    settings: Settings, kind: ProcessKind, *, database_url: str | None
) -> Mapping[str, str]:
    """Our environment for a child of this kind, with the same home.

    `database_url` replaces the administrator's: only the migration may know how to administrate the database.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment[f"{PREFIX}HOME"] = str(settings.home)
    environment[f"{PREFIX}PROCESS"] = kind.value
    environment.pop(f"{PREFIX}DATABASE_URL", None)
    environment.pop(f"{PREFIX}PASSPHRASE", None)
    if settings.passphrase_fd is not None:
        environment[f"{PREFIX}PASSPHRASE_SOURCE"] = settings.passphrase_source.value
        environment[f"{PREFIX}PASSPHRASE_FD"] = str(settings.passphrase_fd)
    if database_url is not None:
        environment[f"{PREFIX}DATABASE_URL"] = database_url
    return environment


def choose_django_settings() -> None:
    """Django, imported from now on in this process, finds Vigie's settings."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "vigie.config.django"
