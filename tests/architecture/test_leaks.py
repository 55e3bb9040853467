"""Hidden equals absent, at every address: what one unit holds leaves no trace in what another unit is shown.

The addresses are found by walking the address map. One with a parameter nobody told this test how to fill fails it:
say in FILLED what the parameter names, and add a row of that kind to `factories.world` if there is none.
"""

import contextlib
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.test import Client

from factories.clients import browser, terminal
from factories.media import vault_in
from factories.people import add_passkey, add_person, add_unit
from factories.world import THIRD_COUNTRY, Holdings, build
from support.installed import checkpoint_key
from support.routes import Route, query_parameters_of_the_api, query_parameters_of_the_pages, routes
from vigie.kernel import context, sequencer
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.models import AuditEvent
from vigie.kernel.permissions import Role
from vigie.kernel.scope import UnitModel
from vigie.rooms.units.models import Agreement

pytestmark = pytest.mark.usefixtures("database")

PUBLIC_ID, ROW_ID = "public_id", "id"
CANARY = ("matching.Canary", PUBLIC_ID)
CASE, EXHIBIT, SUBMISSION = (
    ("cases.Case", PUBLIC_ID),
    ("cases.Exhibit", PUBLIC_ID),
    ("intake.Submission", PUBLIC_ID),
)
MATCH, NOTICE = ("matching.Candidate", PUBLIC_ID), ("matching.MatchNotice", PUBLIC_ID)
AGREEMENT = ("units.Agreement", ROW_ID)
PROPOSAL = ("approvals.Proposal", PUBLIC_ID)
CONTENT, SERIES = ("media.Content", PUBLIC_ID), ("series.Series", PUBLIC_ID)
REVIEW = ("retention.Review", PUBLIC_ID)
HOLD, ERASURE = ("cases.LegalHold", PUBLIC_ID), ("retention.Erasure", PUBLIC_ID)
COURT_ACCESS = ("cases.CourtAccess", PUBLIC_ID)
PARTNER_SUBMISSION = ("partners.PartnerSubmission", PUBLIC_ID)
PAIR, UPLOAD = ("matching.Candidate", "pair"), ("intake.ManifestEntry", "upload_id")
CERTIFICATE, EVENT = ("accounts.Certificate", ROW_ID), ("kernel.AuditEvent", ROW_ID)
CLIENT_CERTIFICATE = ("units.ClientCertificate", ROW_ID)
PASSKEY = ("mfa.Authenticator", "pk")
USERNAME, PERSON = ("person", "username"), ("person", ROW_ID)

