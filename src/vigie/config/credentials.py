"""Secrets that others gave this installation: read from a file of its user's or from systemd, never from the environment."""

import stat
from pathlib import Path

from vigie.config.passphrase import read_credential
from vigie.config.problems import SetupProblem


def read_given_secret(file: Path | None, credential: str | None, *, what: str) -> str:
    """What the file, which only its owner may read, or else the systemd credential holds, without line ends.

    `what` names the secret in words. SetupProblem when it cannot be read, is empty, or others could read it too.
    """
    try:
        text = read_credential(credential or "") if file is None else _closed(file)
    except (OSError, ValueError) as error:
        raise _unreadable(what, str(error)) from error
    if not text.strip():
        raise _unreadable(what, "it is empty")
    return text.strip()


def _closed(file: Path) -> str:
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ValueError(f"{file} can be read by other users")
    return file.read_text(encoding="utf-8")


def _unreadable(what: str, why: str) -> SetupProblem:
    return SetupProblem(
        f"{what} cannot be read: {why}.",
        safe="Nothing was changed. Signing in without it goes on.",
        remedy="Put it into a file of this user's, mode 0600, or a systemd credential, and name that in vigie.toml.",
    )
