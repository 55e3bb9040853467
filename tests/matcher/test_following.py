"""The truth is followed in the order of commits: what commits late, or twice, or never, is neither missed nor doubled."""

import contextlib
import hashlib
import random
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from factories.matching import File, RunningMatcher, asker, change, hold, unit_of
from support import database
from vigie.backends.known import Item, MatcherSocket
from vigie.backends.postgres import Role, connection_parameters
from vigie.kernel.actors import Actor, utc_now

pytestmark = pytest.mark.usefixtures("database")

CONTENT = """
INSERT INTO media_content (id, owner_unit, owner_country, recorded_by, recorded_at, purpose, legal_basis, handling,
    confidentiality, public_id, audience, listed, excluded, answer_outside, sha256, sha1, md5, size, kind, format,
    orientation, holding, analysed_with, refusal)
VALUES (%(content)s, %(unit)s, %(country)s, %(person)s, %(at)s, 'victim_identification', 'x', 'orcon', '', %(public)s,
    'unit', '{}', '{}', 'contact_only', %(sha256)s, '', '', 1, 'picture', 'jpeg', 1, 'own_copy', '', '')
"""
FINGERPRINT = """
INSERT INTO media_fingerprint (id, owner_unit, owner_country, recorded_by, recorded_at, content_id, public_id, frame_ms,
    sha256, sha1, md5, size, pdq, quality, audience, listed, excluded, answer_outside, sealed, withdrawn)
VALUES (%(id)s, %(unit)s, %(country)s, %(person)s, %(at)s, %(content)s, %(public)s, -1, %(sha256)s, '', '', 1, NULL, 0,
    'unit', '{}', '{}', 'contact_only', false, false)
"""


@contextlib.contextmanager
def application(actor: Actor) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the application in which this actor is set, with a transaction open."""
    parameters = connection_parameters(Role.APP, database.settings())
    with contextlib.closing(psycopg.connect(**parameters)) as connection:  # type: ignore[arg-type]
        connection.execute(
            "SELECT set_config('vigie.unit', %s, false), set_config('vigie.country', %s, false), "
            "set_config('vigie.purposes', 'victim_identification', false)",
            [str(actor.unit), actor.country],
        )
        connection.commit()
        yield connection


def insert(connection: psycopg.Connection[Any], actor: Actor, data: bytes) -> uuid.UUID:
    """The unit holds this file once the connection commits; returns the content's id."""
    content = uuid.uuid4()
    values = {
        "id": uuid.uuid4(),
        "content": content,
        "public": uuid.uuid4(),
        "unit": actor.unit,
        "country": actor.country,
        "person": actor.id,
        "at": utc_now(),
        "sha256": hashlib.sha256(data).digest(),
    }
    connection.execute(CONTENT, values)
    connection.execute(FINGERPRINT, values)
    return content


def holders(matcher: RunningMatcher, actor: Actor, content: uuid.UUID) -> set[uuid.UUID]:
    [answers] = matcher.client.range(asker(actor), [Item(content=content)])
    return {one.holder_unit for one in answers.answers}


def test_a_row_that_was_written_first_and_commits_last_is_not_missed(matcher: RunningMatcher) -> None:
    me, early, late = unit_of("ALV"), unit_of("BOR"), unit_of("CAS")
    file = File()
    mine = hold(me, file)
    with application(early) as slow, application(late) as fast:
        insert(slow, early, file.data)
        insert(fast, late, file.data)
        fast.commit()
        assert holders(matcher, me, mine.content) == {late.unit}
        assert holders(matcher, me, mine.content) == {late.unit}
        slow.commit()
        assert holders(matcher, me, mine.content) == {early.unit, late.unit}


def test_what_is_rolled_back_never_answers(matcher: RunningMatcher) -> None:
    me, other = unit_of("ALV"), unit_of("BOR")
    file = File()
    mine = hold(me, file)
    with application(other) as connection:
        insert(connection, other, file.data)
        assert holders(matcher, me, mine.content) == set()
        connection.rollback()
    assert holders(matcher, me, mine.content) == set()


