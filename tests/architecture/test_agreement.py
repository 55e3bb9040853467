"""Two walls, one meaning: the policy and row-level security agree on random (actor, record, purpose) triples:
100,000 in the suite, a million with `make faults`."""

import random
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections

from factories.actors import investigator
from support import database as ground
from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose, StaffScope, utc_now
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside, Audience, Visibility, looks_after, may_read
from vigie.rooms.accounts.models import Certificate
from vigie.rooms.media.models import Content

pytestmark = pytest.mark.usefixtures("database")

RECORDS = 500
COUNTRIES = ["ALV", "BOR", "CAS", "DRE"]
UNITS = {uuid.UUID(int=number): COUNTRIES[number % 4] for number in range(1, 13)}


def parties(chance: random.Random) -> list[str]:
    everyone = COUNTRIES + [str(unit) for unit in UNITS]
    return sorted(chance.sample(everyone, chance.choice([0, 0, 1, 2, 4])))


def random_record(chance: random.Random) -> dict[str, Any]:
    owner = chance.choice(list(UNITS))
    return {
        "id": uuid.UUID(int=chance.getrandbits(128)),
        "public_id": uuid.UUID(int=chance.getrandbits(128)),
        "owner_unit": owner,
        "owner_country": UNITS[owner],
        "purpose": chance.choice(list(Purpose)).value,
        "audience": chance.choice(list(Audience)).value,
        "listed": parties(chance),
        "excluded": parties(chance),
        "answer_outside": chance.choice(list(AnswerOutside)).value,
    }


def store(records: list[dict[str, Any]]) -> None:
    rest = {
        "recorded_by": uuid.uuid4(), "recorded_at": datetime.now(UTC), "legal_basis": "test", "handling": "orcon",
        "confidentiality": "", "sha1": b"", "md5": b"", "size": 1, "kind": "picture", "format": "",
        "orientation": 1, "holding": "own_copy", "analysed_with": "", "refusal": "",
    }  # fmt: skip
    names = [*records[0], *rest, "sha256"]
    marks = ", ".join(["%s"] * len(names))
    with ground.administrator() as connection, connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO media_content ({', '.join(names)}) VALUES ({marks})".encode(),
            [[*record.values(), *rest.values(), record["id"].bytes] for record in records],
        )


def random_actor(chance: random.Random) -> Actor:
    unit = chance.choice([*UNITS, uuid.UUID(int=99)])
    return investigator(unit=unit, country=UNITS.get(unit, "EST"), purpose=chance.choice(list(Purpose)))


def seen_by_the_database(actor: Actor) -> set[uuid.UUID]:
    with context.acting_as(actor, clock=utc_now), connections["default"].cursor() as cursor:
        cursor.execute("SELECT id FROM media_content")
        return {row[0] for row in cursor.fetchall()}


def seen_by_the_program(actor: Actor) -> set[uuid.UUID]:
    """The filter of the guarded query, with the database's own wall taken away by asking as the administrator."""
    with context.acting_as(actor, clock=utc_now):
        if not actor.readable_purposes:
            return set(Content.objects.for_actor(actor).values_list("id", flat=True))
        sql, params = Content.objects.for_actor(actor).values_list("id").query.sql_with_params()
    with ground.administrator() as connection:
        return {row[0] for row in connection.execute(sql.encode(), params).fetchall()}


def seen_by_the_policy(actor: Actor, records: list[dict[str, Any]]) -> set[uuid.UUID]:
    return {
        record["id"]
        for record in records
        if may_read(
            actor,
            Visibility(
                owner_unit=record["owner_unit"],
                owner_country=record["owner_country"],
                audience=Audience(record["audience"]),
                listed=frozenset(record["listed"]),
                excluded=frozenset(record["excluded"]),
                answer_outside=AnswerOutside(record["answer_outside"]),
            ),
            Purpose(record["purpose"]),
        )
    }


@pytest.mark.parametrize("actors", [200, pytest.param(2_000, marks=pytest.mark.faults)])
def test_policy_filter_and_row_level_security_agree_on_100000_triples_and_a_million(actors: int) -> None:
    chance = random.Random(20261121)
    records = [random_record(chance) for _ in range(RECORDS)]
    store(records)
    shown = 0
    for _ in range(actors):
        actor = random_actor(chance)
        expected = seen_by_the_policy(actor, records)
        assert seen_by_the_database(actor) == expected
        assert seen_by_the_program(actor) == expected
        shown += len(expected)
    assert RECORDS * actors >= 100_000
    assert 0.02 < shown / (RECORDS * actors) < 0.9  # neither wall says always yes, nor always no


def store_staff(owners: dict[uuid.UUID, uuid.UUID]) -> None:
    """A certificate of somebody in each of these units, by the certificate's id."""
    with ground.administrator() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.executemany(
            b"INSERT INTO accounts_certificate (id, owner_unit, owner_country, recorded_by, recorded_at, course, issuer, "
            b"valid_from, valid_until, user_id) VALUES (%s, %s, %s, %s, now(), '', '', now(), now(), %s)",
            [[row, unit, UNITS[unit], uuid.uuid4(), uuid.uuid4()] for row, unit in owners.items()],
        )


def test_policy_filter_and_row_level_security_agree_on_whose_staff_somebody_looks_after() -> None:
    """Unit, country or installation: 20,000 random pairs of an actor and a certificate."""
    chance = random.Random(20261129)
    owners = {uuid.UUID(int=chance.getrandbits(128)): chance.choice(list(UNITS)) for _ in range(200)}
    store_staff(owners)
    reached: dict[StaffScope, int] = {}
    for _ in range(100):
        roles = frozenset(
            chance.sample([Role.INVESTIGATOR, Role.SUPERVISOR, Role.GATEWAY, Role.ADMINISTRATOR], 2)
        )
        unit = chance.choice(list(UNITS))
        actor = investigator(unit=unit, country=UNITS[unit], roles=roles)
        expected = {
            row for row, owner in owners.items() if looks_after(actor, unit=owner, country=UNITS[owner])
        }
        with context.acting_as(actor, clock=utc_now), connections["default"].cursor() as cursor:
            cursor.execute("SELECT id FROM accounts_certificate")
            assert {row[0] for row in cursor.fetchall()} == expected
            sql, params = Certificate.objects.for_actor(actor).values_list("id").query.sql_with_params()
        with ground.administrator() as connection:
            assert {row[0] for row in connection.execute(sql.encode(), params).fetchall()} == expected
        reached[actor.staff_scope] = reached.get(actor.staff_scope, 0) + len(expected)
    assert len(reached) == 3
    assert all(reached.values())
