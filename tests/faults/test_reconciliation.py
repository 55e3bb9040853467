"""Every act has its line in the log, and every opened key its line: 0 unreconciled (reference test 32).

What happened is counted by others than the program: writes by the database, openings by the provider of keys.
"""

import json
import os
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client

from demo.demonstration import copied_home, demonstration
from factories.media import intake_service, new_content, record, recorded, terms_of, vault_in
from factories.people import Somebody, add_person, add_unit
from factories.web import browser
from support.database import administrator
from support.reconciling import CountingKeys, noted, unexplained, unreconciled, written
from vigie.backends.postgres import admin_parameters
from vigie.config.schema import Settings
from vigie.kernel import jobs
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Invalid
from vigie.kernel.operation import about, act_as, operation
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.media.models import Content
from vigie.rooms.media.operations import check_stored, rewrap_some, tighten_visibility, veiled_page
from vigie.rooms.media.schemas import ClearReason

STEPS = int(os.environ.get("VIGIE_STEPS", "1000"))
CONTENTS = 12
OPENS = {
    Permission.MEDIA_CLEAR_VIEW.value,
    Permission.MEDIA_VEIL_VIEW.value,
    Permission.MEDIA_ORIGINAL_CHECK.value,
    Permission.MEDIA_ORIGINAL_PROCESS.value,
    Permission.MEDIA_KEY_REWRAP.value,
}


@dataclass
class Desk:
    """Two units that look at the first one's contents, and what others than the program saw of it."""

    ines: Somebody
    bela: Somebody
    keys: CountingKeys
    admin: "psycopg.Connection[Any]"
    contents: list[Any]
    broken: uuid.UUID
    """Its bytes are no picture."""
    client: Client
    chance: random.Random

    def some(self) -> list[Any]:
        return self.chance.sample(self.contents, self.chance.randint(1, len(self.contents)))

    def custodian(self) -> Any:
        return jobs.OnBehalf.of(self.ines.actor).service(Role.SERVICE_CUSTODY)


def unreadable(person: Somebody) -> uuid.UUID:
    service = intake_service(person.actor)
    with act_as(service, clock=utc_now):
        [row] = record(service, [new_content(b"no picture", 99)], terms_of(person.actor)).values()
        return Content.objects.for_actor(service).get(id=row).public_id


@pytest.fixture
def desk(database: None, tmp_path: Path) -> Iterator[Desk]:
    with vault_in(tmp_path) as vault, administrator() as admin, noted(admin):
        keys = CountingKeys(vault._keys, admin)
        vault._keys = keys
        add_unit("alv", "ALV")
        add_unit("bor", "BOR")
        ines, bela = add_person("ines", "alv"), add_person("bela", "bor")
        contents = [recorded(ines.actor, seed) for seed in range(CONTENTS)]
        yield Desk(ines, bela, keys, admin, contents, unreadable(ines), browser(ines), random.Random(32))


def look_veiled(desk: Desk) -> None:
    actor = desk.chance.choice([desk.ines, desk.bela]).actor
    with act_as(actor, clock=utc_now):
        veiled_page(actor, desk.some())


def look_clearly(desk: Desk) -> None:
    content = desk.chance.choice(desk.contents)
    reason = desk.chance.choice(list(ClearReason)).value
    desk.client.post(f"/media/{content}/reason/", {"reason": reason}, headers={"Accept": "image/jpeg"})
    answer = desk.client.get(f"/media/{content}/clear/", headers={"Accept": "image/jpeg"})
    assert answer.status_code == 200
    assert len(answer.content) > 100


def look_at_a_page(desk: Desk) -> None:
    assert desk.client.get(f"/media/{desk.chance.choice(desk.contents)}/").status_code == 200


def look_from_outside(desk: Desk) -> None:
    content = desk.chance.choice(desk.contents)
    answer = browser(desk.bela).get(f"/media/{content}/clear/", headers={"Accept": "*/*"})
    assert answer.status_code in {403, 404}


