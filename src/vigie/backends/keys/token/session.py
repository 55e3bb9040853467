"""One session with one token: asked by turns, opened anew when it was lost."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pkcs11

from vigie.backends.keys.provider import KeyMissing

_Answer = TypeVar("_Answer")


class KeyUnavailable(KeyMissing):
    """The token of a country does not answer: that country's media stay closed until it does, and nothing is lost."""


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where a token is, and where its PIN is read from each time it is opened."""

    module: Path
    """The PKCS#11 library of its maker."""
    label: str
    pin: Callable[[], str]


class TokenSession:
    """A session with the token of one country; a PKCS#11 session serves one caller at a time.

    One that was lost (card pulled, module restarted) is opened anew at the next question; `lost` is called then, for
    whoever keeps what was read in it.
    """

    def __init__(self, country: str, place: TokenPlace, lost: Callable[[], None]) -> None:
        self._country = country
        self._place = place
        self._lost = lost
        self._turn = threading.RLock()
        self._session: Any = None

    def asked(self, question: Callable[[Any], _Answer]) -> _Answer:
        """Return the token's answer; a lost session is opened once more. `KeyUnavailable` when it does not answer."""
        with self._turn:
            for attempt in (1, 2):
                try:
                    return question(self.opened())
                except pkcs11.PKCS11Error as error:
                    self._forget()
                    if attempt == 2:
                        raise _unavailable(self._country, self._place, error) from error
            raise AssertionError("unreachable")

    def opened(self) -> Any:
        """Return the session, opened if there is none; `KeyUnavailable`."""
        if self._session is None:
            try:
                library = pkcs11.lib(str(self._place.module))
                token = _token(library, self._place.label)
                try:
                    self._session = token.open(rw=True, user_pin=self._place.pin())
                except (
                    pkcs11.UserAlreadyLoggedIn
                ):  # by another session of this process: the login is the process's
                    self._session = token.open(rw=True)
            except (OSError, RuntimeError, ValueError) as error:  # no such library, no PIN to be had
                raise _unavailable(self._country, self._place, error) from error
        return self._session

    def _forget(self) -> None:
        session, self._session = self._session, None
        self._lost()
        if session is not None:
            try:
                session.close()
            except pkcs11.PKCS11Error:
                return


def _token(library: Any, label: str) -> Any:
    """The token of this label; looked for anew where it was plugged in after the library was loaded."""
    try:
        return library.get_token(token_label=label)
    except pkcs11.NoSuchToken:
        library.reinitialize()
        return library.get_token(token_label=label)


def _unavailable(country: str, place: TokenPlace, error: Exception) -> KeyUnavailable:
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    return KeyUnavailable(
        country, f"is in the token {place.label!r} of {place.module}, which does not answer ({said})"
    )
