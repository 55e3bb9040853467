"""Two databases from one seed, with and without a thousand holdings kept silent: the asker is shown the same.

Every page and every answer of the API is asked for by walking the address map, as in `test_leaks`. What a list of times
says is in `tests/faults/test_silent_times.py`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from architecture.test_leaks import EXCUSED, FIXED, kind_of, naming
from factories.cases import opened_case, opened_exhibit
from factories.clients import browser, terminal
from factories.intake import line, opened_submission
from factories.matching import matcher_in_place, matching_service
from factories.media import vault_in
from factories.people import Somebody, add_person, add_unit
from factories.world import Holdings, build
from support import database as ground
from support.installed import checkpoint_key
from support.routes import Route, routes
from support.silence import same_distribution, shown
from vigie.engines.hashing.digests import digest_bytes
from vigie.kernel import context, gate, sequencer
from vigie.kernel.actors import Purpose, utc_now
from vigie.kernel.models import AuditLeaf
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.kernel.scope import ownership
from vigie.rooms.intake import operations as intake
from vigie.rooms.matching import operations
from vigie.rooms.matching.tasks import deliver
from vigie.rooms.media.models import Content, Fingerprint
from vigie.rooms.oversight import queries as oversight
from vigie.rooms.units.models import Agreement

pytestmark = pytest.mark.timeout(400)  # two databases are made and walked
HIDDEN = 1_000
ABOUT_NOBODY = ("about/", "api/v1/openapi.json", "enrol/", "health", "help/", "second-factor", "sign-in/")
"""Addresses that read no record of anybody's: walked in `test_leaks`, and left out here to keep the suite short."""
Pages = dict[str, tuple[int, str, str]]


def drawn(number: int) -> bytes:
    """The bytes of one file, the same in both databases."""
    return f"a drawn lamp, number {number}".encode()


def code(number: int) -> bytes:
    """Its PDQ code."""
    return np.random.default_rng(number).bytes(32)


def keep_silent(owner: Somebody, asker: Holdings) -> None:
    """The owner holds a thousand files, half of them silent for everybody, half excluding the asker's country.

    Among them are those the asker holds, looks up and announces.
    """
    actor = owner.actor
    owned_by = {"owner_unit": actor.unit, "owner_country": actor.country}
    contents, prints = [], []
    theirs = [
        ({"sha256": row.sha256, "sha1": row.sha1, "md5": row.md5, "size": row.size}, row.pdq)
        for row in asker.rows["media.Fingerprint"]
    ]
    drawings = [
        (dict(zip(("md5", "sha1", "sha256", "size"), _digests(n), strict=True)), code(n))
        for n in range(HIDDEN - len(theirs))
    ]
    with context.acting_as(actor, clock=utc_now), gate.opened():
        owned = ownership(actor, legal_basis="seizure", purpose=Purpose.VICTIM_IDENTIFICATION)
        for number, (digests, pdq) in enumerate([*theirs, *drawings]):
            wishes: dict[str, Any] = (
                {"audience": Audience.UNIT.value, "answer_outside": AnswerOutside.SILENT.value}
                if number % 2
                else {"audience": Audience.COMMUNITY.value, "excluded": ["BOR"]}
            )
            row = Content(**owned, **digests, **wishes, kind="picture", format="jpeg", holding="own_copy")
            contents.append(row)
            prints.append(
                Fingerprint(
                    **owned_by,
                    **digests,
                    **{"listed": [], "excluded": [], "answer_outside": "contact_only"} | wishes,
                    recorded_by=actor.id,
                    recorded_at=utc_now(),
                    content=row,
                    public_id=row.public_id,
                    pdq=pdq,
                    quality=100,
                )
            )
        Content.objects.bulk_create(contents)
        Fingerprint.objects.bulk_create(prints)


def _digests(number: int) -> tuple[bytes, bytes, bytes, int]:
    found = digest_bytes(drawn(number))
    return found.md5, found.sha1, found.sha256, found.size


def work(unit: Holdings) -> dict[str, str]:
    """The asker hands in, looks up and announces; returns what it was told in answer."""
    from support.silence import masked

    actor = unit.investigator.actor
    service = matching_service(actor)
    contents = [row.pk for row in unit.rows["media.Content"]]
    with act_as(service, clock=utc_now):
        matched = operations.match_contents(service, None, contents)
    case = opened_case(actor, "S-1", legal_basis="seizure")
    exhibit = opened_exhibit(actor, "S-2", case=case)
    rows = [
        *({"sha256": digest_bytes(drawn(number)).sha256.hex()} for number in range(0, 400, 10)),
        *({"pdq": code(number).hex(), "quality": 100} for number in range(5, 400, 10)),
        {"md5": digest_bytes(drawn(3)).md5.hex()},
        {"sha256": "00" * 32},
    ]
    body = {"case": str(case), "exhibit": str(exhibit), "entries": rows, "variants": "all"}
    answer = terminal(unit.investigator).post("/api/v1/lookups", body, content_type="application/json")
    assert answer.status_code == 200
    told = json.loads(b"".join(answer.streaming_content))
    assert len(told["results"]) == len(rows)
    submission = opened_submission(actor, exhibit)
    with act_as(actor, clock=utc_now):
        answered = intake.manifest(actor, submission, [line(n, drawn(n)) for n in range(40)])
    return {
        "look-up": masked(json.dumps(told)),
        "matched": f"{matched.asked} {matched.new_answers} {len(matched.own)} {len(matched.near_limit)}",
        "manifest": masked(repr(answered)),
    }


