"""Fifty questions whose answer could betray a record somebody else keeps to itself: none does.

Taken names, numbers in a row, counts, filters, cursors, error texts (reference test 21). Each probe is put twice, about
something the hidden unit has and about nothing; status, place and body are the same once the value itself is masked.
"""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from architecture.test_leaks import (
    CANARY,
    CASE,
    CERTIFICATE,
    CONTENT,
    EVENT,
    EXHIBIT,
    MATCH,
    NOTICE,
    PAIR,
    PERSON,
    SERIES,
    SUBMISSION,
    UPLOAD,
    USERNAME,
    World,
    absent,
    two_units,
    values_of,
)
from factories.cases import opened_case
from support.silence import masked, shown
from vigie.kernel import sequencer
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.policy import Audience
from vigie.rooms.series.operations import create_series
from vigie.rooms.series.queries import series_list

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.timeout(300)]

REFERENCE, EXHIBIT_NAME = ("cases.Case", "reference"), ("cases.Exhibit", "reference")
SERIES_NAME, LIST_NAME = ("series.Series", "name"), ("matching.KnownList", "name")
LIST, RELEASE = ("matching.KnownList", "public_id"), ("matching.LookUpRelease", "public_id")
HIT, DIGEST, UNIT = (
    ("matching.ListHit", "public_id"),
    ("media.Content", "sha256"),
    ("cases.Case", "owner_unit"),
)
BASIS = {"legal_basis": "seizure"}
Own = dict[str, str]


@dataclasses.dataclass(frozen=True)
class Probe:
    """One question: what it is about, and how it is put by somebody of the other unit."""

    about: tuple[str, str]
    put: Callable[[World, Own, str], Any]


