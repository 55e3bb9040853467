"""Hashes handed in are looked up: answered as each owner allows, told to owners, logged without being kept."""

import hashlib
import hmac
import json
import secrets
import uuid

import pytest
from django.conf import settings

from factories.clients import terminal
from factories.matching import File, RunningMatcher, flipped, hold, random_code
from factories.people import add_person
from factories.web import lines_of
from rooms.matching.asking import deliver_all
from rooms.matching.looking_up import Desk, desk, hashes, sha256
from support.database import administrator
from vigie.kernel.actors import Purpose, utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.rooms.series.operations import add_member, create_series
from vigie.rooms.series.rules import Basis

pytestmark = pytest.mark.usefixtures("database", "matcher")
LOOKED_UP = "match:lookup:ask"


@pytest.fixture
def alvania(database: None) -> Desk:
    return desk("ALV")


@pytest.fixture
def borellia(database: None) -> Desk:
    return desk("BOR")


@pytest.fixture
def drawn() -> bytes:
    """A file of its own for each test: the matcher is shared, and follows no emptied table."""
    return b"a drawn lamp " + secrets.token_bytes(8)


def test_what_the_community_sees_is_answered_in_full(alvania: Desk, borellia: Desk, drawn: bytes) -> None:
    held = hold(borellia.investigator.actor, File(data=drawn), audience=Audience.COMMUNITY)
    [result] = alvania.told(sha256(drawn))["results"]
    [answer] = result["answers"]
    assert (answer["level"], answer["claim"], answer["by"]) == ("full", "identical", "sha256")
    assert answer["other"]["public_id"] == str(held.public_id)
    assert answer["desk"]["code"] == "bor-viu"
    assert (result["row"], result["own"], result["hides"], result["flags"]) == (1, [], [], [])


def test_a_contact_only_says_whom_to_call_and_nothing_of_the_record(alvania: Desk, borellia: Desk) -> None:
    code = random_code()
    held = hold(borellia.investigator.actor, File(pdq=code))
    [result] = alvania.told({"pdq": flipped(code, 7).hex(), "quality": 100})["results"]
    [answer] = result["answers"]
    assert (answer["level"], answer["claim"]) == ("contact_only", "resembles")
    assert answer["desk"]["code"] == "bor-viu"
    described = {name: answer[name] for name in ("by", "distance", "variant", "frame_ms", "other", "series")}
    assert described == {
        "by": None,
        "distance": None,
        "variant": "",
        "frame_ms": -1,
        "other": None,
        "series": [],
    }
    assert str(held.public_id) not in json.dumps(result)


def test_a_full_answer_by_likeness_says_how_near(alvania: Desk, borellia: Desk) -> None:
    code = random_code()
    hold(borellia.investigator.actor, File(pdq=code), audience=Audience.COMMUNITY)
    [result] = alvania.told({"pdq": flipped(code, 7).hex()})["results"]
    [answer] = result["answers"]
    assert (answer["by"], answer["distance"], answer["variant"]) == ("pdq", 7, "original")


@pytest.mark.parametrize(
    "wishes", [{"outside": AnswerOutside.SILENT}, {"audience": Audience.COMMUNITY, "excluded": ("ALV",)}]
)
def test_what_is_silent_answers_like_what_nobody_holds(
    alvania: Desk, borellia: Desk, wishes: dict[str, object], drawn: bytes
) -> None:
    rows = [hashes(drawn), {"pdq": (code := random_code()).hex(), "quality": 100}]
    absent = alvania.told(*rows)
    hold(borellia.investigator.actor, File(data=drawn, pdq=code), **wishes)  # type: ignore[arg-type]
    hidden = alvania.told(*rows)
    assert hidden["results"] == absent["results"]
    assert hidden | {"quota": 0} == absent | {"quota": 0}
    assert absent["quota"]["left"] - hidden["quota"]["left"] == absent["hashes"] == 4
    deliver_all()
    with administrator() as look:
        told = look.execute("SELECT owner_unit, level FROM matching_matchnotice").fetchall()
    if wishes.get("excluded"):
        assert {unit for unit, _ in told} == {borellia.investigator.actor.unit}
    assert {level for _, level in told} == {"silent"}


