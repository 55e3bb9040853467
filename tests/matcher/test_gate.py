"""Requests that are forged, changed, late or sent again are not acted on."""

import json
import socket
import time

import pytest

from factories.matching import File, RunningMatcher, asker, hold, random_code, unit_of
from support import database
from vigie.backends.known import Item, MatcherSocket, RequestRefused, channel_secret, socket_path
from vigie.backends.known.requests import RangeRequest, Refusal
from vigie.backends.known.wire import NONCE_BYTES, Direction, fresh_nonce, receive, send, sign
from vigie.matcher.gate import WINDOW_SECONDS, Gate, Turned, nonce_of

pytestmark = pytest.mark.usefixtures("database")

NOW = 1_800_000_000.0


def request(at: float = NOW, nonce: bytes | None = None) -> bytes:
    one = RangeRequest(asker=asker(unit_of("ALV")), at=int(at * 1000), nonce=nonce or fresh_nonce(), items=())
    return one.model_dump_json().encode()


def test_a_fresh_request_is_read() -> None:
    assert Gate(lambda: NOW).read(request()).asker.country == "ALV"


@pytest.mark.parametrize("off", [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1])
def test_a_request_outside_the_window_is_refused(off: float) -> None:
    with pytest.raises(Turned, match="expired"):
        Gate(lambda: NOW).read(request(NOW + off))


def test_a_request_is_acted_on_once() -> None:
    gate, body = Gate(lambda: NOW), request()
    gate.read(body)
    with pytest.raises(Turned, match="replayed"):
        gate.read(body)


def test_a_nonce_is_remembered_as_long_as_its_request_would_be_taken() -> None:
    clock = [NOW]
    gate, body = Gate(lambda: clock[0]), request(NOW + WINDOW_SECONDS)
    gate.read(body)
    for later in (NOW + WINDOW_SECONDS, NOW + 2 * WINDOW_SECONDS):
        clock[0] = later
        gate.read(request(later))
        with pytest.raises(Turned, match="replayed"):
            gate.read(body)
    clock[0] = NOW + 2 * WINDOW_SECONDS + 1
    gate.read(request(clock[0]))
    with pytest.raises(Turned, match="expired"):
        gate.read(body)
    assert len(gate._seen) == 2, "nonces that cannot come again are forgotten"


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"call":"drop"}', b"\xff"])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(Turned, match="malformed"):
        Gate(lambda: NOW).read(body)
    assert nonce_of(body) == b""


def test_a_nonce_is_found_however_the_request_is_written() -> None:
    body = request()
    assert nonce_of(body) == nonce_of(json.dumps(json.loads(body), indent=1).encode())
    assert len(nonce_of(body)) == NONCE_BYTES


def test_a_request_without_an_asker_is_refused() -> None:
    body = request().replace(b'"asker"', b'"whoever"')
    with pytest.raises(Turned, match="malformed"):
        Gate(lambda: NOW).read(body)


def connected(matcher: RunningMatcher) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(10)
    connection.connect(str(socket_path(matcher.home)))
    return connection


def test_a_forged_request_gets_no_answer_and_ends_the_connection(matcher: RunningMatcher) -> None:
    me, other = unit_of("ALV"), unit_of("BOR")
    file = File(pdq=random_code())
    mine = hold(me, file)
    hold(other, file)
    ask = RangeRequest(
        asker=asker(me),
        at=time.time_ns() // 1_000_000,
        nonce=fresh_nonce(),
        items=(Item(content=mine.content),),
    )
    with connected(matcher) as connection:
        send(connection, b"another secret", Direction.REQUEST, ask.model_dump_json().encode())
        assert connection.recv(1) == b""
    with database.administrator() as look:
        assert look.execute("SELECT count(*) FROM match_delivery").fetchone() == (0,)


def test_an_unsigned_request_gets_no_answer(matcher: RunningMatcher) -> None:
    body = request(time.time())
    with connected(matcher) as connection:
        connection.sendall(len(body).to_bytes(4) + body)
        assert connection.recv(1) == b""


def test_a_changed_request_gets_no_answer(matcher: RunningMatcher) -> None:
    secret = channel_secret(matcher.home)
    assert secret is not None
    body = request(time.time())
    mac = sign(secret, Direction.REQUEST, body)
    with connected(matcher) as connection:
        changed = body.replace(b'"ALV"', b'"BOR"')
        connection.sendall((len(body) + 32).to_bytes(4) + mac + changed)
        assert connection.recv(1) == b""


@pytest.mark.parametrize("head", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x01"])
def test_a_frame_of_an_impossible_length_ends_the_connection(matcher: RunningMatcher, head: bytes) -> None:
    with connected(matcher) as connection:
        connection.sendall(head)
        assert connection.recv(1) == b""


def test_a_request_caught_on_the_way_and_sent_again_is_refused(matcher: RunningMatcher) -> None:
    secret = channel_secret(matcher.home)
    assert secret is not None
    nonce = fresh_nonce()
    body = request(time.time(), nonce)
    said = []
    for _ in range(2):
        with connected(matcher) as connection:
            send(connection, secret, Direction.REQUEST, body)
            said.append(receive(connection, secret, Direction.REPLY, nonce))
    assert said[0] == b'{"items":[]}'
    assert Refusal.model_validate_json(said[1] or b"").refused == "replayed"


def test_a_late_request_is_refused_by_the_running_matcher(matcher: RunningMatcher) -> None:
    secret = channel_secret(matcher.home)
    assert secret is not None
    nonce = fresh_nonce()
    with connected(matcher) as connection:
        send(connection, secret, Direction.REQUEST, request(time.time() - 60, nonce))
        said = receive(connection, secret, Direction.REPLY, nonce)
    assert Refusal.model_validate_json(said or b"").refused == "expired"


def test_a_signed_request_that_makes_no_sense_is_refused(matcher: RunningMatcher) -> None:
    secret = channel_secret(matcher.home)
    assert secret is not None
    nonce = fresh_nonce()
    body = b'{"call":"drop","nonce":"%s"}' % nonce.hex().encode()
    with connected(matcher) as connection:
        send(connection, secret, Direction.REQUEST, body)
        said = receive(connection, secret, Direction.REPLY, nonce)
    assert Refusal.model_validate_json(said or b"").refused == "malformed"


def test_a_client_is_told_why(matcher: RunningMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigie.backends.known.client.time.time_ns", lambda: 0)
    with MatcherSocket(matcher.home) as client, pytest.raises(RequestRefused) as refused:
        client.range(asker(unit_of("ALV")), [])
    assert refused.value.reason == "expired"
