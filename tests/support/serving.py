"""The program's own pages over HTTP, served from the test's process, so that other programs can reach them."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@contextlib.contextmanager
def served() -> Iterator[int]:
    """The port the program answers at, on 127.0.0.1."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet, connections_override={})
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
