"""Browser sessions on the server: nothing but a random key travels, and each row says whose it is and since when."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase

from vigie.rooms.accounts.models import BrowserSession
from vigie.rooms.accounts.rules import browser_name

ID = "vigie_session"
OPENED = "vigie_opened"
LAST_SEEN = "vigie_last_seen"
BROWSER = "vigie_browser"
BEHIND = "vigie_behind"
"""Keys of what a session remembers of itself: its public id, two moments (seconds since 1970, UTC), its browser, the
SHA-256 of the client certificate it was opened behind."""


class SessionStore(db.SessionStore):
    """Django's sessions in the database, in rows that a person can recognise as their own."""

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        """The rows of browser sessions."""
        return BrowserSession

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        """The row of this session; what is listed of it is taken from what it remembers."""
        row = super().create_model_instance(data)
        assert isinstance(row, BrowserSession)
        if ID in data:
            row.public_id = uuid.UUID(data[ID])
        row.person = uuid.UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.opened_at = _moment(data.get(OPENED))
        row.seen_at = _moment(data.get(LAST_SEEN))
        row.browser = data.get(BROWSER, "")
        return row


def begin(session: SessionBase, *, now: datetime, headers: Mapping[str, str], behind: str = "") -> None:
    """The session remembers that it was opened now, in this browser, behind this client certificate (SHA-256, or none)."""
    session[ID] = str(uuid.uuid4())
    session[OPENED] = session[LAST_SEEN] = now.timestamp()
    session[BROWSER] = browser_name(headers.get("User-Agent", ""))
    session[BEHIND] = behind


def renew(session: SessionBase) -> None:
    """The session goes on under a new key and a new public id; the old key opens nothing."""
    session[ID] = str(uuid.uuid4())  # its row is unique: under the old one no second row could be made
    session.cycle_key()


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