FILLED: dict[str, tuple[str, str]] = {
    "canaries/<uuid:public_id>": CANARY,
    "cases/<uuid:public_id>": CASE,
    "exhibits/<uuid:public_id>": EXHIBIT,
    "matches/<uuid:public_id>": MATCH,
    "notices/<uuid:public_id>": NOTICE,
    "media/<uuid:public_id>": CONTENT,
    "series/<uuid:public_id>": SERIES,
    "approvals/<uuid:public_id>": PROPOSAL,
    "api/v1/approvals/<proposal>": PROPOSAL,
    "cases/courts/<uuid:public_id>": COURT_ACCESS,
    "court/cases/<uuid:public_id>": CASE,
    "court/exhibits/<uuid:public_id>": EXHIBIT,
    "cases/holds/<uuid:public_id>": HOLD,
    "erasures/<uuid:public_id>": ERASURE,
    "reviews/<uuid:public_id>": REVIEW,
    "erasures/order/<uuid:case>": CASE,
    "api/v1/cases/<case>": CASE,
    "api/v1/court/cases/<case>": CASE,
    "api/v1/court/exhibits/<exhibit>": EXHIBIT,
    "api/v1/courts/<access>": COURT_ACCESS,
    "api/v1/erasures/<erasure>": ERASURE,
    "api/v1/reviews/<review>": REVIEW,
    "api/v1/holds/<hold>": HOLD,
    "api/v1/exhibits/<exhibit>": EXHIBIT,
    "api/v1/submissions/<submission>": SUBMISSION,
    "api/v1/matches/<match>": MATCH,
    "api/v1/notices/<notice>": NOTICE,
    "api/v1/pairs/<pair>": PAIR,
    "api/v1/series/<series>": SERIES,
    "api/v1/lists/<known_list>": ("matching.KnownList", PUBLIC_ID),
    "api/v1/lookups/releases/<release>": ("matching.LookUpRelease", PUBLIC_ID),
    "api/v1/uploads/<uuid:upload_id>": UPLOAD,
    "agreements/<uuid:agreement>": AGREEMENT,
    "api/v1/agreements/<agreement>": AGREEMENT,
    "api/v1/certificates/<certificate_id>": CERTIFICATE,
    "api/v1/client-certificates/<certificate>": CLIENT_CERTIFICATE,
    "units/certificates/<uuid:certificate>": CLIENT_CERTIFICATE,
    "api/v1/people/<username>": USERNAME,
    "api/v1/sessions/<session>": ("accounts.Token", ROW_ID),
    "partners/<uuid:public_id>": PARTNER_SUBMISSION,
    "api/v1/partner/submissions/<submission>": PARTNER_SUBMISSION,
    "people/<str:username>": USERNAME,
    "second-factor/keys/<int:pk>": PASSKEY,
}
"""What the first parameter of an address names, by how the address begins."""
FIXED = {
    "role": Role.OVERSIGHT.value,
    "kind": "not-found",
    "act": "suspend",
    "code": "no-such-code",
    "form": "csv",
    "provider": "no-such-provider",
}
"""Parameters that name no record: a word of a list, or a secret nobody can guess."""
ASKED: dict[str, tuple[str, str]] = {
    "after": CASE,
    "cursor": EVENT,
    "entry": EVENT,
    "exhibit": EXHIBIT,
    "item": CONTENT,
    "person": PERSON,
    "subject": CASE,
    "submission": SUBMISSION,
    "reference": ("cases.Case", "reference"),
}
"""What may stand behind the question mark and names a record."""
ASKED_OTHERWISE: dict[str, dict[str, tuple[str, str]]] = {
    "asked/lists/": {"after": ("matching.ListHit", PUBLIC_ID)},
    "asked/": {"after": NOTICE},
    "series": {"after": SERIES},
    "erasures": {"after": ERASURE},
    "exhibits/<uuid:public_id>/": {"after": CONTENT},
    "api/v1/exhibits/<exhibit>/sealed": {"after": CONTENT},
    "court/exhibits/": {"after": CONTENT},
}
WORDS_ONLY = {
    "by",
    "check",
    "code",
    "error",
    "first_row",
    "iss",
    "left_out",
    "level",
    "limit",
    "name",
    "next",
    "old",
    "outcome",
    "period",
    "quiet",
    "row",
    "show",
    "size",
    "state",
    "unit",
    "verb",
    "view",
}
"""What may stand behind the question mark and names none."""
EXCUSED = {
    "doctor/": "names no record, and runs `vigie doctor` as a program of its own",
    "second-factor/set-up/": "shows a new secret at each call, and reads nothing",
    "sign-out/": "ends the session this test uses",
}


class World:
    """Unit A, which must not be seen, and unit B, which looks."""

    def __init__(self) -> None:
        third = add_unit("cas-viu", THIRD_COUNTRY)
        self.hidden = build("zebra", "alv-viu", "ALV", third)
        self.own = build("otter", "bor-viu", "BOR", third)
        sequencer.sequence()
        for unit in (self.hidden, self.own):
            lines = AuditEvent.objects.using("auditor").filter(unit=unit.investigator.actor.unit)
            unit.rows["kernel.AuditEvent"] = list(lines)
            unit.rows["units.Agreement"] = list(
                Agreement.objects.filter(organisation__units=unit.investigator.actor.unit)
            )
            unit.rows["person"] = [unit.investigator.user, unit.supervisor.user]
            people = (unit.investigator, unit.supervisor)
            unit.rows["mfa.Authenticator"] = [add_passkey(one.user, f"key of {one.user}") for one in people]
        self.clients = {
            "investigator": browser(self.own.investigator),
            "supervisor": browser(self.own.supervisor),
            "investigator's terminal": terminal(self.own.investigator),
            "supervisor's terminal": terminal(self.own.supervisor),
        }
        for client in self.clients.values():
            client.raise_request_exception = False