def test_a_wish_that_commits_late_holds_from_its_commit_on(matcher: RunningMatcher) -> None:
    me, other = unit_of("ALV"), unit_of("BOR")
    file = File()
    mine, theirs = hold(me, file), hold(other, file)
    with application(other) as connection:
        connection.execute(
            "UPDATE media_fingerprint SET excluded = ARRAY['ALV'] WHERE id = %s", [theirs.fingerprint]
        )
        hold(unit_of("CAS"), File())  # a later transaction that commits first
        assert holders(matcher, me, mine.content) == {other.unit}
        connection.commit()
    assert holders(matcher, me, mine.content) == set()


def test_a_savepoint_s_rows_count_with_their_transaction(matcher: RunningMatcher) -> None:
    me, other = unit_of("ALV"), unit_of("BOR")
    file = File()
    mine = hold(me, file)
    with application(other) as connection:
        with connection.transaction():
            insert(connection, other, File().data)
            with connection.transaction():
                insert(connection, other, file.data)
            assert holders(matcher, me, mine.content) == set()
        connection.commit()
    assert holders(matcher, me, mine.content) == {other.unit}


def test_many_writers_committing_in_any_order_leave_nothing_out(matcher: RunningMatcher) -> None:
    writers, each = 6, 15
    units = [unit_of("BOR") for _ in range(writers)]
    chance = random.Random(4)
    pauses = [[chance.random() / 50 for _ in range(each)] for _ in range(writers)]

    def write(actor: Actor, waits: list[float]) -> None:
        with application(actor) as connection:
            for number, wait in enumerate(waits):
                insert(connection, actor, f"{actor.unit} {number}".encode())
                time.sleep(wait)
                if number % 5 == 4:
                    connection.rollback()
                else:
                    connection.commit()

    threads = [threading.Thread(target=write, args=pair) for pair in zip(units, pauses, strict=True)]
    for thread in threads:
        thread.start()
    me = unit_of("ALV")
    while any(thread.is_alive() for thread in threads):
        matcher.client.range(asker(me), [])
    report = matcher.client.verify(asker(me))
    with database.administrator() as connection:
        stored = connection.execute("SELECT count(*) FROM media_fingerprint").fetchone()
    assert stored == (writers * each * 4 // 5,)
    assert [fault for fault in report.faults if "is not stored" not in fault] == []


def test_of_two_units_handing_in_the_same_file_at_once_at_least_one_is_told(matcher: RunningMatcher) -> None:
    def hand_in(actor: Actor, data: bytes, start: threading.Barrier, told: set[uuid.UUID]) -> None:
        with application(actor) as connection, MatcherSocket(matcher.home) as client:
            start.wait()
            content = insert(connection, actor, data)
            connection.commit()
            [answers] = client.range(asker(actor), [Item(content=content)])
            if answers.answers:
                told.add(actor.unit)

    for _ in range(15):
        file, start, told = File(), threading.Barrier(2), set[uuid.UUID]()
        pair = [unit_of("ALV"), unit_of("BOR")]
        threads = [threading.Thread(target=hand_in, args=(one, file.data, start, told)) for one in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert told
        with database.administrator() as connection:
            rows = connection.execute("SELECT owner_unit, asker_unit FROM match_delivery").fetchall()
        heard = {asker_unit for owner, asker_unit in rows if owner in {one.unit for one in pair}}
        assert heard >= told, "and the other side hears who asked"


def test_a_row_may_change_many_times(matcher: RunningMatcher) -> None:
    me, other = unit_of("ALV"), unit_of("BOR")
    file = File()
    mine, theirs = hold(me, file), hold(other, file)
    for excluded, seen in ((["ALV"], set()), ([], {other.unit}), ([str(me.unit)], set()), ([], {other.unit})):
        change(theirs, excluded=excluded)
        assert holders(matcher, me, mine.content) == seen
