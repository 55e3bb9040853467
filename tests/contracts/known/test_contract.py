"""What every way to known media must do, whichever process or machine answers."""

import uuid
from collections.abc import Iterator

import pytest

from factories.matching import File, asker, change, hold, random_code, running_matcher, unit_of
from vigie.backends.known import (
    LONGEST_CHUNK,
    Asker,
    Change,
    Claimed,
    ContactAnswer,
    FullAnswer,
    Item,
    KnownMedia,
    Shard,
    ShardedMedia,
)
from vigie.kernel.policy import Audience

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(scope="module", params=["one matcher", "two shards"])
def known(request: pytest.FixtureRequest, _database_server: None) -> Iterator[KnownMedia]:
    if request.param == "one matcher":
        with running_matcher() as running:
            yield running.client
        return
    with running_matcher(Shard(1, 2)) as first, running_matcher(Shard(2, 2)) as second:
        yield ShardedMedia([first.client, second.client])


@pytest.fixture
def me() -> Asker:
    return asker(unit_of("ALV"))


def test_answers_come_in_the_order_of_the_items(known: KnownMedia) -> None:
    owner = unit_of("ALV")
    held = [hold(owner, File()) for _ in range(5)]
    items = [Item(content=one.content) for one in held] + [Item(content=uuid.uuid4())]
    answers = known.range(asker(owner), items)
    assert [one.content for one in answers] == [item.content for item in items]
    assert [one.recognised for one in answers] == [True] * 5 + [False]


def test_an_item_may_be_asked_about_twice_in_one_question(known: KnownMedia) -> None:
    owner, other = unit_of("ALV"), unit_of("BOR")
    file = File(pdq=random_code())
    hold(other, file, audience=Audience.COMMUNITY)
    held = hold(owner, file)
    first, second = known.range(asker(owner), [Item(content=held.content)] * 2)
    assert first == second
    assert len(first.answers) == 1


def test_a_question_may_be_empty(known: KnownMedia, me: Asker) -> None:
    assert known.range(me, []) == []


def test_a_question_is_no_longer_than_a_chunk(known: KnownMedia, me: Asker) -> None:
    items = [Item(content=uuid.uuid4()) for _ in range(LONGEST_CHUNK)]
    assert len(known.range(me, items)) == LONGEST_CHUNK
    with pytest.raises(ValueError, match="items"):
        known.range(me, [*items, Item(content=uuid.uuid4())])


def test_what_is_committed_answers_without_being_announced(known: KnownMedia) -> None:
    owner, other = unit_of("ALV"), unit_of("BOR")
    file = File()
    held = hold(owner, file)
    for level, kind in ((Audience.COMMUNITY, FullAnswer), (Audience.UNIT, ContactAnswer)):
        theirs = hold(unit_of("CAS"), file, audience=level)
        [answers] = known.range(asker(owner), [Item(content=held.content)])
        [found] = (one for one in answers.answers if one.holder_unit == theirs.owner.unit)
        assert isinstance(found, kind)
    assert known.range(asker(other), [Item(content=held.content)])[0].recognised is False


def test_add_says_what_the_truth_has(known: KnownMedia, me: Asker) -> None:
    held = hold(unit_of("BOR"), File())
    assert known.add(me, [held.fingerprint, uuid.uuid4()]) == Change(present=1, gone=1)
    assert known.add(me, []) == Change(present=0, gone=0)


def test_delete_forgets_only_what_the_truth_gave_up(known: KnownMedia) -> None:
    owner, other = unit_of("ALV"), unit_of("BOR")
    file = File()
    mine, theirs = hold(owner, file), hold(other, file)
    assert known.delete(asker(owner), [theirs.fingerprint, uuid.uuid4()]) == Change(present=1, gone=1)
    assert known.range(asker(owner), [Item(content=mine.content)])[0].answers
    change(theirs, withdrawn=True)
    assert known.delete(asker(owner), [theirs.fingerprint]) == Change(present=0, gone=1)
    assert known.range(asker(owner), [Item(content=mine.content)])[0].answers == ()


def test_snapshot_and_verify_agree_on_the_codes(known: KnownMedia, me: Asker) -> None:
    hold(unit_of("BOR"), File(pdq=random_code()))
    assert known.snapshot(me).codes == known.verify(me).codes


def test_claimed_digests_need_no_record(known: KnownMedia, me: Asker) -> None:
    [answers] = known.range(me, [Item(content=uuid.uuid4(), claimed=Claimed(sha256=bytes(32)))])
    assert answers.recognised
    assert answers.answers == ()


def test_hashes_handed_in_are_answered_by_their_place(known: KnownMedia, me: Asker) -> None:
    code = random_code()
    theirs = hold(unit_of("BOR"), File(pdq=code))
    hashes = [Claimed(pdq=random_code()), Claimed(pdq=code), Claimed(sha256=bytes(32))]
    [found] = known.look_up(me, hashes)
    assert found.place == 1
    assert [one.holder_unit for one in found.answers] == [theirs.owner.unit]
    assert known.look_up(me, []) == []
