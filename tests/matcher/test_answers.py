"""What a unit learns of what others hold: full, a contact, or nothing; and what the owner always hears."""

import dataclasses
import hashlib
import uuid
from typing import Any

import numpy as np
import pytest

from engines.hashing.drawn import TURNED, landscape
from factories.matching import (
    File,
    Held,
    RunningMatcher,
    asker,
    change,
    deliveries,
    flipped,
    hold,
    random_code,
    unit_of,
)
from vigie.backends.known import (
    By,
    Claim,
    Claimed,
    ContactAnswer,
    FullAnswer,
    Item,
    ItemAnswers,
    OwnMatch,
)
from vigie.engines.hashing import pdq
from vigie.engines.hashing.pdq import Pdq
from vigie.kernel.actors import Actor
from vigie.kernel.policy import AnswerOutside, Audience

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def alvania() -> Actor:
    return unit_of("ALV")


@pytest.fixture
def borduvia() -> Actor:
    return unit_of("BOR")


@pytest.fixture
def cassen() -> Actor:
    return unit_of("CAS")


def ask(matcher: RunningMatcher, held: Held) -> ItemAnswers:
    [answers] = matcher.client.range(asker(held.owner), [Item(content=held.content)])
    return answers


def test_each_owner_answers_at_the_level_it_chose(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, cassen: Actor
) -> None:
    file = File()
    shared = hold(borduvia, file, audience=Audience.COMMUNITY)
    hold(cassen, file, audience=Audience.UNIT)
    hold(unit_of("EST"), file, outside=AnswerOutside.SILENT)
    mine = hold(alvania, file)

    full, contact = ask(matcher, mine).answers

    assert isinstance(full, FullAnswer)
    assert (full.public_id, full.holder_unit, full.holder_country) == (
        shared.public_id,
        borduvia.unit,
        "BOR",
    )
    assert (full.claim, full.by, full.distance, full.variant) == (Claim.IDENTICAL, By.SHA256, None, "")
    assert isinstance(contact, ContactAnswer)
    assert (contact.holder_unit, contact.holder_country, contact.claim) == (
        cassen.unit,
        "CAS",
        Claim.IDENTICAL,
    )


