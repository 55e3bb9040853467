"""An agreement is suspended while its people work: the next request is refused, a running stream is cut, by the clock.

(Reference platform.md section 9, test 23: refused within 5 s, cut within 30 s.)
"""

import http.client
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from factories.matching import matcher_in_place
from factories.people import Somebody, add_person, add_unit
from rooms.matching.looking_up import Desk, desk
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.units import operations, queries

pytestmark = pytest.mark.faults
ROWS = 400_000


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def address(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The program itself behind a server with threads."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1", "testserver"])
    server = make_server("127.0.0.1", 0, WSGIHandler(), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with matcher_in_place():
        yield "127.0.0.1", server.server_port
    server.shutdown()
    server.server_close()
    thread.join()
    connections.close_all()


def suspended(ada: Somebody, country: str) -> float:
    """The moment the suspension is in force."""
    with act_as(ada.actor, clock=utc_now):
        row = next(one for one in queries.agreements(ada.actor) if one.country == country)
        operations.suspend_agreement(ada.actor, row.id, "Under review.")
    return time.monotonic()


def ask(address: tuple[str, int], token: str) -> int:
    line = http.client.HTTPConnection(*address, timeout=20)
    line.request("GET", "/api/v1/cases", headers={"Authorization": f"Bearer {token}"})
    return line.getresponse().status


def streaming(
    address: tuple[str, int], token: str, alvania: Desk, release: str
) -> http.client.HTTPConnection:
    """A long list being sent, from a thread, while its answers can be read."""
    line = http.client.HTTPConnection(*address, timeout=60)
    body = b"".join(json.dumps({"sha256": secrets.token_hex(32)}).encode() + b"\n" for _ in range(ROWS))
    line.putrequest(
        "POST", f"/api/v1/lookups/bulk?case={alvania.case}&exhibit={alvania.exhibit}&release={release}"
    )
    for name, value in (
        ("Authorization", f"Bearer {token}"),
        ("Content-Type", "application/x-ndjson"),
        ("Content-Length", str(len(body))),
    ):
        line.putheader(name, value)
    line.endheaders()

    def send() -> None:
        try:
            line.send(body)
        except OSError:
            return  # the server ended the list before it had read all of it

    threading.Thread(target=send, daemon=True).start()
    return line


def test_after_a_suspension_requests_are_refused_and_a_running_stream_is_cut(
    address: tuple[str, int], record_property: Callable[[str, object], None]
) -> None:
    add_unit("est-office", "EST")
    ada = add_person("ada", "est-office", Role.ADMINISTRATOR, certified_days=0)
    alvania = desk("ALV")
    token = token_for(alvania.investigator.user, label="test", confirmed_at=utc_now()).token
    release = alvania.release(ROWS).json()["id"]
    assert ask(address, token) == 200
    answers = streaming(address, token, alvania, release).getresponse()
    assert json.loads(answers.readline())["row"] == 1
    stopped = suspended(ada, "ALV")
    refused_after = None
    while refused_after is None:
        assert time.monotonic() - stopped < 10
        if ask(address, token) == 403:
            refused_after = time.monotonic() - stopped
    last = b""
    for line in answers:
        last = line
    cut_after = time.monotonic() - stopped
    said = json.loads(last)
    assert said["stopped"]["code"] == "agreement-ended"
    assert said["last_row"] < ROWS
    record_property("refused_after_seconds", round(refused_after, 2))
    record_property("cut_after_seconds", round(cut_after, 2))
    sys.stderr.write(f"refused after {refused_after:.2f} s, cut after {cut_after:.2f} s\n")
    assert refused_after <= 5
    assert cut_after <= 30
