"""Somebody to whom next to nothing is open: at every address of the program but a list that is read here, the answer is no.

A court sees the case that is open to it, by its own addresses, and neither anything else of that unit nor of another.
"""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from architecture.test_leaks import EXCUSED, address, kind_of, naming, seen, traces, two_units, values_of
from factories.clients import browser, terminal
from factories.people import Somebody, add_person, add_unit
from factories.world import Holdings
from support.routes import Route, routes
from vigie.kernel import context, gate
from vigie.kernel.actors import Purpose, utc_now
from vigie.kernel.permissions import ROLE_PERMISSIONS, Permission, Role
from vigie.kernel.scope import ownership
from vigie.rooms.cases.models import CourtAccess

OWN_ACCOUNT = {
    "": "the first page: leads to their own",
    "about/": "what the program is",
    "access/": "their own access and sign-ins",
    "access/end/": "ends a sign-in of their own",
    "access/password/": "changes their own password",
    "api/v1/me": "who they are",
    "api/v1/sessions": "their own sign-ins",
    "api/v1/units": "the public directory of desks",
    "api/v1/openapi.json": "how the API is spoken to",
    "api/v1/tokens": "the sign-in of the command line, and the end of all of their own",
    "enrol/<str:code>/": "a new person's one-time address",
    "health": "says that the web server answers",
    "help/": "help",
    "help/problems/<slug:kind>": "what a problem means",
    "help/problems/<slug:kind>/": "what a problem means",
    "language/": "the language of the pages",
    "preferences/": "language and appearance",
    "sign-in/": "the sign-in itself",
    "units/": "the public directory of desks",
}
ALSO_OWN = ("second-factor/", "sign-in/", "sign-out/", "static/")
COURT = {
    "court/": "the cases open to it",
    "court/cases/<uuid:public_id>/": "one of them",
    "court/exhibits/<uuid:public_id>/": "an exhibit of one",
    "api/v1/court/cases": "the cases open to it",
    "api/v1/court/cases/<case>": "one of them",
    "api/v1/court/exhibits/<exhibit>": "an exhibit of one",
}
PARTNER = {
    "partners/": "what it submitted, and the form for more",
    "partners/<uuid:public_id>/": "one submission of its own with the opinion on it",
    "partners/<uuid:public_id>/hashes/": "the list of one",
    "api/v1/partner/submissions": "what it submitted",
    "api/v1/partner/submissions/<submission>": "one of them",
    "api/v1/partner/submissions/<submission>/hashes": "the list of one",
}
OPEN = {Role.COURT: COURT, Role.PARTNER: PARTNER}
"""What each of these roles reaches besides what everybody does with their own account."""
ASKED = (("GET", "own"), ("POST", "own"), ("GET", "hidden"), ("DELETE", "own"))
CLOSED = {403, 404, 405}
UNREAD = {412, 422}
"""The framework reads what was sent before anybody is asked: what stands behind is closed by the rights below."""


@dataclasses.dataclass
class Narrow:
    """Two units with everything, and somebody of a third to whom one case of the second is open."""

    hidden: Holdings
    own: Holdings
    clients: dict[Role, tuple[Client, Client]]
    """Browser and command line of each."""


@pytest.fixture(scope="module")
def narrow(
    _database_server: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Narrow]:
    with django_db_blocker.unblock(), two_units(tmp_path_factory.mktemp("vault")) as world:
        add_unit("cas-body", "CAS")
        people = {role: add_person(role.value, "cas-body", role) for role in OPEN}
        _open_case(world.own, people[Role.COURT])
        clients = {role: (browser(person), terminal(person)) for role, person in people.items()}
        for client in (one for pair in clients.values() for one in pair):
            client.raise_request_exception = False
        yield Narrow(world.hidden, world.own, clients)


@pytest.fixture(autouse=True)
def database(django_db_blocker: Any) -> Iterator[None]:
    """This file's world stays between its tests."""
    with django_db_blocker.unblock():
        yield


def _open_case(unit: Holdings, judge: Somebody) -> None:
    actor = unit.supervisor.actor
    with context.acting_as(actor, clock=utc_now), gate.opened():
        CourtAccess(
            case=unit.one("cases.Case"),
            person_id=judge.user.id,
            why="file 7",
            until=utc_now().date() + timedelta(days=7),
            **ownership(actor, legal_basis="seizure", purpose=Purpose.VICTIM_IDENTIFICATION),
        ).save(force_insert=True)


