"""Hashes a person hands in: answered as a file on record would be, and told to the same owners."""

import hashlib
import uuid
from typing import Any

import numpy as np
import pytest

from engines.hashing.drawn import TURNED, landscape
from factories.matching import File, RunningMatcher, asker, flipped, hold, random_code, unit_of
from support import database
from vigie.backends.known import (
    LONGEST_LIST,
    By,
    Claim,
    Claimed,
    ContactAnswer,
    Found,
    FullAnswer,
    Item,
    RequestRefused,
)
from vigie.engines.hashing import pdq
from vigie.engines.hashing.pdq import Pdq
from vigie.kernel.actors import Actor
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.matcher.asking import of_claim, orientations_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def alvania() -> Actor:
    return unit_of("ALV")


@pytest.fixture
def borduvia() -> Actor:
    return unit_of("BOR")


def look_up(matcher: RunningMatcher, owner: Actor, *hashes: Claimed) -> list[Found]:
    return matcher.client.look_up(asker(owner), hashes)


def told(owner: Actor) -> list[dict[str, Any]]:
    with database.administrator() as connection:
        cursor = connection.execute("SELECT * FROM match_delivery WHERE owner_unit = %s", [owner.unit])
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def sha256(file: File) -> Claimed:
    return Claimed(sha256=hashlib.sha256(file.data).digest())


def drawn(name: str) -> Pdq:
    picture = TURNED[name](landscape(400, 300, seed=9))
    return pdq.from_raster(pdq.downsample_rgb(np.ascontiguousarray(picture)))


