"""The operating-system user the embedded PostgreSQL runs as."""

import os
import pwd
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vigie.backends.processes import Identity
from vigie.config.problems import SetupProblem
from vigie.config.schema import NOTHING_CHANGED

SERVICE_USERS: Final = ("vigie", "nobody")


def own_name() -> str:
    """The name of the user we run as.

    Raises SetupProblem for a user without an entry in the password database: initdb refuses to run for one
    ("could not look up effective user ID"), as happens in containers started with a bare number.
    """
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise SetupProblem(
            f"User {os.geteuid()} has no name on this machine, and PostgreSQL refuses to run for such a user.",
            safe=NOTHING_CHANGED,
            remedy="Add the user to /etc/passwd, or run Vigie as a user that is there.",
        ) from None


def server_identity(data: Path, names: Sequence[str] = SERVICE_USERS) -> Identity | None:
    """The unprivileged user PostgreSQL runs as when we are root (it refuses root); nothing when we are not root.

    A data folder keeps the user it was made for: PostgreSQL refuses a folder of somebody else.
    Raises SetupProblem when there is no such user, or the data folder belongs to one we cannot become.
    """
    if os.geteuid() != 0:
        own_name()
        _require_own_data(data)
        return None
    if data.exists() and data.stat().st_uid != 0:
        return _named(pwd.getpwuid(data.stat().st_uid))
    for name in names:
        try:
            return _named(pwd.getpwnam(name))
        except KeyError:
            continue
    raise SetupProblem(
        "Vigie runs as root, and this machine has no unprivileged user to run PostgreSQL as.",
        safe=NOTHING_CHANGED,
        remedy="Create one: useradd --system --shell /usr/sbin/nologin vigie",
    )


def first_closed_folder(path: Path, identity: Identity) -> Path | None:
    """The first folder from the top that this user may not enter on the way to `path` (itself included), or nothing."""
    for folder in reversed((path, *path.parents)):
        if not _may_enter(folder.stat(), identity):
            return folder
    return None


def require_reachable(home: Path, identity: Identity) -> None:
    """The user may pass through every folder down to the home.

    Raises SetupProblem naming the folder that is closed, such as /root with mode 0700.
    """
    closed = first_closed_folder(home, identity)
    if closed is not None:
        raise SetupProblem(
            f"The database runs as user {identity.name}, who may not enter {closed}, so it cannot work in {home}.",
            safe="Nothing was started; no permission was changed.",
            remedy=f"Name a home folder elsewhere, such as VIGIE_HOME=/var/lib/vigie, or allow entering: chmod o+x {closed}",
        )


def _require_own_data(data: Path) -> None:
    if not data.exists() or data.stat().st_uid == os.geteuid():
        return
    raise SetupProblem(
        f"The database in {data} belongs to another user of this machine.",
        safe="The data folder was not touched.",
        remedy="Start Vigie as the user who started it before, or name another folder in VIGIE_HOME.",
    )


def _named(entry: pwd.struct_passwd) -> Identity:
    return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _may_enter(facts: os.stat_result, identity: Identity) -> bool:
    if facts.st_uid == identity.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == identity.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)