def test_owners_are_told_who_asked(alvania: Desk, borellia: Desk, drawn: bytes) -> None:
    held = hold(borellia.investigator.actor, File(data=drawn))
    alvania.told(sha256(drawn))
    deliver_all()
    with administrator() as look:
        rows = look.execute(
            "SELECT owner_unit, asker_unit, content_id, level FROM matching_matchnotice"
        ).fetchall()
    assert rows == [
        (borellia.investigator.actor.unit, alvania.investigator.actor.unit, held.content, "contact_only")
    ]


def test_own_holdings_and_lists_are_told_apart(alvania: Desk, drawn: bytes) -> None:
    held = hold(alvania.investigator.actor, File(data=drawn))
    listed = alvania.supervising.post(
        "/api/v1/lists",
        {
            "name": "L",
            "source": "T",
            "version": "1",
            "role": "flag",
            "legal_basis": "seizure",
            "file": a_list(),
        },
    )
    assert listed.status_code == 201, listed.content
    own, flagged, both = alvania.told(sha256(drawn), sha256(b"listed"), sha256(b"new"))["results"]
    assert [one["content"]["public_id"] for one in own["own"]] == [str(held.public_id)]
    assert (own["flags"], own["answers"]) == ([], [])
    assert [one["list_name"] for one in flagged["flags"]] == ["L"]
    assert (flagged["own"], flagged["hidden"]) == ([], False)
    assert both == {"row": 3, "own": [], "hidden": False, "hides": [], "flags": [], "answers": []}


def a_list() -> object:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("l.txt", hashlib.sha256(b"listed").hexdigest().encode())


def test_a_turned_picture_is_found_with_all_variants_only(alvania: Desk, borellia: Desk) -> None:
    code = random_code()
    hold(borellia.investigator.actor, File(pdq=code), audience=Audience.COMMUNITY)
    inverted = bytes(byte ^ 255 for byte in code).hex()
    assert alvania.told({"pdq": inverted})["results"][0]["answers"] == []
    [answer] = alvania.told({"pdq": inverted}, variants="all")["results"][0]["answers"]
    assert answer["variant"] == "original_complement"


def test_a_look_up_names_case_and_exhibit_and_absent_is_like_foreign(
    alvania: Desk, borellia: Desk, drawn: bytes
) -> None:
    row = sha256(drawn)
    for missing in ("case", "exhibit"):
        assert alvania.ask(row, **{missing: None}).status_code == 422
    foreign = alvania.ask(row, case=str(borellia.case), exhibit=str(borellia.exhibit))
    absent = alvania.ask(row, case=str(uuid.uuid4()), exhibit=str(uuid.uuid4()))
    crossed = alvania.ask(row, case=str(borellia.case))
    assert foreign.status_code == 404
    assert foreign.content == absent.content == crossed.content


def test_an_administrator_and_an_uncertified_person_look_up_nothing(alvania: Desk, drawn: bytes) -> None:
    for username, role, days in (("a.admin", Role.ADMINISTRATOR, 90), ("a.new", Role.INVESTIGATOR, 0)):
        person = add_person(username, "alv-viu", role, certified_days=days)
        assert alvania.ask(sha256(drawn), client=terminal(person)).status_code == 403
    assert {outcome for outcome, _, _ in lines_of(LOOKED_UP)} == {"refused"}


def test_the_log_has_one_line_with_counts_and_a_digest_and_no_hash(
    alvania: Desk, borellia: Desk, drawn: bytes
) -> None:
    hold(borellia.investigator.actor, File(data=drawn))
    code = random_code().hex()
    alvania.told(hashes(drawn), {"pdq": code, "quality": 77}, {"sha256": "no hash"})
    [(outcome, _, facts)] = lines_of(LOOKED_UP)
    assert outcome == "done"
    counted = {name: facts[name] for name in facts if name not in {"case", "exhibit", "asked"}}
    assert counted == {
        "rows": 2,
        "faults": 1,
        "md5_hashes": 1,
        "sha1_hashes": 1,
        "sha256_hashes": 1,
        "pdq_hashes": 1,
        "variants": "one",
        "own": 0,
        "listed": 0,
        "answered": 1,
    }
    assert (facts["case"], facts["exhibit"]) == (str(alvania.case), str(alvania.exhibit))
    with administrator() as look:
        row = look.execute(
            "SELECT audit_event::text FROM audit_event WHERE verb = %s", [LOOKED_UP]
        ).fetchone()
        subject = look.execute("SELECT subject_id FROM audit_event WHERE verb = %s", [LOOKED_UP]).fetchone()
    assert row is not None
    assert subject is not None
    every = hashes(drawn)
    assert not [one for one in (every["md5"], every["sha1"], every["sha256"], code) if one in row[0]]
    lines = (
        f"{every['sha256']}|{every['sha1']}|{every['md5']}|||{len(drawn)}/None\n|||{code}||None/77\n".encode()
    )
    assert facts["asked"] == hmac.new(subject[0].bytes, lines, hashlib.sha256).hexdigest()


