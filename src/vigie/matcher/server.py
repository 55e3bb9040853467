"""The matcher's socket: one thread for each connection, one call at a time behind it."""

import logging
import os
import socket
import socketserver
from pathlib import Path
from typing import Any, Final

from vigie.backends.known.wire import Direction, FrameBroken, receive, send
from vigie.matcher.gate import nonce_of
from vigie.matcher.service import Matcher

_BACKLOG: Final = 64
_log = logging.getLogger(__name__)


class MatcherServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens on a socket only its owner may open (0600), and hands signed requests to the matcher."""

    daemon_threads = True
    request_queue_size = _BACKLOG

    def __init__(self, place: Path, secret: bytes, matcher: Matcher) -> None:
        self.secret = secret
        self.matcher = matcher
        super().__init__(str(place), _Connection)

    def server_bind(self) -> None:
        """The socket exists and is closed to others from its first moment: the mask is set before it is made."""
        before = os.umask(0o177)
        try:
            super().server_bind()
        finally:
            os.umask(before)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        """A connection that broke is logged in one line: what was sent over it may name case data."""
        _log.exception("a connection ended by a fault of ours")


class _Connection(socketserver.BaseRequestHandler):
    """Requests of one caller, until it closes or sends what is not signed."""

    server: MatcherServer
    request: socket.socket

    def handle(self) -> None:
        try:
            while (body := receive(self.request, self.server.secret, Direction.REQUEST)) is not None:
                reply = self.server.matcher.answer(body)
                answer = reply.model_dump_json().encode()
                send(self.request, self.server.secret, Direction.REPLY, answer, nonce_of(body))
        except FrameBroken as broken:
            _log.warning("a connection was closed: %s", broken)
        except (ConnectionError, TimeoutError):
            return