@pytest.fixture(scope="module")
def world(
    _database_server: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with django_db_blocker.unblock(), two_units(tmp_path_factory.mktemp("vault")) as made:
        yield made


@pytest.fixture(autouse=True)
def database(django_db_blocker: Any) -> Iterator[None]:
    """This file's world stays between its tests."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def own(world: World) -> Own:
    """What the asker has itself."""
    unit = world.own
    return {
        "case": str(unit.one("cases.Case").public_id),
        "exhibit": str(unit.one("cases.Exhibit").public_id),
        "submission": str(unit.one("intake.Submission").public_id),
        "content": str(unit.one("media.Content").public_id),
        "series": str(unit.one("series.Series").public_id),
        "release": str(unit.one("matching.LookUpRelease").public_id),
    }


def page(world: World) -> Client:
    return world.clients["supervisor"]


def api(world: World) -> Client:
    return world.clients["supervisor's terminal"]


def sent(method: str, place: str, **body: Any) -> Callable[[World, Own, str], Any]:
    """A request of the API; `VALUE` stands for what is asked about, and own records by their names in braces."""

    def put(world: World, own: Own, value: str) -> Any:
        def named(part: Any) -> Any:
            text = json.dumps(part).replace("VALUE", value)
            for name, known in own.items():
                text = text.replace("{" + name + "}", known)
            return json.loads(text)

        return api(world).generic(
            method, named(f"/api/v1/{place}"), json.dumps(named(body)), content_type="application/json"
        )

    return put


def looked_at(place: str) -> Callable[[World, Own, str], Any]:
    """A page that is opened."""
    return lambda world, _own, value: page(world).get(place.replace("VALUE", value))


def posted(place: str, **form: str) -> Callable[[World, Own, str], Any]:
    """A form that is sent from a page."""
    return lambda world, _own, value: page(world).post(
        place.replace("VALUE", value), {name: text.replace("VALUE", value) for name, text in form.items()}
    )


def a_list(world: World, _own: Own, value: str) -> Any:
    file = SimpleUploadedFile("l.csv", b"sha256\n" + b"0" * 64 + b"\n")
    facts = {"name": value, "source": "S", "version": "zebra-v1", "role": "flag", **BASIS}
    answer = api(world).post("/api/v1/lists", {**facts, "file": file})
    if answer.status_code == 201:
        api(world).delete(f"/api/v1/lists/{answer.json()['public_id']}")
    return answer


def a_manifest(place: int) -> Callable[[World, Own, str], Any]:
    """The digest of a file the hidden unit holds is announced."""

    def put(world: World, own: Own, value: str) -> Any:
        line = {"entry": 900 + place, "path": "a.jpg", "bytes": 9, "md5": "0" * 32, "sha1": "0" * 40}
        # an entry that changes its file is decided anew: the second probe finds what the first found
        return sent("POST", "submissions/{submission}/manifest", entries=[{**line, "sha256": value}])(
            world, own, value
        )

    return put


PROBES: dict[str, Probe] = {
    # taken names
    "a case of the same reference": Probe(
        REFERENCE, sent("POST", "cases", reference="VALUE", share="none", **BASIS)
    ),
    "a case of the same reference, on the page": Probe(
        REFERENCE, posted("/cases/open/", reference="VALUE", share="none", legal_basis="none")
    ),
    "a case found by its reference": Probe(REFERENCE, sent("GET", "cases/by-reference?reference=VALUE")),
    "an exhibit of the same reference": Probe(
        EXHIBIT_NAME, sent("POST", "cases/{case}/exhibits", reference="VALUE")
    ),
    "a series of the same name": Probe(
        SERIES_NAME, sent("POST", "series", name="VALUE", audience="unit", **BASIS)
    ),
    "a known list of the same name": Probe(LIST_NAME, a_list),
    "a sign-in by name": Probe(
        USERNAME, sent("POST", "tokens", username="VALUE", password="wrong", code="000000")
    ),
    "a release for a person": Probe(
        USERNAME,
        sent(
            "POST",
            "lookups/releases",
            person="VALUE",
            case="{case}",
            most_hashes=5,
            valid_until="2999-01-01T00:00:00Z",
        ),
    ),
    "a certificate for a person": Probe(USERNAME, sent("POST", "people/VALUE/certificates", course="C")),
    "a role for a person": Probe(USERNAME, sent("POST", "people/VALUE/roles", role="supervisor")),
    "a role taken from a person": Probe(USERNAME, sent("DELETE", "people/VALUE/roles/investigator")),
    # digests in manifests
    **{f"a manifest with digest {n}": Probe(DIGEST, a_manifest(n)) for n in range(4)},
    # ids in error texts and answers
    "a case": Probe(CASE, sent("GET", "cases/VALUE")),
    "an exhibit in a case": Probe(CASE, sent("POST", "cases/VALUE/exhibits", reference="X")),
    "a custody record": Probe(EXHIBIT, sent("GET", "exhibits/VALUE/custody")),
    "a submission": Probe(SUBMISSION, sent("GET", "submissions/VALUE")),
    "a submission closed": Probe(SUBMISSION, sent("POST", "submissions/VALUE/close")),
    "a manifest of a submission": Probe(SUBMISSION, sent("POST", "submissions/VALUE/manifest", entries=[])),
    "failures of a submission": Probe(SUBMISSION, sent("GET", "submissions/VALUE/failures.csv")),
    "a parcel of a submission": Probe(SUBMISSION, sent("POST", "submissions/VALUE/parcel")),
    "a submission under an exhibit": Probe(
        EXHIBIT, sent("POST", "submissions", case="{case}", exhibit="VALUE", source="command_line")
    ),
    "a submission under a case": Probe(
        CASE, sent("POST", "submissions", case="VALUE", exhibit="{exhibit}", source="command_line")
    ),
    "submissions of an exhibit": Probe(EXHIBIT, sent("GET", "submissions?exhibit=VALUE")),
    "an upload": Probe(UPLOAD, sent("HEAD", "uploads/VALUE")),
    "an upload going on": Probe(UPLOAD, sent("PATCH", "uploads/VALUE")),
    "a look-up under a case": Probe(
        CASE, sent("POST", "lookups", case="VALUE", exhibit="{exhibit}", entries=[{"md5": "0" * 32}])
    ),
    "a look-up under an exhibit": Probe(
        EXHIBIT, sent("POST", "lookups", case="{case}", exhibit="VALUE", entries=[{"md5": "0" * 32}])
    ),
    "a look-up in bulk by a release": Probe(
        RELEASE, sent("POST", "lookups/bulk?case={case}&exhibit={exhibit}&release=VALUE")
    ),
    "a release in a case": Probe(
        CASE,
        sent(
            "POST",
            "lookups/releases",
            person="otter.inv",
            case="VALUE",
            most_hashes=5,
            valid_until="2999-01-01T00:00:00Z",
        ),
    ),
    "a release taken back": Probe(RELEASE, sent("DELETE", "lookups/releases/VALUE")),
    "a list withdrawn": Probe(LIST, sent("DELETE", "lists/VALUE")),
    "a certificate ended": Probe(CERTIFICATE, sent("DELETE", "certificates/VALUE")),
    "a match": Probe(MATCH, sent("GET", "matches/VALUE")),
    "matches of a submission": Probe(SUBMISSION, sent("GET", "matches?submission=VALUE")),
    "a notice": Probe(NOTICE, sent("GET", "notices/VALUE")),
    "a verdict on a pair": Probe(PAIR, sent("POST", "pairs/VALUE/verdict", opinion="same_item")),
    "a verdict taken back": Probe(PAIR, sent("DELETE", "pairs/VALUE/verdict")),
    "a question about a pair": Probe(PAIR, sent("POST", "pairs/VALUE/question", words="why")),
    "a series": Probe(SERIES, sent("GET", "series/VALUE")),
    "members of a series": Probe(SERIES, sent("GET", "series/VALUE/members")),
    "an own item in a series": Probe(
        SERIES, sent("POST", "series/VALUE/members", content="{content}", basis="person")
    ),
    "an item in an own series": Probe(
        CONTENT, sent("POST", "series/{series}/members", content="VALUE", basis="person")
    ),
    "a clear picture": Probe(CONTENT, looked_at("/media/VALUE/clear/")),
    "a reason for a clear picture": Probe(CONTENT, posted("/media/VALUE/reason/", reason="court")),
    "a canary retired": Probe(CANARY, posted("/canaries/VALUE/retire/")),
    # filters and cursors
    "cases from behind a case": Probe(CASE, sent("GET", "cases?after=VALUE")),
    "series from behind a series": Probe(SERIES, sent("GET", "series?after=VALUE")),
    "matches from behind a match": Probe(MATCH, looked_at("/matches/?after=VALUE")),
    "notices from behind a notice": Probe(NOTICE, looked_at("/notices/?after=VALUE")),
    "questions of a unit": Probe(UNIT, looked_at("/asked/export/?unit=VALUE")),
    "questions about an item": Probe(CONTENT, looked_at("/asked/export/?item=VALUE")),
    "questions from behind a notice": Probe(NOTICE, looked_at("/asked/?after=VALUE")),
    "hits on lists from behind a hit": Probe(HIT, looked_at("/asked/lists/?after=VALUE")),
    "the log of a person": Probe(PERSON, looked_at("/log/?person=VALUE")),
    "the log about a record": Probe(CASE, looked_at("/log/?subject=VALUE")),
    "an entry of the log": Probe(EVENT, looked_at("/log/?entry=VALUE")),
    "the log before an entry": Probe(EVENT, sent("GET", "audit?cursor=VALUE")),
}


def value_of(world: World, probe: Probe, name: str) -> str:
    if probe.about == DIGEST:
        place = int(name[-1])
        return bytes(world.hidden.rows["media.Content"][place].sha256).hex()  # type: ignore[attr-defined]
    return values_of(world.hidden, probe.about)[0]


def nothing(probe: Probe, near: str) -> str:
    if probe.about == DIGEST:
        return near[::-1]
    if probe.about in {EXHIBIT_NAME, SERIES_NAME, LIST_NAME, REFERENCE}:
        return near.replace("zebra", "nobody")
    return absent(probe.about, near=near)


def answer(world: World, own: Own, probe: Probe, value: str) -> tuple[int, str, str]:
    found = probe.put(world, own, value)
    body = b"".join(found.streaming_content) if found.streaming else found.content
    text, led = body.decode("utf-8-sig", "replace"), found.headers.get("Location", "")
    for spelling in (value, value.replace("-", ""), value[-8:]):
        text, led = text.replace(spelling, "VALUE"), led.replace(spelling, "VALUE")
    return found.status_code, masked(led), re.sub(r"ALV-\d+|BOR-\d+", "NUMBER", masked(text))


def test_there_are_fifty_of_them() -> None:
    assert len(PROBES) >= 50


@pytest.mark.parametrize("name", PROBES)
def test_the_probe_learns_nothing(world: World, own: Own, name: str) -> None:
    probe = PROBES[name]
    value = value_of(world, probe, name)
    hidden = answer(world, own, probe, value)
    expected = answer(world, own, probe, nothing(probe, value))
    assert hidden == expected
    assert expected[0] < 500


def test_the_same_probes_tell_of_what_is_ones_own(world: World, own: Own) -> None:
    """Otherwise fifty equal answers would prove nothing: put about one's own records, most differ from nothing."""
    differing = 0
    for probe in PROBES.values():
        if probe.about == DIGEST:
            continue
        value = values_of(world.own, probe.about)[0]
        differing += answer(world, own, probe, value) != answer(
            world, own, probe, nothing_of_own(probe, value)
        )
    assert differing >= 25


def nothing_of_own(probe: Probe, near: str) -> str:
    if probe.about in {EXHIBIT_NAME, SERIES_NAME, LIST_NAME, REFERENCE}:
        return f"nothing-{near}"
    return absent(probe.about, near=near)


COUNTED = (
    "/",
    "/cases/",
    "/matches/",
    "/notices/",
    "/asked/",
    "/asked/lists/",
    "/canaries/",
    "/unusual/",
    "/units/",
)


def test_what_somebody_else_does_moves_no_number(world: World) -> None:
    places = (*COUNTED, "/api/v1/cases", "/api/v1/series", "/api/v1/audit/state", "/api/v1/me", "/log/")

    def all_shown() -> dict[str, tuple[int, str, str]]:
        sequencer.sequence()
        return {
            place: shown(api(world) if place.startswith("/api/") else page(world), place) for place in places
        }

    all_shown()
    before = all_shown()
    actor = world.hidden.investigator.actor
    for number in range(3):
        opened_case(actor, f"zebra-more-{number}", legal_basis="seizure")
        with act_as(actor, clock=utc_now):
            create_series(
                actor,
                name=f"zebra-more-{number}",
                legal_basis="seizure",
                purpose=actor.purpose,
                audience=Audience.UNIT,
            )
    assert all_shown() == before


def test_numbers_of_series_run_by_owner(world: World) -> None:
    """Between two of one's own the other unit's make no gap."""

    def made(person: Any, word: str) -> int:
        actor = person.actor
        with act_as(actor, clock=utc_now):
            create_series(
                actor, name=word, legal_basis="seizure", purpose=actor.purpose, audience=Audience.UNIT
            )
            return int(series_list(actor).series[0].number.rpartition("-")[2])

    first = made(world.own.investigator, "otter-a")
    made(world.hidden.investigator, "zebra-b")
    assert made(world.own.investigator, "otter-c") == first + 1
