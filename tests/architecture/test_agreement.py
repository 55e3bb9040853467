"""Two walls, one meaning: the policy and row-level security agree on random (actor, record, purpose) triples:
100,000 in the suite, a million with `make faults`."""

import dataclasses
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import EmptyResultSet
from django.db import connections

from factories.actors import investigator
from support import database as ground
from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose, StaffScope, utc_now
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside, Audience, Visibility, looks_after, may_read
from vigie.kernel.scope import UnitModel
from vigie.rooms.accounts.models import Certificate
from vigie.rooms.cases.models import Case, CustodyEvent, Exhibit
from vigie.rooms.media.models import Content, Occurrence, Rendition

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


COURT_TABLES: dict[type[UnitModel], str] = {
    Case: "cases_case",
    Exhibit: "cases_exhibit",
    CustodyEvent: "cases_custodyevent",
    Occurrence: "media_occurrence",
    Content: "media_content",
    Rendition: "media_rendition",
}
"""What a court sees of a case that is open to it."""
Ground = dict[type[UnitModel], list[tuple[dict[str, Any], frozenset[uuid.UUID]]]]
"""The rows of each table, each with the cases it lies in."""


def court_ground(chance: random.Random) -> Ground:
    """Cases of many units with two exhibits each; contents of their units found on one to three of these."""
    new: Callable[[], uuid.UUID] = lambda: uuid.UUID(int=chance.getrandbits(128))  # noqa: E731 - a word, not a function
    made: Ground = {model: [] for model in COURT_TABLES}
    exhibits: dict[uuid.UUID, list[tuple[uuid.UUID, uuid.UUID]]] = {unit: [] for unit in UNITS}

    def row(owner: uuid.UUID, **columns: Any) -> dict[str, Any]:
        purpose = chance.choice(list(Purpose)).value
        return {
            "id": new(),
            "owner_unit": owner,
            "owner_country": UNITS[owner],
            "purpose": purpose,
            **columns,
        }

    for number in range(40):
        owner = chance.choice(list(UNITS))
        case = row(owner, public_id=new(), reference=f"C-{number}")
        made[Case].append((case, frozenset({case["id"]})))
        for place in range(2):
            exhibit = row(owner, public_id=new(), reference=f"E-{place}", case_id=case["id"])
            made[Exhibit].append((exhibit, frozenset({case["id"]})))
            exhibits[owner].append((exhibit["id"], case["id"]))
            link = row(owner, exhibit_id=exhibit["id"], position=0)
            made[CustodyEvent].append((link, frozenset({case["id"]})))
    for _number in range(120):
        owner = chance.choice([unit for unit in UNITS if exhibits[unit]])
        content = {**random_record(chance), "owner_unit": owner, "owner_country": UNITS[owner]}
        where = chance.sample(exhibits[owner], chance.randint(1, min(3, len(exhibits[owner]))))
        cases = frozenset(case for _exhibit, case in where)
        made[Content].append((content, cases))
        shared = {name: content[name] for name in content if name not in {"id", "public_id"}}
        veil = {"id": new(), "public_id": new(), "content_id": content["id"], **shared}
        made[Rendition].append((veil, cases))
        for exhibit_id, case_id in where:
            found = row(owner, content_id=content["id"], exhibit_id=exhibit_id, entry_id=new())
            made[Occurrence].append((found, frozenset({case_id})))
    return made


_REST: dict[type[UnitModel], dict[str, Any]] = {
    Case: {"title": "", "state": "open", "audience": "unit", "listed": [], "excluded": [], "answer_outside": "silent",
           "send_everything": False},
    Exhibit: {"description": "", "seized_in": "", "seized_at_text": ""},
    CustodyEvent: {"at": datetime.now(UTC), "act": "", "tool": "", "tool_version": "", "parameters": "{}",
                   "previous": b"", "digest": b""},
    Occurrence: {"path": b"", "path_text": "", "modified_text": ""},
    Content: {"sha1": b"", "md5": b"", "size": 1, "kind": "picture", "format": "", "orientation": 1,
              "holding": "own_copy", "analysed_with": "", "refusal": ""},
    Rendition: {"kind": "veil", "media_type": "", "width": 1, "height": 1, "key_id": "", "wrapped": b"",
                "commitment": b"", "ciphertext": b""},
}  # fmt: skip


