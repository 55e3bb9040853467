"""The addresses of intake behind the program's own shell, and a server that answers on them.

A token is the name of an actor a test has let in, so that no sign-in stands between a test and the protocol.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import override_settings
from django.urls import include, path
from ninja import NinjaAPI
from ninja.errors import ValidationError

from vigie.interfaces.api import root
from vigie.interfaces.web import errors
from vigie.interfaces.web.middleware import ActorBlock
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotSignedIn, VigieError
from vigie.rooms.intake.api import router, tus_urls

_api = NinjaAPI(title="intake", version="test", urls_namespace="test-intake", docs_url=None)
_api.add_router("", router)
_api.exception_handler(VigieError)(root.on_failure)
_api.exception_handler(ValidationError)(root.on_invalid)

urlpatterns = [path("api/v1/", include(tus_urls)), path("api/v1/", _api.urls)]
handler404 = errors.not_found

LET_IN: dict[str, Actor] = {}


class Shell(ActorBlock):
    """The shell of every request, with the tests' own way to say who asks."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        actor = LET_IN.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if actor is None:
            return errors.respond(request, NotSignedIn())
        request.actor = actor  # type: ignore[attr-defined]  # as the program's own shell does
        return self._run(request, actor)


@contextmanager
def let_in(name: str, actor: Actor) -> Iterator[None]:
    """Requests with this token are the actor's."""
    here = override_settings(
        ROOT_URLCONF="factories.intake_http", MIDDLEWARE=["factories.intake_http.Shell"], ALLOWED_HOSTS=["*"]
    )
    with here:
        LET_IN[name] = actor
        try:
            yield
        finally:
            LET_IN.pop(name)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A cut line is what some tests are about."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@contextmanager
def serving() -> Iterator[str]:
    """A server answers on the addresses of intake; its own address."""
    with make_server("127.0.0.1", 0, WSGIHandler(), _Server, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
