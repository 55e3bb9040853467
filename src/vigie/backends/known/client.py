"""The port over the matcher's Unix socket: one connection, opened when first needed and again when it broke."""

import contextlib
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Final, Self, TypeVar

from pydantic import ValidationError

from vigie.backends.known.address import channel_secret, socket_path
from vigie.backends.known.messages import (
    WHOLE,
    Asker,
    Change,
    Claimed,
    Found,
    Item,
    ItemAnswers,
    Message,
    Shard,
    Snapshot,
    Verification,
)
from vigie.backends.known.port import KnownMediaError, MatcherUnavailable, RequestRefused
from vigie.backends.known.requests import (
    AddRequest,
    Answers,
    DeleteRequest,
    Failure,
    FoundHashes,
    LookUpRequest,
    RangeRequest,
    Refusal,
    SnapshotRequest,
    VerifyRequest,
)
from vigie.backends.known.wire import Direction, FrameBroken, fresh_nonce, receive, send
from vigie.config.home import Home

CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 60.0

Told = TypeVar("Told", bound=Message)


class MatcherSocket:
    """`KnownMedia` of the running installation. Safe to share between threads: calls take turns.

    A call that finds its connection broken is made once more over a new one, signed anew; every call may be repeated.
    Raises MatcherUnavailable while the matcher is down, and RequestRefused with the matcher's word.
    """

    def __init__(self, home: Home, *, shard: Shard = WHOLE, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._shard = shard
        self._home = home
        self._answer_seconds = answer_seconds
        self._turn = threading.Lock()
        self._connection: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The connection is closed; the next call opens another."""
        with self._turn:
            self._drop()

    def add(self, asker: Asker, ids: Sequence[uuid.UUID]) -> Change:
        """As `KnownMedia.add`."""
        return self._call(lambda **signed: AddRequest(ids=tuple(ids), **signed), asker, Change)

    def delete(self, asker: Asker, ids: Sequence[uuid.UUID]) -> Change:
        """As `KnownMedia.delete`."""
        return self._call(lambda **signed: DeleteRequest(ids=tuple(ids), **signed), asker, Change)

    def range(self, asker: Asker, items: Sequence[Item]) -> list[ItemAnswers]:
        """As `KnownMedia.range`."""
        return list(
            self._call(lambda **signed: RangeRequest(items=tuple(items), **signed), asker, Answers).items
        )

    def look_up(self, asker: Asker, hashes: Sequence[Claimed]) -> list[Found]:
        """As `KnownMedia.look_up`."""
        asked = tuple(hashes)
        return list(
            self._call(lambda **signed: LookUpRequest(hashes=asked, **signed), asker, FoundHashes).found
        )

    def snapshot(self, asker: Asker) -> Snapshot:
        """As `KnownMedia.snapshot`."""
        return self._call(SnapshotRequest, asker, Snapshot)

    def verify(self, asker: Asker) -> Verification:
        """As `KnownMedia.verify`."""
        return self._call(VerifyRequest, asker, Verification)

    def _call(self, build: Callable[..., Message], asker: Asker, told: type[Told]) -> Told:
        with self._turn:
            had_connection = self._connection is not None
            try:
                return self._once(build, asker, told)
            except MatcherUnavailable:
                if not had_connection:
                    raise
            return self._once(build, asker, told)

    def _once(self, build: Callable[..., Message], asker: Asker, told: type[Told]) -> Told:
        secret = channel_secret(self._home)
        if secret is None:
            raise MatcherUnavailable("the matcher of this home has never been started")
        nonce = fresh_nonce()
        request = build(asker=asker, at=time.time_ns() // 1_000_000, nonce=nonce, shard=self._shard)
        try:
            connection = self._connected()
            send(connection, secret, Direction.REQUEST, request.model_dump_json().encode())
            body = receive(connection, secret, Direction.REPLY, nonce)
        except (OSError, FrameBroken) as error:
            self._drop()
            raise MatcherUnavailable(f"the matcher does not answer: {error}") from error
        except BaseException:
            self._drop()  # an interrupt between request and reply: the next call must not read this one's answer
            raise
        if body is None:
            self._drop()
            raise MatcherUnavailable("the matcher closed the connection without an answer")
        return _read(body, told)

    def _connected(self) -> socket.socket:
        if self._connection is None:
            place = socket_path(self._home)
            if place is None:
                raise FileNotFoundError("it is not running")
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(CONNECT_SECONDS)
                connection.connect(str(place))
                connection.settimeout(self._answer_seconds)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None


def is_listening(home: Home) -> bool:
    """Whether the matcher of this home takes connections, which it does only once its index is whole."""
    place = socket_path(home)
    if place is None:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(str(place))
        except OSError:
            return False
    return True


def _read(body: bytes, told: type[Told]) -> Told:
    try:
        if body.startswith(b'{"refused"'):
            raise RequestRefused(Refusal.model_validate_json(body).refused)
        if body.startswith(b'{"unavailable"'):
            raise MatcherUnavailable(Failure.model_validate_json(body).unavailable)
        return told.model_validate_json(body)
    except ValidationError as error:
        raise KnownMediaError(
            f"the matcher's answer is not understood: {error.error_count()} faults"
        ) from error
