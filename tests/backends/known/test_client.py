"""The client: a matcher that is away, slow, false or restarted."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from factories.matching import asker, unit_of
from support.folders import open_folder
from vigie.backends.known import (
    KnownMediaError,
    MatcherSocket,
    MatcherUnavailable,
    is_listening,
    socket_path,
)
from vigie.backends.known.address import CHANNEL_SECRET, make_socket_path
from vigie.backends.known.requests import Answers, Failure
from vigie.backends.known.wire import Direction, receive, send
from vigie.config.home import Home, ensure_secret, prepare_home
from vigie.matcher.gate import nonce_of

Serve = Callable[[socket.socket, bytes], None]
ME = asker(unit_of("ALV"))
NOTHING = Answers(items=()).model_dump_json().encode()


@pytest.fixture
def home() -> Iterator[Home]:
    with open_folder() as folder:
        home = Home(folder / "h")
        prepare_home(home)
        yield home


@contextlib.contextmanager
def serving(home: Home, *connections: Serve) -> Iterator[None]:
    """A matcher of the test's own: each function serves one connection."""
    secret = ensure_secret(home, CHANNEL_SECRET).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(make_socket_path(home)))
        listening.listen()

        def run() -> None:
            for serve in connections:
                with listening.accept()[0] as connection:
                    serve(connection, secret)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            thread.join(10)
            assert not thread.is_alive()


def answering(body: bytes, times: int = 1) -> Serve:
    def serve(connection: socket.socket, secret: bytes) -> None:
        for _ in range(times):
            request = receive(connection, secret, Direction.REQUEST)
            assert request is not None
            send(connection, secret, Direction.REPLY, body, nonce_of(request))

    return serve


def closing(connection: socket.socket, secret: bytes) -> None:
    receive(connection, secret, Direction.REQUEST)


def test_before_the_first_start_there_is_nobody_to_ask(home: Home) -> None:
    with MatcherSocket(home) as client, pytest.raises(MatcherUnavailable, match="never been started"):
        client.range(ME, [])


def test_a_matcher_that_does_not_run_is_unavailable(home: Home) -> None:
    ensure_secret(home, CHANNEL_SECRET)
    with MatcherSocket(home) as client, pytest.raises(MatcherUnavailable, match="not running"):
        client.range(ME, [])
    assert not is_listening(home)


def test_a_socket_nobody_listens_on_is_unavailable(home: Home) -> None:
    with serving(home):
        pass
    with MatcherSocket(home) as client, pytest.raises(MatcherUnavailable):
        client.verify(ME)
    assert not is_listening(home)


def test_one_connection_serves_many_calls(home: Home) -> None:
    with serving(home, answering(NOTHING, times=3)), MatcherSocket(home) as client:
        assert [client.range(ME, []) for _ in range(3)] == [[], [], []]


def test_a_connection_that_broke_between_calls_is_opened_again(home: Home) -> None:
    with serving(home, answering(NOTHING), answering(NOTHING)), MatcherSocket(home) as client:
        assert client.range(ME, []) == []
        assert client.range(ME, []) == []


def test_a_matcher_that_closes_without_an_answer_is_unavailable(home: Home) -> None:
    with serving(home, closing), MatcherSocket(home) as client, pytest.raises(MatcherUnavailable):
        client.range(ME, [])


def test_a_matcher_that_says_it_cannot_is_unavailable(home: Home) -> None:
    body = Failure(unavailable="the database does not answer").model_dump_json().encode()
    with (
        serving(home, answering(body)),
        MatcherSocket(home) as client,
        pytest.raises(MatcherUnavailable, match="the database does not answer"),
    ):
        client.range(ME, [])


def test_a_matcher_that_takes_too_long_is_unavailable(home: Home) -> None:
    done = threading.Event()

    def silent(connection: socket.socket, secret: bytes) -> None:
        receive(connection, secret, Direction.REQUEST)
        done.wait(10)

    with serving(home, silent), MatcherSocket(home, answer_seconds=0.2) as client:
        with pytest.raises(MatcherUnavailable, match="timed out"):
            client.range(ME, [])
        done.set()


def test_a_reply_signed_for_another_request_is_not_believed(home: Home) -> None:
    def serve(connection: socket.socket, secret: bytes) -> None:
        receive(connection, secret, Direction.REQUEST)
        send(connection, secret, Direction.REPLY, NOTHING, b"another nonce!!!")

    with (
        serving(home, serve),
        MatcherSocket(home) as client,
        pytest.raises(MatcherUnavailable, match="wrong signature"),
    ):
        client.range(ME, [])


def test_a_reply_signed_with_another_secret_is_not_believed(home: Home) -> None:
    def serve(connection: socket.socket, secret: bytes) -> None:
        request = receive(connection, secret, Direction.REQUEST)
        send(connection, b"another secret", Direction.REPLY, NOTHING, nonce_of(request or b""))

    with (
        serving(home, serve),
        MatcherSocket(home) as client,
        pytest.raises(MatcherUnavailable, match="wrong signature"),
    ):
        client.range(ME, [])


def test_a_cut_reply_is_not_believed(home: Home) -> None:
    def serve(connection: socket.socket, secret: bytes) -> None:
        receive(connection, secret, Direction.REQUEST)
        connection.sendall(b"\x00\x00\x01\x00half")

    with (
        serving(home, serve),
        MatcherSocket(home) as client,
        pytest.raises(MatcherUnavailable, match="cut off"),
    ):
        client.range(ME, [])


def test_a_reply_that_is_not_understood_says_so(home: Home) -> None:
    with (
        serving(home, answering(b'{"items":7}')),
        MatcherSocket(home) as client,
        pytest.raises(KnownMediaError, match="not understood"),
    ):
        client.range(ME, [])


def test_a_home_with_a_long_name_gets_a_socket_elsewhere() -> None:
    with open_folder() as folder:
        home = Home(folder / ("long-" * 20))
        prepare_home(home)
        place = make_socket_path(home)
        assert len(str(place)) <= 107
        assert place.parent != home.run
        assert place.parent.stat().st_mode & 0o077 == 0
        again = make_socket_path(home)
        assert again != place
        assert not place.parent.exists(), "the earlier folder is gone"
        with serving(home, answering(NOTHING)), MatcherSocket(home) as client:
            assert client.range(ME, []) == []
        found = socket_path(home)
        assert found is not None
        found.unlink()
        found.parent.rmdir()