def test_rows_that_cannot_be_used_are_named_and_the_others_answered(alvania: Desk, drawn: bytes) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    told = alvania.told({"md5": "abc"}, sha256(drawn), "a text", {"sha1": "x" * 40, **sha256(b"other")})
    assert [(one["row"], bool(one["own"])) for one in told["results"]] == [(2, True), (4, False)]
    assert {one["row"] for one in told["faults"]} == {1, 3, 4}
    assert all(one["reason"] for one in told["faults"])


def test_only_a_broken_document_or_one_without_a_usable_row_is_refused(alvania: Desk, drawn: bytes) -> None:
    nothing = alvania.ask({"md5": "abc"}, 7)
    assert nothing.status_code == 422
    assert "1: md5 is not 32" in nothing.json()["detail"]
    assert alvania.ask().status_code == 422
    broken = alvania.terminal.post("/api/v1/lookups", b'{"case": ', content_type="application/json")
    assert broken.status_code in {400, 422}
    assert alvania.ask(*[sha256(drawn)] * 10_001).status_code == 413
    assert lines_of(LOOKED_UP) == []


def test_nothing_is_counted_while_the_matcher_does_not_answer(
    alvania: Desk, matcher: RunningMatcher, drawn: bytes
) -> None:
    matcher.kill()
    try:
        answer = alvania.ask(sha256(drawn))
    finally:
        matcher.start()
    assert answer.status_code == 503
    assert alvania.told(sha256(drawn))["quota"]["left"] == settings.VIGIE.lookups_person_day - 1


def test_a_full_answer_about_what_the_asker_may_not_read_for_its_purpose_is_none(
    alvania: Desk, borellia: Desk, drawn: bytes
) -> None:
    held = hold(borellia.investigator.actor, File(data=drawn), audience=Audience.COMMUNITY)
    with administrator() as look:
        look.execute("UPDATE media_content SET purpose = 'training' WHERE id = %s", [held.content])
    assert alvania.told(sha256(drawn))["results"][0]["answers"] == []


def test_nothing_is_looked_up_under_a_closed_case(alvania: Desk, drawn: bytes) -> None:
    with administrator() as look:
        look.execute("UPDATE cases_case SET state = 'closed'")
    assert alvania.ask(sha256(drawn)).status_code == 409


def test_the_series_of_what_is_shown_stands_beside_it(alvania: Desk, borellia: Desk, drawn: bytes) -> None:
    actor = borellia.investigator.actor
    held = hold(actor, File(data=drawn), audience=Audience.COMMUNITY)
    with act_as(actor, clock=utc_now):
        for name, audience in (("Shown", Audience.COMMUNITY), ("Kept", Audience.UNIT)):
            facts = {"legal_basis": "seizure", "purpose": Purpose.VICTIM_IDENTIFICATION, "audience": audience}
            made = create_series(actor, name=name, **facts)
            add_member(actor, series=made, content=held.public_id, basis=Basis.SAME_VICTIM)
    [answer] = alvania.told(sha256(drawn))["results"][0]["answers"]
    assert [one["name"] for one in answer["series"]] == ["Shown"]


def test_what_its_owner_hands_to_nobody_is_a_contact_in_an_answer_that_may_be_kept(
    alvania: Desk, borellia: Desk, drawn: bytes
) -> None:
    owner = borellia.investigator.actor
    held = hold(owner, File(data=drawn), audience=Audience.COMMUNITY, handling=Handling.ORIGINATOR_ONLY)
    told = alvania.told(sha256(drawn))
    [answer] = told["results"][0]["answers"]
    assert (answer["level"], answer["other"], answer["desk"]["code"]) == ("contact_only", None, "bor-viu")
    assert str(held.public_id) not in json.dumps(told)
    [own] = borellia.told(sha256(drawn))["results"][0]["own"]
    assert own["content"]["public_id"] == str(held.public_id)
