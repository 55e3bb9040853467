"""Several matchers over one database: replicas that follow it, and shards that answer together or not at all."""

import time
import uuid
from collections.abc import Iterator

import pytest

from factories.matching import (
    File,
    Held,
    RunningMatcher,
    asker,
    change,
    flipped,
    hold,
    random_code,
    running_matcher,
    unit_of,
)
from support import database
from vigie.backends.known import (
    Change,
    Claimed,
    ContactAnswer,
    FullAnswer,
    Item,
    KnownMedia,
    MatcherUnavailable,
    RequestRefused,
    Shard,
    ShardedMedia,
)
from vigie.kernel.policy import Audience

pytestmark = pytest.mark.usefixtures("database")


def holders(known: KnownMedia, held: Held) -> set[uuid.UUID]:
    [answers] = known.range(asker(held.owner), [Item(content=held.content)])
    return {one.holder_unit for one in answers.answers}


def test_replicas_on_several_machines_see_an_addition_and_a_deletion_within_a_second() -> None:
    file = File(pdq=random_code())
    mine = hold(unit_of("ALV"), file)
    with running_matcher() as one, running_matcher() as other:
        replicas = (one.client, other.client)
        assert [holders(client, mine) for client in replicas] == [set(), set()]
        theirs = hold(unit_of("BOR"), file)
        began = time.monotonic()
        assert [holders(client, mine) for client in replicas] == [{theirs.owner.unit}] * 2
        assert time.monotonic() - began < 2, "twice a second, for two of them"
        change(theirs, withdrawn=True)
        began = time.monotonic()
        assert [holders(client, mine) for client in replicas] == [set(), set()]
        assert time.monotonic() - began < 2
        with database.administrator() as connection:
            connection.execute("DELETE FROM media_fingerprint WHERE id = %s", [theirs.fingerprint])
        assert [holders(client, mine) for client in replicas] == [set(), set()]
        gone = Change(present=0, gone=1)
        assert [client.delete(asker(mine.owner), [theirs.fingerprint]) for client in replicas] == [gone] * 2


def test_a_replica_that_was_away_catches_up_when_it_starts() -> None:
    file = File()
    mine = hold(unit_of("ALV"), file)
    with running_matcher() as one, running_matcher() as other:
        other.kill()
        theirs = hold(unit_of("BOR"), file)
        assert holders(one.client, mine) == {theirs.owner.unit}
        other.start()
        assert holders(other.client, mine) == {theirs.owner.unit}


@pytest.fixture(scope="module")
def shards(_database_server: None) -> Iterator[tuple[RunningMatcher, RunningMatcher]]:
    with running_matcher(Shard(1, 2)) as first, running_matcher(Shard(2, 2)) as second:
        yield first, second


def together(shards: tuple[RunningMatcher, RunningMatcher]) -> ShardedMedia:
    return ShardedMedia([one.client for one in shards])


def test_shards_answer_as_one(shards: tuple[RunningMatcher, RunningMatcher]) -> None:
    code = random_code()
    me, keeper = unit_of("ALV"), unit_of("BOR")
    open_to_all = [
        hold(unit_of("CAS"), File(pdq=flipped(code, bits)), audience=Audience.COMMUNITY) for bits in range(8)
    ]
    kept = [hold(keeper, File(pdq=flipped(code, 9))) for _ in range(8)]
    mine = [hold(me, File(pdq=flipped(code, 10 + bits))) for bits in range(6)]
    for pair in open_to_all, kept, mine:
        assert {Shard(1, 2).holds(one.content) for one in pair} == {True, False}, "both have some"

    asked = hold(me, File(pdq=code))
    [answers] = together(shards).range(asker(me), [Item(content=asked.content)])

    full = [one for one in answers.answers if isinstance(one, FullAnswer)]
    assert [one.public_id for one in full] == [one.public_id for one in open_to_all], "nearest first"
    contacts = [one for one in answers.answers if isinstance(one, ContactAnswer)]
    assert [one.holder_unit for one in contacts] == [keeper.unit], "a holder is one contact in all shards"
    assert {one.content for one in answers.own} == {one.content for one in mine}
    with database.administrator() as look:
        told = look.execute("SELECT count(*) FROM match_delivery").fetchone()
    assert told == (16,), "each owner hears once of each"
    [found] = together(shards).look_up(asker(me), [Claimed(pdq=random_code()), Claimed(pdq=code)])
    assert found.place == 1
    assert len(found.answers) == 9
    report = together(shards).verify(asker(me))
    assert report.sound
    assert (report.rows, report.codes) == (23, 23)
    assert together(shards).snapshot(asker(me)).codes == 23
    assert shards[0].client.snapshot(asker(me)).codes < 23


def test_the_stronger_claim_of_a_holder_counts_whichever_shard_makes_it(
    shards: tuple[RunningMatcher, RunningMatcher],
) -> None:
    file = File(pdq=random_code())
    keeper, me = unit_of("BOR"), unit_of("ALV")
    same = hold(keeper, file)
    here = Shard(1, 2).holds(same.content)
    while True:  # another one in the other shard
        near = hold(keeper, File(pdq=flipped(file.pdq or b"", 3)))
        if Shard(1, 2).holds(near.content) != here:
            break
    mine = hold(me, file)
    [answers] = together(shards).range(asker(me), [Item(content=mine.content)])
    assert [one.claim.value for one in answers.answers] == ["identical"]


def test_when_a_shard_is_away_nothing_is_answered(shards: tuple[RunningMatcher, RunningMatcher]) -> None:
    file = File()
    mine, theirs = hold(unit_of("ALV"), file), hold(unit_of("BOR"), file)
    for away in shards:
        away.kill()
        with pytest.raises(MatcherUnavailable):
            together(shards).range(asker(mine.owner), [Item(content=mine.content)])
        with pytest.raises(MatcherUnavailable):
            together(shards).look_up(asker(mine.owner), [Claimed(sha256=bytes(32))])
        away.start()
    assert holders(together(shards), mine) == {theirs.owner.unit}


def test_a_shard_is_never_taken_for_another_or_for_the_whole(
    shards: tuple[RunningMatcher, RunningMatcher],
) -> None:
    from vigie.backends.known import MatcherSocket

    first, second = shards
    me = asker(unit_of("ALV"))
    with MatcherSocket(first.home) as alone, pytest.raises(RequestRefused, match="other_shard"):
        alone.range(me, [])
    with pytest.raises(RequestRefused, match="other_shard"):
        ShardedMedia([second.client, MatcherSocket(first.home, shard=Shard(2, 2))]).range(me, [])
    with pytest.raises(ValueError, match="at least one"):
        ShardedMedia([])


def test_contents_are_dealt_out_evenly() -> None:
    contents = [uuid.uuid4() for _ in range(4_000)]
    held = [sum(Shard(number, 4).holds(one) for one in contents) for number in (1, 2, 3, 4)]
    assert sum(held) == 4_000
    assert min(held) > 850
    assert all(Shard(1, 1).holds(one) for one in contents)