def shut(role: Role) -> list[Route]:
    def is_theirs(route: Route) -> bool:
        known = route.pattern in OWN_ACCOUNT or route.pattern in OPEN[role] or route.pattern in EXCUSED
        return known or route.pattern.startswith(ALSO_OWN)

    return [route for route in routes() if not is_theirs(route)]


def where(route: Route, unit: Holdings) -> str:
    kind = kind_of(route) if naming(route) else None
    return address(route, values_of(unit, kind)[0] if kind else "")


@pytest.mark.parametrize("role", list(OPEN))
def test_every_other_address_answers_no(narrow: Narrow, role: Role) -> None:
    pages, api = narrow.clients[role]
    asked, wrong = 0, []
    for route in shut(role):
        client = api if route.pattern.startswith("api/") else pages
        for method, unit in ASKED if naming(route) else ASKED[:2]:
            status, led, text = seen(client, method, where(route, getattr(narrow, unit)))
            asked += 1
            if (
                status not in CLOSED | UNREAD
                or traces(narrow.own, led + text)
                or traces(narrow.hidden, led + text)
            ):
                wrong.append(f"{method} {route.pattern}: {status} {led}")
    assert not wrong, "\n".join(wrong)
    assert asked > 300


@pytest.mark.parametrize("role", list(OPEN))
def test_the_lists_name_addresses_there_are(role: Role) -> None:
    patterns = {route.pattern for route in routes()}
    assert set(OPEN[role]) <= patterns
    assert set(OWN_ACCOUNT) <= patterns


@pytest.mark.parametrize("role", list(OPEN))
def test_their_own_account_holds_no_trace_of_anybody(narrow: Narrow, role: Role) -> None:
    pages, api = narrow.clients[role]
    for route in routes():
        if route.pattern in OWN_ACCOUNT and not naming(route):
            client = api if route.pattern.startswith("api/") else pages
            status, led, text = seen(client, "GET", address(route))
            assert status < 500
            assert traces(narrow.own, led + text) | traces(narrow.hidden, led + text) == set(), route.pattern


def test_a_court_reads_its_case_and_finds_no_trace_of_anything_else(narrow: Narrow) -> None:
    found: set[str] = set()
    for client, front in zip(narrow.clients[Role.COURT], ("", "api/v1/"), strict=True):
        for route in routes():
            if route.pattern in COURT and route.pattern.startswith("api/") == bool(front):
                status, _led, text = seen(client, "GET", where(route, narrow.own))
                assert status == 200, route.pattern
                assert traces(narrow.hidden, text) == set(), route.pattern
                found |= traces(narrow.own, text)
                if naming(route):
                    assert seen(client, "GET", where(route, narrow.hidden))[0] == 404
    words = {one for one in found if one.startswith(narrow.own.word)}
    assert {"otter-case", "otter-exhibit", "otter-path-1.jpg"} <= words
    assert not {
        one for one in words if one.startswith(("otter-series", "otter-list", "otter-title", "otter-note"))
    }


def test_a_partner_finds_nothing_of_anybody_at_its_own_addresses(narrow: Narrow) -> None:
    for client, front in zip(narrow.clients[Role.PARTNER], ("", "api/v1/"), strict=True):
        for route in routes():
            if route.pattern in PARTNER and route.pattern.startswith("api/") == bool(front):
                for unit in (narrow.own, narrow.hidden):
                    status, _led, text = seen(client, "GET", where(route, unit))
                    assert status == (404 if naming(route) else 200), route.pattern
                    assert traces(narrow.own, text) | traces(narrow.hidden, text) == set(), route.pattern


def test_the_rights_of_both_are_the_ones_read_here() -> None:
    own = {
        Permission.ACCOUNT_FACTOR_CHANGE,
        Permission.ACCOUNT_PASSWORD_SET,
        Permission.ACCOUNT_PREFERENCES_SET,
        Permission.ACCOUNT_SESSION_END,
        Permission.ACCOUNT_TOKEN_ISSUE,
        Permission.ACCOUNT_TOKEN_REVOKE,
    }
    court = {Permission.COURT_CASE_READ, Permission.MEDIA_VEIL_VIEW}
    partner = {Permission.PARTNER_SUBMISSION_MAKE, Permission.PARTNER_SUBMISSION_READ}
    assert ROLE_PERMISSIONS[Role.COURT] == own | court
    assert ROLE_PERMISSIONS[Role.PARTNER] == own | partner