def look_at_what_cannot_be_shown(desk: Desk) -> None:
    headers = {"Accept": "image/jpeg, application/problem+json"}
    desk.client.post(f"/media/{desk.broken}/reason/", {"reason": "categorise"}, headers=headers)
    answer = desk.client.get(f"/media/{desk.broken}/clear/", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cannot-be-shown")


def check(desk: Desk) -> None:
    with act_as(desk.custodian(), clock=utc_now):
        check_stored(desk.custodian(), limit=desk.chance.randint(1, CONTENTS))


def move_keys(desk: Desk) -> None:
    desk.keys.rotate("ALV", 2026)
    with act_as(desk.custodian(), clock=utc_now):
        rewrap_some(desk.custodian())


def tighten(desk: Desk) -> None:
    audience = desk.chance.choice([Audience.COMMUNITY, Audience.COUNTRY])
    try:
        with act_as(desk.ines.actor, clock=utc_now):
            tighten_visibility(
                desk.ines.actor,
                desk.contents[0],
                audience=audience,
                answer_outside=AnswerOutside.CONTACT_ONLY,
            )
    except Invalid:
        pass  # it was as narrow already


WALK: tuple[Callable[[Desk], None], ...] = (
    look_veiled,
    look_clearly,
    look_at_a_page,
    look_from_outside,
    look_at_what_cannot_be_shown,
    check,
    move_keys,
    tighten,
)


def walk(desk: Desk, steps: int) -> None:
    """Every step at least once, then whatever chance says."""
    for step in (*WALK, *desk.chance.choices(WALK, k=steps)):
        step(desk)


def faults(desk: Desk) -> tuple[dict[str, int], list[str]]:
    return unreconciled(desk.admin), unexplained(desk.admin, desk.keys.openings, OPENS)


def test_every_write_and_every_opening_of_a_walk_has_its_line(desk: Desk) -> None:
    walk(desk, 20)
    assert faults(desk) == ({}, [])
    assert len(desk.keys.openings) > 50
    assert written(desk.admin)["media_rendition"] >= 1


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_every_write_and_every_opening_of_a_long_walk_has_its_line(desk: Desk, record_property: Any) -> None:
    walk(desk, STEPS)
    record_property("openings", len(desk.keys.openings))
    record_property("transactions", written(desk.admin))
    assert faults(desk) == ({}, [])


def test_an_opening_beside_the_log_is_found(desk: Desk) -> None:
    with act_as(desk.ines.actor, clock=utc_now):
        row = Content.objects.for_actor(desk.ines.actor).get(public_id=desk.contents[0])
    [sealed] = desk.admin.execute(
        "SELECT key_id, wrapped, commitment FROM media_originalkey WHERE content_id = %s", [row.id]
    ).fetchall()
    desk.keys._note(type("Key", (), {"sealed": sealed[1]})())
    [said] = faults(desk)[1]
    assert said.startswith("1 opened, and no line says so")


def test_a_write_beside_the_log_is_found(desk: Desk) -> None:
    desk.admin.execute("UPDATE media_content SET width = width + 1")
    assert faults(desk)[0] == {"media_content": 1}


def test_a_line_about_an_opening_that_never_was_is_found(desk: Desk) -> None:
    @operation(Permission.MEDIA_VEIL_VIEW)
    def pretend(actor: Any) -> None:
        about("page", desk.contents[0], count=1, digest="0" * 64)

    with act_as(desk.ines.actor, clock=utc_now):
        pretend(desk.ines.actor)
    [said] = faults(desk)[1]
    assert said.startswith("nothing was opened, and a line says so")


@pytest.mark.faults
@pytest.mark.timeout(1500)
def test_every_write_of_a_whole_running_system_has_its_line(record_property: Any) -> None:
    with copied_home() as home, demonstration(home) as running:
        place = admin_parameters(Settings(home=home.root)) | {"dbname": "vigie"}
        with psycopg.connect(**place, autocommit=True) as admin, noted(admin):  # type: ignore[arg-type]
            done = running.check()
            assert json.loads(done.stdout)["complete"] is True
            record_property("transactions", written(admin))
            assert len(written(admin)) > 10
            assert unreconciled(admin) == {}
