"""Canaries: an ordinary answer for whoever asks, an alarm for those who read the log, and nothing for anybody else."""

import json
import re
import secrets
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connections

from factories.matching import File, flipped, hold
from factories.media import recorded, vault_in
from factories.people import Somebody, add_person
from factories.web import browser, lines_of
from rooms.matching.asking import deliver_all
from rooms.matching.looking_up import Desk, desk, sha256
from support.database import administrator
from support.installed import checkpoint_key
from vigie.engines.hashing import pdq
from vigie.kernel import context
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Invalid, NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.intake import operations as intake
from vigie.rooms.intake.schemas import ManifestLine
from vigie.rooms.matching import operations
from vigie.rooms.matching.models import Canary, CanaryAlarm
from vigie.rooms.matching.queries import notices
from vigie.rooms.matching.queries.asked import AskedFilter, asked_about
from vigie.rooms.matching.queries.canaries import alarms, canaries, new_alarms
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.rules.canaries import invented
from vigie.rooms.matching.schemas.canaries import AlarmView, CanaryView
from vigie.rooms.matching.tasks import deliver

pytestmark = pytest.mark.usefixtures("database", "matcher", "vault")


@pytest.fixture(autouse=True)
def vault(tmp_path: Path, database: None) -> Iterator[None]:
    with vault_in(tmp_path), checkpoint_key():
        yield


@pytest.fixture
def alvania(database: None) -> Desk:
    return desk("ALV")


@pytest.fixture
def borellia(database: None) -> Desk:
    return desk("BOR")


@pytest.fixture
def odile(borellia: Desk) -> Somebody:
    """Somebody of the oversight body."""
    return add_person("odile", "bor-viu", Role.OVERSIGHT)


def plant(owner: Desk, level: Level = Level.CONTACT_ONLY, number: int = 1) -> list[CanaryView]:
    actor = owner.supervisor.actor
    with act_as(actor, clock=utc_now):
        operations.plant_canaries(
            actor, number=number, level=level, legal_basis="seizure", note="list for a partner"
        )
        return list(canaries(actor))


def raised(person: Somebody) -> tuple[AlarmView, ...]:
    with act_as(person.actor, clock=utc_now):
        return alarms(person.actor)


def same_shape(one: Any, other: Any) -> bool:
    """Equal once ids, digests, sizes and times are masked: what differs between any two ordinary answers."""

    def masked(value: Any) -> str:
        text = json.dumps(value, sort_keys=True)
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|\d{4}-\d\d-\d\dT[\d:.+Z-]+", "MASKED", text)
        return re.sub(r'"(size|width|height|format)": ("\w+"|\d+)', r'"\1": 0', text)

    return masked(one) == masked(other)


@pytest.mark.parametrize("level", list(Level))
def test_whoever_asks_gets_an_ordinary_answer_of_the_chosen_level(
    alvania: Desk, borellia: Desk, odile: Somebody, level: Level
) -> None:
    ordinary = File(data=b"a drawn lamp " + secrets.token_bytes(8))
    if level is Level.FULL:
        held = recorded(borellia.investigator.actor, seed=int.from_bytes(secrets.token_bytes(3)))
        with administrator() as look:
            [(digest,)] = look.execute(
                "SELECT sha256 FROM media_content WHERE public_id = %s", [held]
            ).fetchall()
        asked = {"sha256": bytes(digest).hex()}
    else:
        silent = level is Level.SILENT
        hold(
            borellia.investigator.actor,
            ordinary,
            audience=Audience.UNIT,
            outside=AnswerOutside.SILENT if silent else AnswerOutside.CONTACT_ONLY,
        )
        asked = sha256(ordinary.data)
    [canary] = plant(borellia, level)
    [expected, found] = alvania.told(asked, {"sha256": canary.sha256})["results"]
    assert same_shape(expected | {"row": 0}, found | {"row": 0})
    assert [one["level"] for one in found["answers"]] == ([] if level is Level.SILENT else [level.value])
    deliver_all()
    for person in (borellia.supervisor, odile):
        [alarm] = raised(person)
        assert (alarm.level, alarm.canary, alarm.by_manifest) == (level, canary.public_id, False)
        assert alarm.asker is not None
        assert alarm.asker.code == "alv-viu"