def tell_owners() -> None:
    """Everybody has been told, every answer is published, and every line of the log has its place."""
    with ground.administrator() as connection:
        connection.execute("UPDATE match_delivery SET deliver_after = now() - interval '1 second'")
        connection.execute("UPDATE matching_candidate SET published_at = published_at - interval '5 seconds'")
    deliver(0)
    sequencer.sequence()


def filled(route: Route, unit: Holdings) -> str:
    kind = kind_of(route)
    value = str(getattr(unit.rows[kind[0]][0], kind[1])) if kind else ""
    return route.filled(FIXED | dict.fromkeys(naming(route), value))


def walk(unit: Holdings) -> Pages:
    """Every address, by the asker's two people, for a record of its own where it names one."""
    clients: dict[str, tuple[Client, Client]] = {
        "investigator": (browser(unit.investigator), terminal(unit.investigator)),
        "supervisor": (browser(unit.supervisor), terminal(unit.supervisor)),
    }
    found: Pages = {}
    for route in routes():
        if route.pattern in EXCUSED or route.pattern.startswith(ABOUT_NOBODY):
            continue
        for who, (pages, api) in clients.items():
            client = api if route.pattern.startswith("api/") else pages
            client.raise_request_exception = False
            found[f"{route.pattern} {who}"] = shown(client, filled(route, unit))
    return found


class Shown:
    """One database, as its asker sees it."""

    def __init__(self, folder: Path, *, hidden: bool) -> None:
        third = add_unit("cas-viu", "CAS")
        add_unit("alv-viu", "ALV")
        keeper = add_person("keeper", "alv-viu", Role.SUPERVISOR)
        with vault_in(folder), checkpoint_key() as key, matcher_in_place():
            unit = build("otter", "bor-viu", "BOR", third)
            unit.rows["person"] = [unit.investigator.user, unit.supervisor.user]
            unit.rows["units.Agreement"] = list(
                Agreement.objects.filter(organisation__units=unit.investigator.actor.unit)
            )
            if hidden:
                keep_silent(keeper, unit)
            self.told = work(unit)
            tell_owners()
            sequencer.sign(key, now=utc_now())
            unit.rows["kernel.AuditEvent"] = []
            unit.rows["matching.Candidate"] = unit.rows["matching.Candidate"][:1]
            self.pages = walk(unit)
            with act_as(unit.supervisor.actor, clock=utc_now):
                self.own_lines = oversight.log_state(unit.supervisor.actor).entries
            self.whole_log = AuditLeaf.objects.using("auditor").count()
            with ground.administrator() as look:
                row = look.execute(
                    "SELECT count(*), count(DISTINCT level) FROM matching_matchnotice"
                ).fetchone()
            self.notices = row or (0, 0)


@pytest.fixture(scope="module")
def both(
    _database_server: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shown, Shown]]:
    """The same seed twice, without and with what is hidden."""
    with django_db_blocker.unblock():
        made = []
        for hidden in (False, True):
            made.append(Shown(tmp_path_factory.mktemp("vault"), hidden=hidden))
            ground.empty()
        yield made[0], made[1]


def test_the_owner_of_what_is_hidden_was_told_of_the_hits(both: tuple[Shown, Shown]) -> None:
    """Otherwise the comparison below would compare two databases nobody asked anything."""
    without, with_hidden = both
    assert with_hidden.notices[0] - without.notices[0] >= 80


def test_what_the_asker_is_told_is_the_same(both: tuple[Shown, Shown]) -> None:
    without, with_hidden = both
    assert without.told == with_hidden.told


def test_every_page_and_every_answer_is_the_same(both: tuple[Shown, Shown]) -> None:
    without, with_hidden = both
    assert len(without.pages) > 80
    assert sum(status == 200 for status, _led, _text in without.pages.values()) > 50
    differing = {
        where: [
            (one, other)
            for one, other in zip(page[2].split(), with_hidden.pages[where][2].split(), strict=False)
            if one != other
        ][:3]
        for where, page in without.pages.items()
        if page != with_hidden.pages[where]
    }
    assert differing == {}
    assert without.pages.keys() == with_hidden.pages.keys()


def test_a_count_of_the_whole_log_would_have_told(both: tuple[Shown, Shown]) -> None:
    """The broken build: owners are told in the log, one line each, and whoever sees how long it is counts them."""
    without, with_hidden = both
    assert without.own_lines == with_hidden.own_lines
    assert without.whole_log != with_hidden.whole_log


def test_the_two_sample_test_tells_distributions_apart_and_equal_ones_not() -> None:
    chance = np.random.default_rng(5)
    same = [float(x) for x in chance.uniform(0, 1, 4_000)]
    again = [float(x) for x in chance.uniform(0, 1, 4_000)]
    moved = [x + 0.06 for x in again]
    assert same_distribution(same, again) > 0.01
    assert same_distribution(same, moved) < 0.01
    assert same_distribution([0.5] * 50, [0.5] * 50) == 1.0
    assert same_distribution([0.5] * 50, [0.6] * 50) < 1e-6
