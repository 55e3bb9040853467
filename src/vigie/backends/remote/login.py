"""Where a command-line sign-in is kept: one file only its owner can read."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in at one server, until it ends."""

    server: str
    """Scheme, host and port, without a path."""
    token: str
    expires_at: str
    """ISO 8601, UTC."""
    username: str

    def has_ended(self, now: datetime) -> bool:
        """True when the token no longer works at `now` (UTC)."""
        return datetime.fromisoformat(self.expires_at) <= now


def keep_login(place: Path, login: Login) -> None:
    """The sign-in is kept in this file, mode 0600; one kept before is replaced."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(login), file)
    unfinished.replace(place)


def read_login(place: Path) -> Login | None:
    """The sign-in kept in this file; None when there is none, or it cannot be understood."""
    try:
        return Login(**json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def forget_login(place: Path) -> None:
    """No sign-in is kept in this file."""
    place.unlink(missing_ok=True)
