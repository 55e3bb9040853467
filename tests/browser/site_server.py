# ruff: noqa: E402 - settings and import path must be set before Django and the factories are imported
"""The real pages over a real database with drawn data, for browser tests and for looking at them.

Run as a program: `python tests/browser/site_server.py`; it prints one JSON line, {"address", "cookies": {person: value},
"records": {name: public id}}, and serves until it is ended. A person's name on standard input is answered by a line
with the cookie of a browser that person signed in with just now: clear views ask for a sign-in of the last five
minutes, and a run of the tests takes longer. Everything is made through the program's own operations.
"""

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
os.environ["DJANGO_SETTINGS_MODULE"] = "support.settings"

import django

django.setup()

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from factories.matching import running_matcher
from factories.media import vault_in
from factories.people import Somebody
from support import database
from vigie.engines.proofs import SigningKey
from vigie.kernel import sequencer
from vigie.kernel.actors import Actor, ActorKind
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.permissions import Role as PersonRole
from vigie.rooms.accounts.sessions import SessionStore
from vigie.rooms.intake import tasks

sys.path.insert(0, str(Path(__file__).parent))
import site_data

SECRET = "MRZGC53OFVWGC3LQFVXW4LLBFVSGK43L"


def signed_in(person: Somebody) -> str:
    """The cookie of a browser in which this person proved a moment ago who they are."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.user.get_session_auth_hash()
    request = RequestFactory().get("/")
    request.session = session
    record_authentication(request, person.user, "mfa", type="totp", reauthenticated=False)
    session.save()
    key: str = session.session_key
    return key


class QuietHandler(WSGIRequestHandler):
    """Says nothing: what matters is in the answers."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        if len(args) > 1 and str(args[1]).startswith("5"):
            sys.stderr.write(f"{format % args}\n")


def main() -> None:
    """Serve until ended."""
    database.prepare()
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    with tempfile.TemporaryDirectory() as folder, vault_in(Path(folder)), running_matcher() as matcher:
        apps.get_app_config("matching").__dict__["known"] = matcher.client
        apps.get_app_config("kernel").__dict__["checkpoint_key"] = SigningKey.generate("alv-1.example/log")
        site = site_data.build()
        for person in site.people.values():
            TOTP.activate(person.user, SECRET)
        cookies = {name: signed_in(person) for name, person in site.people.items()}
        server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler, connections_override={})
        server.daemon_threads = True
        server.set_app(get_wsgi_application())
        ready = {
            "address": f"http://127.0.0.1:{server.server_port}",
            "cookies": cookies,
            "cookie": settings.SESSION_COOKIE_NAME,
            "language_cookie": settings.LANGUAGE_COOKIE_NAME,
            "records": {name: str(value) for name, value in site.records.items()},
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        threading.Thread(target=work_forever, daemon=True).start()
        threading.Thread(target=sign_in_whoever_is_named, args=(site.people,), daemon=True).start()
        server.serve_forever()


def sign_in_whoever_is_named(people: dict[str, Somebody]) -> None:
    """Answer each name on standard input with a fresh cookie, until the input ends."""
    for line in sys.stdin:
        sys.stdout.write(signed_in(people[line.strip()]) + "\n")
        sys.stdout.flush()


def work_forever() -> None:
    """What the worker process does, in a thread: submissions are worked on, the log is kept, owners are told."""
    while True:
        with contextlib.suppress(Exception), database.administrator() as connection:
            waiting = connection.execute(_WAITING).fetchall()
            for row_id, unit, country, person in waiting:
                actor = Actor(
                    kind=ActorKind.PERSON, id=person, name="", unit=unit, country=country,
                    roles=frozenset({PersonRole.INVESTIGATOR}),
                )  # fmt: skip
                tasks.work(on_behalf=OnBehalf.of(actor).as_arguments(), submission=str(row_id))
            if waiting:
                site_data.deliver_now()
                sequencer.sequence()
        time.sleep(0.3)


_WAITING = """
SELECT s.id, s.owner_unit, s.owner_country, s.recorded_by FROM intake_submission s
WHERE s.state = 'closed' OR EXISTS (
    SELECT 1 FROM intake_manifestentry e WHERE e.submission_id = s.id AND e.state IN ('sent', 'recorded')
) AND s.state = 'open'
"""


if __name__ == "__main__":
    main()
