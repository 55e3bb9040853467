"""Pool hygiene: whoever asks next on a pooled connection is never anybody but themselves (reference test 22)."""

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import RequestFactory
from django.utils import translation

from factories.cases import opened_case
from factories.people import add_person, add_unit
from vigie.kernel.actors import utc_now
from vigie.rooms.accounts.sign_in import token_for

pytestmark = pytest.mark.usefixtures("database")
CONNECTIONS, THREADS = 8, 12
POOLED = ("default", "plumbing")


@pytest.fixture
def pool(database: None) -> Iterator[None]:
    """Both connections of a request come from pools of eight, as in the web server."""
    kept = {alias: dict(connections.databases[alias]) for alias in POOLED}
    _reconnect({alias: _pooled(kept[alias]) for alias in POOLED})
    yield
    for alias in POOLED:
        wrapper = connections[alias]
        assert isinstance(wrapper, DatabaseWrapper)
        wrapper.close()
        wrapper.close_pool()
    _reconnect(kept)


def _pooled(parameters: dict[str, Any]) -> dict[str, Any]:
    sizes = {"min_size": CONNECTIONS, "max_size": CONNECTIONS, "timeout": 60}
    return parameters | {"OPTIONS": parameters["OPTIONS"] | {"pool": sizes}, "CONN_MAX_AGE": 0}


def _reconnect(parameters: dict[str, dict[str, Any]]) -> None:
    for alias, values in parameters.items():
        connections[alias].close()
        connections.databases[alias].update(values)
        del connections[alias]


class Asker(threading.Thread):
    """One thread of the web server: mixed requests of many people, each answer compared with who asked."""

    def __init__(self, people: list[dict[str, str]], requests: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.people, self.requests, self.chance = people, requests, random.Random(seed)
        self.application = get_wsgi_application()
        self.wrong: list[str] = []
        self.seen: dict[str, int] = {}

    def run(self) -> None:
        for _ in range(self.requests):
            person = self.chance.choice(self.people)
            kind = self.chance.choices(
                [self.me, self.cases, self.foreign, self.broken, self.nobody], [4, 2, 1, 1, 1]
            )[0]
            kind(person)
            self.seen[kind.__name__] = self.seen.get(kind.__name__, 0) + 1
        for alias in POOLED:
            connections[alias].close()

    def ask(self, path: str, token: str, method: str = "GET") -> tuple[int, bytes]:
        """One request through the whole program; its connections go back to the pool when it is closed."""
        request = RequestFactory().generic(method, path, headers={"Authorization": f"Bearer {token}"})
        said: list[str] = []
        answer = self.application(request.environ, lambda status, headers, info=None: said.append(status))
        body = b"".join(answer)
        answer.close()  # type: ignore[attr-defined]  # Django's responses are closed by the server
        return int(said[0].split()[0]), body

    def expect(self, right: bool, what: str) -> None:
        if not right:
            self.wrong.append(what)

    def me(self, person: dict[str, str]) -> None:
        status, body = self.ask("/api/v1/me", person["token"])
        self.expect(
            status == 200 and person["unit"].encode() in body and person["name"].encode() in body, "me"
        )

    def cases(self, person: dict[str, str]) -> None:
        status, body = self.ask("/api/v1/cases", person["token"])
        others = {one["case"] for one in self.people} - {person["case"]}
        self.expect(status == 200 and person["case"].encode() in body, "own case")
        self.expect(not any(other.encode() in body for other in others), "a case of others")

    def foreign(self, person: dict[str, str]) -> None:
        other = self.chance.choice([one for one in self.people if one["case"] != person["case"]])
        status, _ = self.ask(f"/api/v1/cases/{other['case']}", person["token"])
        self.expect(status == 404, "a hidden case")

    def broken(self, person: dict[str, str]) -> None:
        status, _ = self.ask("/api/v1/people/nobody/roles", person["token"], "POST")
        self.expect(status in {403, 422}, "a refusal")  # it rolls its transaction back

    def nobody(self, person: dict[str, str]) -> None:
        del person
        status, _ = self.ask("/api/v1/me", "no-such-token")
        self.expect(status == 401, "nobody")


def people_of(unit: str) -> list[dict[str, str]]:
    """Two people of this unit, with a case that only they see."""
    found = [add_person(f"{unit}.{number}", unit) for number in range(2)]
    case = str(opened_case(found[0].actor, reference=unit, legal_basis="seizure"))
    return [
        {
            "token": token_for(one.user, label="t", confirmed_at=utc_now()).token,
            "unit": str(one.user.unit_id),
            "name": one.user.display_name,
            "case": case,
        }
        for one in found
    ]


@pytest.mark.parametrize(
    "requests", [600, pytest.param(100_000, marks=[pytest.mark.faults, pytest.mark.timeout(3600)])]
)
def test_no_request_ever_meets_another_persons_context(pool: None, requests: int) -> None:
    people = []
    for number, country in enumerate(("ALV", "BOR", "CAS", "DRE")):
        add_unit(f"u{number}-viu", country)
        people += people_of(f"u{number}-viu")
    askers = [Asker(people, requests // THREADS + 1, seed) for seed in range(THREADS)]
    with translation.override("en"):
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
    assert [asker.wrong for asker in askers] == [[]] * THREADS
    assert sum(sum(asker.seen.values()) for asker in askers) >= requests
    assert {kind for asker in askers for kind in asker.seen} == {"me", "cases", "foreign", "broken", "nobody"}
    for alias in POOLED:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT nullif(current_setting('vigie.unit', true), '')")
            assert cursor.fetchone() == (None,)