@contextlib.contextmanager
def two_units(folder: Path) -> Iterator[World]:
    """The unit that must not be seen and the one that looks, their log signed; afterwards the database is empty."""
    from support import database as ground

    with vault_in(folder), checkpoint_key() as key:
        made = World()
        sequencer.sign(key, now=utc_now())
        yield made
        ground.empty()


@pytest.fixture(scope="module")
def world(
    _database_server: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Made once for this file: what is asked with a GET changes nothing that others are shown."""
    with django_db_blocker.unblock(), two_units(tmp_path_factory.mktemp("vault")) as made:
        yield made


@pytest.fixture(autouse=True)
def database(django_db_blocker: Any) -> Iterator[None]:
    """This file's world stays between its tests."""
    with django_db_blocker.unblock():
        yield


def kind_of(route: Route) -> tuple[str, str] | None:
    for beginning, kind in FILLED.items():
        if route.pattern.startswith(beginning):
            return kind
    return None


def naming(route: Route) -> list[str]:
    return [name for name in route.parameters if name not in FIXED]


def values_of(unit: Holdings, kind: tuple[str, str]) -> list[str]:
    label, field = kind
    return [str(getattr(row, field)) for row in unit.rows[label]]


def absent(kind: tuple[str, str], near: str = "") -> str:
    """A value of the same form that names nothing; for a place in an order, one beside a value that does."""
    if kind == EVENT and near:
        return str(uuid.UUID(int=uuid.UUID(near).int ^ 1))
    if kind == PASSKEY:
        return str(10**9)
    return "nobody.here" if kind[1] in {"username", "reference"} else str(uuid.uuid4())


def with_records() -> list[Route]:
    return [route for route in routes() if naming(route) and route.pattern not in EXCUSED]


def without_records() -> list[Route]:
    return [route for route in routes() if not naming(route) and route.pattern not in EXCUSED]


def address(route: Route, value: str = "") -> str:
    return route.filled(FIXED | dict.fromkeys(naming(route), value))


def looks(found: list[Route]) -> Any:
    """Each address with everybody of unit B who looks at it: at pages by browser, at the API by command line."""
    pairs = [
        (route, f"{who}'s terminal" if route.pattern.startswith("api/") else who)
        for route in found
        for who in ("investigator", "supervisor")
    ]
    names = [f"{route.pattern or 'home'} - {who}" for route, who in pairs]
    return pytest.mark.parametrize(("route", "who"), pairs, ids=names)


MASKS = [
    (re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"'), "TOKEN"),
    (re.compile(r'(data-csrf|csrf)="?[\w-]{32,}"?'), "TOKEN"),
    (re.compile(r'"challenge": ?"[\w-]+"'), "TOKEN"),
    (re.compile(r'"X-CSRFToken": ?"[^"]+"', re.IGNORECASE), "TOKEN"),
    (re.compile(r"\b[A-Za-z0-9]{64}\b"), "TOKEN"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?( UTC)?"), "TIME"),
]


def seen(client: Client, method: str, where: str, value: str = "") -> tuple[int, str, str]:
    """Status, place led to and body of an answer, with the value asked for, tokens and times masked."""
    answer = client.generic(method, where)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text, led = body.decode("utf-8", "replace"), answer.headers.get("Location", "")
    for mask, word in MASKS:
        text = mask.sub(word, text)
    if value:
        for spelling in (value, value.replace("-", ""), value[-8:]):
            text, led = text.replace(spelling, "VALUE"), led.replace(spelling, "VALUE")
    return answer.status_code, led, text


def test_every_parameter_of_every_address_can_be_filled() -> None:
    unknown = [
        f"{route.pattern}: say in FILLED what <{naming(route)[0]}> names"
        for route in with_records()
        if kind_of(route) is None or len(naming(route)) > 1
    ]
    assert unknown == []


def test_every_question_behind_an_address_is_known() -> None:
    known = set(ASKED) | WORDS_ONLY
    api = {
        f"{path}?{name}: say in ASKED what it names"
        for path, name in query_parameters_of_the_api()
        if name not in known
    }
    pages = {
        f"?{name}: say in ASKED what it names"
        for name in query_parameters_of_the_pages()
        if name not in known
    }
    assert api | pages == set()


def test_the_hidden_unit_has_a_record_of_every_kind(world: World) -> None:
    missing = {m._meta.label for m in apps.get_models() if issubclass(m, UnitModel)} - set(world.hidden.rows)
    assert missing == set(), "add one to factories.world"
    assert all(world.hidden.rows.values())
    assert all(world.own.rows.values())


@looks(with_records())
def test_what_is_hidden_answers_like_what_is_absent(world: World, route: Route, who: str) -> None:
    kind = kind_of(route)
    assert kind is not None, "say in FILLED what the address names"
    client = world.clients[who]
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        nothing = absent(kind)
        expected = seen(client, method, address(route, nothing), nothing)
        assert expected[0] < 500, f"{method} {route.pattern}: {expected}"
        for value in values_of(world.hidden, kind):
            assert seen(client, method, address(route, value), value) == expected, f"{method} {route.pattern}"


@pytest.mark.parametrize("route", with_records(), ids=lambda route: route.pattern)
def test_the_same_addresses_answer_differently_for_what_is_ones_own(world: World, route: Route) -> None:
    """Otherwise the test above would hold for a program that answers nothing."""
    kind = kind_of(route)
    assert kind is not None
    client, nothing = world.clients["supervisor's terminal"], absent(kind)
    differs = [
        method
        for method in ("GET", "HEAD", "PATCH")
        if seen(client, method, address(route, values_of(world.own, kind)[0]))[0]
        != seen(client, method, address(route, nothing))[0]
    ]
    writes = {405, 403, 422}
    status = seen(client, "GET", address(route, nothing))[0]
    assert differs or status in writes or route.pattern in SAME_BY_DESIGN, f"{route.pattern}: {status}"


SAME_BY_DESIGN = {
    "second-factor/keys/<int:pk>/name/": "a page for browsers: the terminal asked with here has none, whoever's key it is",
    "second-factor/keys/<int:pk>/remove/": "a page for browsers, as above",
    "api/v1/series/<series>/members": "an empty list for a series one does not see",
    "api/v1/cases/<case>/exhibits": "an empty list for a case of others",
}


def traces(unit: Holdings, text: str) -> set[str]:
    text = unquote(text)
    words = set(re.findall(rf"[\w.-]*{unit.word}[\w.-]*", text, re.IGNORECASE))
    return words | {one for one in unit.identifiers() if one in text}


def meant(route: Route, name: str) -> tuple[str, str]:
    """What a question of this name asks about at this address."""
    for beginning, otherwise in ASKED_OTHERWISE.items():
        if route.pattern.removeprefix("api/v1/").startswith(beginning):
            return otherwise.get(name, ASKED[name])
    return ASKED[name]


def names_asked(route: Route) -> list[str]:
    """The names behind the question mark that this address may read and that name a record."""
    if route.pattern.startswith("api/"):
        return [
            name for path, name in query_parameters_of_the_api() if path == route.pattern and name in ASKED
        ]
    return sorted(query_parameters_of_the_pages() & set(ASKED) | {"subject", "person"})


def questions(route: Route, world: World) -> list[str]:
    """The addresses to ask: plain, and with every question that names a record of the hidden unit or none."""
    plain = address(route, values_of(world.own, kind)[0] if (kind := kind_of(route)) else "")
    asked = [plain]
    for name in names_asked(route):
        kind = meant(route, name)
        asked += [f"{plain}?{name}={value}" for value in (values_of(world.hidden, kind)[0], absent(kind))]
    return asked


@looks(with_records() + without_records())
def test_no_page_and_no_list_holds_a_trace_of_what_is_hidden(world: World, route: Route, who: str) -> None:
    for where in questions(route, world):
        status, led, text = seen(world.clients[who], "GET", where)
        assert status < 500, where
        found = traces(world.hidden, led + text)
        echoed = {part for part in re.split(r"[=&?/]", where) if part}
        assert {one for one in found if one not in echoed and one.replace("-", "") not in echoed} == set(), (
            where
        )


@pytest.mark.parametrize("route", without_records(), ids=lambda route: route.pattern or "home")
def test_a_question_about_something_hidden_answers_like_one_about_nothing(world: World, route: Route) -> None:
    for name in names_asked(route):
        kind = meant(route, name)
        for value in values_of(world.hidden, kind)[:2]:
            nothing = absent(kind, near=value)
            hidden, expected = (
                seen(world.clients["supervisor"], "GET", f"{address(route)}?{name}={asked}", asked)
                for asked in (value, nothing)
            )
            assert hidden == expected, f"{route.pattern}?{name}"


def test_the_pages_do_show_what_is_ones_own(world: World) -> None:
    """The search for traces finds them where they belong."""
    found: set[str] = set()
    for route in without_records() + with_records():
        for where in questions(route, world)[:1]:
            found |= traces(world.own, seen(world.clients["supervisor"], "GET", where)[2])
    assert {"otter-case", "otter-exhibit", "otter-title", "otter-series-0", "otter.inv"} <= found


def readers(world: World) -> list[Actor]:
    return [
        person.actor for unit in (world.hidden, world.own) for person in (unit.investigator, unit.supervisor)
    ]


def test_who_sees_a_row_sees_the_rows_it_belongs_to(world: World) -> None:
    """Closed: a query may join a parent without asking again whether it may be seen."""
    checked = 0
    for actor in readers(world):
        with context.acting_as(actor, clock=utc_now):
            for model in apps.get_models():
                if not issubclass(model, UnitModel):
                    continue
                for field in model._meta.concrete_fields:
                    parent = field.related_model
                    if (
                        not field.is_relation
                        or not isinstance(parent, type)
                        or not issubclass(parent, UnitModel)
                    ):
                        continue
                    seen_parents = set(parent.objects.for_actor(actor).values_list("pk", flat=True))
                    needed = set(model.objects.for_actor(actor).values_list(field.attname, flat=True)) - {
                        None
                    }
                    assert needed <= seen_parents, f"{model._meta.label}.{field.name}"
                    checked += len(needed)
    assert checked > 100


def test_those_who_look_after_staff_read_no_row_with_case_data(world: World) -> None:
    add_unit("dre-office", "DRE")
    for role in (Role.ADMINISTRATOR, Role.GATEWAY):
        _reads_no_case_data(add_person(role.value, "dre-office", role).actor)


def test_a_gateway_reads_no_row_with_case_data_of_the_units_of_its_country(world: World) -> None:
    add_unit("alv-gateway", "ALV")
    gateway = add_person("alva", "alv-gateway", Role.GATEWAY).actor
    _reads_no_case_data(gateway)
    with context.acting_as(gateway, clock=utc_now):
        assert apps.get_model("accounts.Token").objects.for_actor(gateway).exists()


STAFF_RECORDS = {
    "accounts.Certificate",
    "accounts.ProviderIdentity",
    "accounts.RoleGrant",
    "accounts.Token",
    "units.ClientCertificate",
}
"""What those read who look after staff: records about people and lines, none with case data."""


def _reads_no_case_data(carer: Actor) -> None:
    with context.acting_as(carer, clock=utc_now):
        for model in apps.get_models():
            if issubclass(model, UnitModel) and model._meta.label not in STAFF_RECORDS:
                assert not model.objects.for_actor(carer).exists(), model._meta.label