def test_each_hash_is_answered_at_the_level_its_owner_chose(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    shared, kept, silent = (File(pdq=random_code()) for _ in range(3))
    theirs = hold(borduvia, shared, audience=Audience.COMMUNITY)
    hold(borduvia, kept)
    hold(borduvia, silent, outside=AnswerOutside.SILENT)
    near = Claimed(pdq=flipped(shared.pdq or b"", 31))

    found = look_up(matcher, alvania, Claimed(pdq=random_code()), near, sha256(kept), sha256(silent))

    assert [one.place for one in found] == [1, 2], "what is silent looks like what nobody holds"
    [full], [contact] = found[0].answers, found[1].answers
    assert isinstance(full, FullAnswer)
    assert (full.public_id, full.claim, full.by, full.distance) == (
        theirs.public_id,
        Claim.RESEMBLES,
        By.PDQ,
        31,
    )
    assert isinstance(contact, ContactAnswer)
    assert contact.claim is Claim.IDENTICAL
    levels = sorted(one["level"] for one in told(borduvia))
    assert levels == ["contact_only", "full", "silent"], "the owner hears of each"
    assert {one["asker_public_id"] for one in told(borduvia)} == {None}


def test_a_hash_answers_as_the_file_itself_would(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    file = File(pdq=random_code())
    hold(borduvia, file, audience=Audience.COMMUNITY)
    both = Claimed(sha256=hashlib.sha256(file.data).digest(), pdq=file.pdq)
    [found] = look_up(matcher, alvania, both)
    [by_item] = matcher.client.range(asker(alvania), [Item(content=uuid.uuid4(), claimed=both)])
    assert found.answers == by_item.answers
    assert [one.claim for one in found.answers] == [Claim.IDENTICAL], "the strongest claim is the one made"
    assert len(told(borduvia)) == 1


def test_the_code_alone_and_the_code_with_digests_are_two_questions(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    file = File(pdq=random_code())
    hold(borduvia, file)
    other = flipped(file.pdq or b"", 1)
    found = look_up(matcher, alvania, Claimed(pdq=file.pdq), Claimed(pdq=other))
    keys = {one.answers[0].pair for one in found}
    assert len(keys) == 2
    assert found == look_up(matcher, alvania, Claimed(pdq=file.pdq), Claimed(pdq=other))


def test_what_the_unit_holds_itself_comes_as_its_own(matcher: RunningMatcher, alvania: Actor) -> None:
    mine = hold(alvania, File(pdq=random_code()))
    file = File(pdq=random_code())
    second = hold(alvania, file)
    [found] = look_up(matcher, alvania, Claimed(pdq=file.pdq))
    assert found.answers == ()
    assert [one.content for one in found.own] == [second.content]
    assert mine.content not in {one.content for one in found.own}


@pytest.mark.parametrize(
    ("bits", "quality", "places"), [(31, None, [0]), (32, None, []), (0, 49, []), (0, 50, [0])]
)
def test_a_code_counts_within_31_bits_and_from_quality_50_on(
    matcher: RunningMatcher,
    alvania: Actor,
    borduvia: Actor,
    bits: int,
    quality: int | None,
    places: list[int],
) -> None:
    code = random_code()
    hold(borduvia, File(pdq=code))
    found = look_up(matcher, alvania, Claimed(pdq=flipped(code, bits), quality=quality))
    assert [one.place for one in found] == places


@pytest.mark.parametrize("name", [name for name in TURNED if name != "original"])
def test_a_turned_picture_is_found_when_all_variants_are_asked_for(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, name: str
) -> None:
    known, seen = drawn("original"), drawn(name)
    theirs = hold(borduvia, File(pdq=known.code), audience=Audience.COMMUNITY)
    exact = Claimed(pdq=seen.code, dihedral=b"".join(seen.dihedral), variants="all")
    found = look_up(matcher, alvania, Claimed(pdq=seen.code), exact)
    [answer] = (
        one
        for item in found
        for one in item.answers
        if item.place == 1 and one.holder_unit == theirs.owner.unit
    )
    assert isinstance(answer, FullAnswer)
    assert answer.variant == name
    assert all(one.holder_unit != theirs.owner.unit for item in found[:-1] for one in item.answers)


def test_codes_derived_from_one_code_lie_near_the_true_ones() -> None:
    far = []
    for seed in range(20):
        true = pdq.from_raster(pdq.downsample_rgb(landscape(300, 260, seed=seed)))
        derived = orientations_of(true.code)
        rows = [derived[at : at + 32] for at in range(0, 256, 32)]
        far.append([pdq.distance(one, other) for one, other in zip(rows, true.dihedral, strict=True)])
    assert {row[0] for row in far} == {row[6] for row in far} == {0}
    assert max(map(max, far)) <= pdq.MATCH_DISTANCE
    assert sum(map(sum, far)) / (20 * 6) < 12


def test_all_variants_of_one_code_are_sixteen_different_ones() -> None:
    [picture] = of_claim(Claimed(pdq=random_code(), variants="all")).pictures
    assert len({row.tobytes() for row in picture.codes}) == 16
    inverted = ~picture.codes[:8]
    assert (picture.codes[8:] == inverted).all()


def test_a_look_up_names_case_and_exhibit(matcher: RunningMatcher, alvania: Actor) -> None:
    for missing in ("case", "exhibit"):
        with pytest.raises(RequestRefused) as refused:
            matcher.client.look_up(asker(alvania, **{missing: None}), [])
        assert refused.value.reason == "unfounded"
    assert look_up(matcher, alvania) == []


def test_a_look_up_is_no_longer_than_a_list(matcher: RunningMatcher, alvania: Actor) -> None:
    codes = [Claimed(pdq=random_code()) for _ in range(LONGEST_LIST)]
    assert look_up(matcher, alvania, *codes) == []
    with pytest.raises(ValueError, match="hashes"):
        look_up(matcher, alvania, *codes, codes[0])


@pytest.mark.parametrize(
    "wrong",
    [{"pdq": bytes(31)}, {"pdq": bytes(33)}, {"dihedral": bytes(255)}, {"quality": 101}, {"variants": "few"}],
)
def test_a_hash_of_the_wrong_length_is_refused_before_it_is_sent(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Claimed(**wrong)