def test_a_contact_says_whom_to_ask_and_nothing_of_the_record(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    code = random_code()
    theirs = hold(borduvia, File(pdq=code))
    [contact] = ask(matcher, hold(alvania, File(pdq=flipped(code, 9)))).answers

    told = contact.model_dump()
    assert set(told) == {"level", "holder_unit", "holder_country", "claim", "answer_key", "pair"}
    assert str(theirs.public_id) not in contact.model_dump_json()
    assert theirs.public_id.hex not in contact.model_dump_json()
    assert theirs.content.hex not in contact.model_dump_json()


def test_a_holder_is_one_contact_however_many_items_it_holds(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    code = random_code()
    hold(borduvia, File(pdq=flipped(code, 3)))
    file = File(pdq=code)
    hold(borduvia, file)
    mine = hold(alvania, file)
    [contact] = ask(matcher, mine).answers
    assert contact.claim is Claim.IDENTICAL
    assert len(deliveries(borduvia)) == 2, "the owner hears of both"


def test_an_excluded_unit_hears_nothing_and_the_owner_is_told(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    file = File()
    theirs = hold(borduvia, file, audience=Audience.COMMUNITY, excluded=(str(alvania.unit),))
    mine = hold(alvania, file)

    assert ask(matcher, mine) == ItemAnswers(content=mine.content, recognised=True)

    [told] = deliveries(borduvia)
    assert told["content_id"] == theirs.content
    assert (told["asker_unit"], told["asker_country"], told["level"]) == (alvania.unit, "ALV", "silent")


def test_an_excluded_country_hears_nothing(matcher: RunningMatcher, alvania: Actor, borduvia: Actor) -> None:
    file = File()
    hold(borduvia, file, audience=Audience.COMMUNITY, excluded=("ALV",))
    assert ask(matcher, hold(alvania, file)).answers == ()


def test_silence_looks_exactly_like_no_match(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    silent, unknown = File(pdq=random_code()), File(pdq=random_code())
    for _ in range(3):
        hold(unit_of("BOR"), silent, outside=AnswerOutside.SILENT)
    one, other = hold(alvania, silent), hold(alvania, unknown)
    first, second = (ask(matcher, held).model_dump_json() for held in (one, other))
    assert first.replace(str(one.content), "") == second.replace(str(other.content), "")


@pytest.mark.parametrize("audience", [Audience.COUNTRY, Audience.LISTED])
def test_the_audience_decides_who_sees_it_in_full(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, audience: Audience
) -> None:
    file = File()
    owner = unit_of("ALV")
    hold(owner, file, audience=audience, listed=(str(alvania.unit),))
    [inside] = ask(matcher, hold(alvania, file)).answers
    [outside] = (one for one in ask(matcher, hold(borduvia, file)).answers if one.holder_unit == owner.unit)
    assert (inside.level, outside.level) == ("full", "contact_only")


def test_a_changed_audience_holds_at_the_next_question(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    file = File()
    theirs = hold(borduvia, file, audience=Audience.COMMUNITY)
    mine = hold(alvania, file)
    assert [one.level for one in ask(matcher, mine).answers] == ["full"]
    change(theirs, audience=Audience.UNIT.value)
    assert [one.level for one in ask(matcher, mine).answers] == ["contact_only"]
    change(theirs, answer_outside=AnswerOutside.SILENT.value)
    assert ask(matcher, mine).answers == ()
    change(theirs, withdrawn=True)
    change(theirs, audience=Audience.COMMUNITY.value)
    assert ask(matcher, mine).answers == (), "what was withdrawn never answers"


def turned_pdq(name: str, *, inverted: bool) -> Pdq:
    picture = TURNED[name](landscape(512, 400, seed=5))
    seen = 255 - picture if inverted else picture
    return pdq.from_raster(pdq.downsample_rgb(np.ascontiguousarray(seen)))


@pytest.mark.parametrize("inverted", [False, True], ids=["as it is", "inverted"])
@pytest.mark.parametrize("name", TURNED)
def test_a_turned_mirrored_or_inverted_picture_is_recognised(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, name: str, *, inverted: bool
) -> None:
    known = turned_pdq("original", inverted=False)
    theirs = hold(borduvia, File(pdq=known.code, quality=known.quality), audience=Audience.COMMUNITY)
    asked = turned_pdq(name, inverted=inverted)
    mine = hold(alvania, File(pdq=asked.code, quality=asked.quality, dihedral=asked.dihedral))

    [answer] = (one for one in ask(matcher, mine).answers if one.holder_unit == borduvia.unit)
    assert isinstance(answer, FullAnswer)
    assert (answer.public_id, answer.claim, answer.by) == (theirs.public_id, Claim.RESEMBLES, By.PDQ)
    assert answer.variant == name + "_complement" * inverted, "how the known picture was turned"


def test_thirty_one_bits_match_and_thirty_two_do_not(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    code = random_code()
    hold(borduvia, File(pdq=code))
    near, far = hold(alvania, File(pdq=flipped(code, 31))), hold(alvania, File(pdq=flipped(code, 32)))
    assert len(ask(matcher, near).answers) == 1
    assert ask(matcher, far).answers == ()


@pytest.mark.parametrize(("theirs", "mine", "answers"), [(50, 50, 1), (49, 100, 0), (100, 49, 0)])
def test_a_picture_without_detail_never_matches_by_its_looks(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, theirs: int, mine: int, answers: int
) -> None:
    code = random_code()
    hold(borduvia, File(pdq=code, quality=theirs))
    assert len(ask(matcher, hold(alvania, File(pdq=code, quality=mine))).answers) == answers


def test_a_sealed_file_answers_to_its_digest_only(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    seized = File(pdq=random_code())
    hold(borduvia, dataclasses.replace(seized, pdq=None, sealed=True))
    assert len(ask(matcher, hold(alvania, seized)).answers) == 1
    looks_alike = hold(alvania, File(pdq=seized.pdq))
    assert ask(matcher, looks_alike).answers == ()


def test_what_the_unit_holds_itself_comes_as_its_own_and_tells_nobody(
    matcher: RunningMatcher, alvania: Actor
) -> None:
    code = random_code()
    first, second = hold(alvania, File(pdq=code)), hold(alvania, File(pdq=flipped(code, 4)))
    answers = ask(matcher, second)
    assert answers.answers == ()
    assert answers.own == (
        OwnMatch(
            content=first.content,
            public_id=first.public_id,
            claim=Claim.RESEMBLES,
            by=By.PDQ,
            distance=4,
            variant="original",
        ),
    )
    assert deliveries(alvania) == []


def test_the_strongest_claim_on_one_content_is_the_one_made(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    file = File(pdq=random_code())
    hold(borduvia, file, audience=Audience.COMMUNITY)
    [answer] = ask(matcher, hold(alvania, file)).answers
    assert answer.claim is Claim.IDENTICAL


def test_another_unit_s_content_cannot_be_asked_about_by_its_id(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, cassen: Actor
) -> None:
    file = File()
    hold(cassen, file, audience=Audience.COMMUNITY)
    theirs = hold(borduvia, file)
    [answers] = matcher.client.range(asker(alvania), [Item(content=theirs.content)])
    assert answers == ItemAnswers(content=theirs.content, recognised=False)


@pytest.mark.parametrize(
    ("digests", "by", "claim"),
    [
        (("sha256", "sha1", "md5", "size"), By.SHA256, Claim.IDENTICAL),
        (("sha1", "md5", "size"), By.MD5_AND_SHA1, Claim.IDENTICAL),
        (("sha1", "size"), By.SHA1, Claim.IDENTICAL),
        (("md5", "size"), By.MD5, Claim.IDENTICAL),
        (("sha1", "md5"), By.MD5_AND_SHA1, Claim.RESEMBLES),
    ],
    ids=["sha256", "both weak digests", "sha1", "md5", "weak digests without a size"],
)
def test_claimed_digests_are_known_by_what_they_are(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, digests: tuple[str, ...], by: By, claim: Claim
) -> None:
    file = File()
    hold(borduvia, file, audience=Audience.COMMUNITY)
    claimed = claim_of(file, digests)
    [answers] = matcher.client.range(asker(alvania), [Item(content=uuid.uuid4(), claimed=claimed)])
    assert [(one.by, one.claim) for one in answers.answers if isinstance(one, FullAnswer)] == [(by, claim)]
    assert len(deliveries(borduvia)) == 1


def claim_of(file: File, digests: tuple[str, ...]) -> Claimed:
    known: dict[str, Any] = {
        "sha256": hashlib.sha256(file.data).digest(),
        "sha1": hashlib.sha1(file.data).digest(),
        "md5": hashlib.md5(file.data).digest(),
        "size": len(file.data),
    }
    return Claimed(**{name: known[name] for name in digests})


def test_equal_weak_digests_of_other_bytes_are_no_match(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    file = File()
    hold(borduvia, file, audience=Audience.COMMUNITY)
    forged = claim_of(file, ("sha1", "md5", "size")).model_copy(update={"sha256": bytes(32)})
    [answers] = matcher.client.range(asker(alvania), [Item(content=uuid.uuid4(), claimed=forged)])
    assert answers.answers == ()


def test_the_owner_hears_who_asked_and_of_the_asker_s_item_only_what_it_may_see(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, cassen: Actor
) -> None:
    code = random_code()
    hold(borduvia, File(pdq=code))
    closed = hold(alvania, File(pdq=flipped(code, 2)))
    open_to_all = hold(cassen, File(pdq=flipped(code, 2)), audience=Audience.COMMUNITY)
    ask(matcher, closed)
    ask(matcher, open_to_all)

    first, second = deliveries(borduvia)
    assert (first["asker_public_id"], first["by"], first["distance"], first["variant"]) == (
        None,
        "",
        None,
        "",
    )
    assert first["claim"] == "resembles"
    assert (second["asker_public_id"], second["by"], second["distance"]) == (open_to_all.public_id, "pdq", 2)


def test_an_owner_is_told_once_and_within_a_minute(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    file = File()
    hold(borduvia, file)
    mine = hold(alvania, file)
    for _ in range(3):
        ask(matcher, mine)
    [told] = deliveries(borduvia)
    assert 0 <= told["delay"].total_seconds() <= 60


def test_owners_are_told_at_moments_spread_over_the_minute(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor
) -> None:
    code = random_code()
    for bits in range(12):
        hold(borduvia, File(pdq=flipped(code, bits)))
    ask(matcher, hold(alvania, File(pdq=code)))
    delays = sorted(told["delay"].total_seconds() for told in deliveries(borduvia))
    assert len(delays) == 12
    assert delays[-1] - delays[0] > 5, "twelve random moments of a minute do not lie this close"


def test_who_shuts_a_holder_out_cannot_look_at_what_it_keeps_to_itself_unseen(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, cassen: Actor
) -> None:
    file = File()
    hold(borduvia, file)
    shared = hold(cassen, file, audience=Audience.COMMUNITY)
    mine = hold(alvania, file, excluded=("BOR", "CAS"))

    answers = ask(matcher, mine).answers

    assert [one.public_id for one in answers if isinstance(one, FullAnswer)] == [shared.public_id]
    assert len(answers) == 1, "the holder that keeps it to itself is silent"
    assert deliveries(borduvia) == []
    assert deliveries(cassen) == [], "an excluded party hears nothing, always"


def test_a_pair_is_the_same_from_both_sides_and_answer_keys_differ_for_each_asker(
    matcher: RunningMatcher, alvania: Actor, borduvia: Actor, cassen: Actor
) -> None:
    file = File()
    mine, theirs, third = hold(alvania, file), hold(borduvia, file), hold(cassen, file)
    from_mine = {one.holder_unit: one for one in ask(matcher, mine).answers}
    from_theirs = {one.holder_unit: one for one in ask(matcher, theirs).answers}
    from_third = {one.holder_unit: one for one in ask(matcher, third).answers}
    assert from_mine[borduvia.unit].pair == from_theirs[alvania.unit].pair
    assert from_mine[borduvia.unit].answer_key != from_third[borduvia.unit].answer_key
    assert from_mine == {one.holder_unit: one for one in ask(matcher, mine).answers}