def test_a_code_near_a_canarys_raises_the_alarm_too(alvania: Desk, borellia: Desk) -> None:
    [canary] = plant(borellia)
    alvania.told({"pdq": flipped(bytes.fromhex(canary.pdq), 9).hex(), "quality": 100})
    deliver_all()
    [alarm] = raised(borellia.supervisor)
    assert alarm.claim.value == "resembles"


def test_a_manifest_that_names_a_canary_is_answered_as_if_it_were_new_and_raises_the_alarm(
    alvania: Desk, borellia: Desk
) -> None:
    [canary] = plant(borellia)
    actor = alvania.investigator.actor
    with act_as(actor, clock=utc_now):
        submission = intake.open_submission(
            actor, case=alvania.case, exhibit=alvania.exhibit, source="command_line"
        )
    lines = [
        ManifestLine(
            entry=number, path=f"{number}.jpg", bytes=900, md5="0" * 32, sha1="0" * 40, sha256=digest
        )
        for number, digest in enumerate((canary.sha256, secrets.token_hex(32)))
    ]
    for _again in range(2):
        with act_as(actor, clock=utc_now):
            first, second = intake.manifest(actor, submission, lines)
    assert first.model_copy(update={"entry": 1}) == second
    deliver_all()
    [alarm] = raised(borellia.supervisor)
    assert (alarm.by_manifest, alarm.level) == (True, Level.SILENT)


def test_ones_own_people_raise_it_too_by_a_manifest(borellia: Desk) -> None:
    [canary] = plant(borellia)
    actor = borellia.investigator.actor
    with act_as(actor, clock=utc_now):
        _touch(actor, canary)
    deliver_all()
    assert len(raised(borellia.supervisor)) == 1


def _touch(actor: Any, canary: CanaryView) -> None:
    from vigie.kernel.operation import about, operation
    from vigie.kernel.permissions import Permission

    @operation(Permission.INTAKE_FILE_SEND)
    def announce(actor: Any) -> None:
        operations.touch_canaries([bytes.fromhex(canary.sha256)])
        about("submission", uuid.uuid4())

    announce(actor)


def test_no_investigator_of_the_unit_knows_which_items_are_canaries(alvania: Desk, borellia: Desk) -> None:
    [canary] = plant(borellia)
    alvania.told({"sha256": canary.sha256})
    deliver_all()
    investigator = borellia.investigator
    client = browser(investigator)
    assert client.get("/canaries/").status_code == 403
    assert client.post(f"/canaries/{canary.public_id}/retire/").status_code == 403
    assert "something planted" not in client.get("/").content.decode()
    with context.acting_as(investigator.actor, clock=utc_now):
        assert not Canary.objects.for_actor(investigator.actor).exists()
        assert not CanaryAlarm.objects.for_actor(investigator.actor).exists()
        assert new_alarms(investigator.actor) == 0
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM matching_canary), (SELECT count(*) FROM matching_canaryalarm)"
            )
            assert cursor.fetchone() == (0, 0), "the database says it again"


def test_a_canary_that_was_hit_is_no_notice_no_line_and_no_evidence(alvania: Desk, borellia: Desk) -> None:
    [canary] = plant(borellia)
    alvania.told({"sha256": canary.sha256})
    deliver_all()
    deliver(0)
    actor = borellia.supervisor.actor
    with act_as(actor, clock=utc_now):
        assert notices(actor) == ()
        assert asked_about(actor, AskedFilter()) == ()
    assert len(raised(borellia.supervisor)) == 1, "once, however often the job runs"


def test_other_units_see_neither_canaries_nor_alarms(alvania: Desk, borellia: Desk) -> None:
    [canary] = plant(borellia)
    alvania.told({"sha256": canary.sha256})
    deliver_all()
    actor = alvania.supervisor.actor
    with act_as(actor, clock=utc_now):
        assert canaries(actor) == alarms(actor) == ()
        with pytest.raises(NotFound):
            operations.retire_canary(actor, canary.public_id)
    assert "asked about something planted" not in browser(alvania.supervisor).get("/log/").content.decode()