def store_court_ground(made: Ground) -> None:
    always = {"recorded_by": uuid.uuid4(), "recorded_at": datetime.now(UTC), "legal_basis": "test",
              "handling": "orcon", "confidentiality": ""}  # fmt: skip
    with ground.administrator() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the manifest entries are nobody's here
        for model, rows in made.items():
            more = {**always, **_REST[model]}
            if model is Content:
                names = [*rows[0][0], *more, "sha256"]
                values = [[*row.values(), *more.values(), row["id"].bytes] for row, _cases in rows]
            else:
                names = [*rows[0][0], *more]
                values = [[*row.values(), *more.values()] for row, _cases in rows]
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(
                f"INSERT INTO {COURT_TABLES[model]} ({', '.join(names)}) VALUES ({marks})".encode(), values
            )


def courts_disagree(chance: random.Random, made: Ground, actors: int) -> tuple[list[str], int]:
    """The tables and ways in which one of the three said something else, and how often a grant opened a row."""
    cases = [row["id"] for row, _cases in made[Case]]
    wrong, opened = [], 0
    for _ in range(actors):
        court = dataclasses.replace(
            random_actor(chance), cases=frozenset(chance.sample(cases, chance.choice([0, 1, 3])))
        )
        for model, table in COURT_TABLES.items():
            expected = {row["id"] for row, lies_in in made[model] if _court_may_read(court, row, lies_in)}
            bare = dataclasses.replace(court, cases=frozenset())
            opened += len(
                expected - {row["id"] for row, lies_in in made[model] if _court_may_read(bare, row, lies_in)}
            )
            wrong += [f"{table}: the database"] if _stored(court, table) != expected else []
            wrong += [f"{table}: the filter"] if _filtered(court, model) != expected else []
    return wrong, opened


def _court_may_read(actor: Actor, row: dict[str, Any], cases: frozenset[uuid.UUID]) -> bool:
    visibility = Visibility(
        owner_unit=row["owner_unit"],
        owner_country=row["owner_country"],
        audience=Audience(row.get("audience", "unit")),
        listed=frozenset(row.get("listed", ())),
        excluded=frozenset(row.get("excluded", ())),
        answer_outside=AnswerOutside(row.get("answer_outside", "silent")),
    )
    return may_read(actor, visibility, Purpose(row["purpose"]), cases)


def _stored(actor: Actor, table: str) -> set[uuid.UUID]:
    with context.acting_as(actor, clock=utc_now), connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table}")
        return {row[0] for row in cursor.fetchall()}


def _filtered(actor: Actor, model: type[UnitModel]) -> set[uuid.UUID]:
    """What the guarded query asks for, answered without the database's own wall."""
    with context.acting_as(actor, clock=utc_now):
        try:
            sql, params = model.objects.for_actor(actor).values_list("id").query.sql_with_params()
        except EmptyResultSet:
            return set()
    with ground.administrator() as connection:
        return {row[0] for row in connection.execute(sql.encode(), params).fetchall()}


def test_policy_filter_and_row_level_security_agree_on_what_a_court_sees() -> None:
    """Cases opened to somebody: 40 actors and the rows of six tables, some 25,000 pairs."""
    chance = random.Random(20261130)
    made = court_ground(chance)
    store_court_ground(made)
    wrong, opened = courts_disagree(chance, made, 40)
    assert wrong == []
    assert opened > 200


@pytest.mark.parametrize("table", sorted(COURT_TABLES.values()))
def test_a_wall_that_opens_too_much_to_a_court_is_noticed(table: str) -> None:
    """The broken build: the policy of one table lets everybody through to whom any case is open."""
    chance = random.Random(20261201)
    made = court_ground(chance)
    store_court_ground(made)
    find = "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'open_case' AND polrelid = %s::regclass"
    with ground.administrator() as connection:
        [right] = connection.execute(find, [table]).fetchall()
        wide = "current_setting('vigie.cases', true) <> ''"
        connection.execute(f"ALTER POLICY open_case ON {table} USING ({wide})".encode())
    try:
        wrong, _opened = courts_disagree(chance, made, 4)
    finally:
        with ground.administrator() as connection:
            connection.execute(f"ALTER POLICY open_case ON {table} USING ({right[0]})".encode())
    assert f"{table}: the database" in wrong
    assert not any("the filter" in one for one in wrong)