def test_the_first_pages_and_the_log_say_that_there_is_an_alarm(
    alvania: Desk, borellia: Desk, odile: Somebody
) -> None:
    [canary] = plant(borellia)
    assert "something planted" not in browser(odile).get("/").content.decode()
    alvania.told({"sha256": canary.sha256})
    deliver_all()
    for person in (borellia.supervisor, odile):
        client = browser(person)
        for place in ("/", "/log/"):
            assert "1 alarm: somebody asked about something planted" in client.get(place).content.decode()
        page = client.get("/canaries/").content.decode()
        assert "Unit alv-viu" in page
        assert canary.sha256 in page
    assert "Their entries in the log" in browser(odile).get("/canaries/").content.decode()
    assert "Plant canaries" not in browser(odile).get("/canaries/").content.decode()
    [(outcome, _, facts)] = lines_of("match:alarm:raise")
    assert (outcome, facts["asker"]) == ("done", str(alvania.investigator.actor.unit))


def test_a_supervisor_plants_on_the_page_and_retires(alvania: Desk, borellia: Desk) -> None:
    client = browser(borellia.supervisor)
    assert "No canary is planted yet" in client.get("/canaries/").content.decode()
    form = {"number": "2", "level": "contact_only", "legal_basis": "seizure", "note": "for the tests"}
    assert client.post("/canaries/", form | {"number": "99"}).status_code == 422
    assert client.post("/canaries/", form).status_code == 302
    [first, second] = plant(borellia, number=1)[1:]
    page = client.get("/canaries/").content.decode()
    assert first.sha256 in page
    assert "for the tests" in page
    assert client.post(f"/canaries/{first.public_id}/retire/").status_code == 302
    assert client.post(f"/canaries/{first.public_id}/retire/").status_code == 302, "twice is once"
    gone, kept = alvania.told({"sha256": first.sha256}, {"sha256": second.sha256})["results"]
    assert (gone["answers"], len(kept["answers"])) == ([], 1)
    deliver_all()
    assert {one.canary for one in raised(borellia.supervisor)} == {second.public_id}
    assert [facts for _, _, facts in lines_of("match:canary:plant")][-1] == {"retired": 1}


def test_who_may_not_plant_is_refused_and_too_many_are_too(borellia: Desk, odile: Somebody) -> None:
    facts: dict[str, Any] = {"number": 1, "level": Level.SILENT, "legal_basis": "seizure"}
    for actor in (borellia.investigator.actor, odile.actor):
        with pytest.raises(Refused), act_as(actor, clock=utc_now):
            operations.plant_canaries(actor, **facts)
    actor = borellia.supervisor.actor
    for number in (0, 21):
        with pytest.raises(Invalid), act_as(actor, clock=utc_now):
            operations.plant_canaries(actor, **facts | {"number": number})


def test_a_delivery_that_is_none_or_about_no_canary_raises_nothing(alvania: Desk, borellia: Desk) -> None:
    import dataclasses

    from vigie.kernel.actors import LogScope, Purpose, service_actor

    file = File()
    hold(borellia.investigator.actor, file)
    alvania.told(sha256(file.data))
    owner = borellia.investigator.actor
    service = service_actor(
        Role.SERVICE_MATCH_DELIVERY, unit=owner.unit, country="BOR", purpose=Purpose.VICTIM_IDENTIFICATION
    )
    service = dataclasses.replace(service, log_scope=LogScope.UNIT)
    with administrator() as look:
        [(delivery,)] = look.execute("SELECT id FROM match_delivery").fetchall()
    for wrong in (delivery, uuid.uuid4()):
        with pytest.raises(NotFound), act_as(service, clock=utc_now):
            operations.raise_alarm(service, wrong)


def test_what_is_drawn_is_never_drawn_twice_and_hashes_like_a_picture() -> None:
    made = [invented(np.random.default_rng(seed)) for seed in range(12)]
    assert len({one.digests.sha256 for one in made}) == 12
    assert all(one.pdq.quality >= pdq.MATCH_QUALITY for one in made)
    nearest = min(
        pdq.distance(one.pdq.code, other.pdq.code) for one in made for other in made if one is not other
    )
    assert nearest > pdq.MATCH_DISTANCE
    assert all(len(one.veil) <= 3_000 and max(one.veil_width, one.veil_height) <= 96 for one in made)
