"""An owner says that an item goes less far: answers under way stop naming it, and what was made from it follows."""

import json
import secrets
import uuid
from typing import Any

import pytest

from factories.matching import File, flipped, hold, random_code
from rooms.matching.looking_up import Desk, desk, sha256
from rooms.matching.test_lookup_bulk import body, released, sent
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import act_as
from vigie.kernel.policy import Audience, Handling
from vigie.rooms.matching.api import incoming
from vigie.rooms.matching.operations import match_contents
from vigie.rooms.media.operations import tighten_content_handling

pytestmark = pytest.mark.usefixtures("database", "matcher")


def tightened(actor: Actor, content: uuid.UUID, handling: Handling = Handling.ORIGINATOR_ONLY) -> None:
    with act_as(actor, clock=utc_now):
        tighten_content_handling(actor, content, handling)


def test_a_stream_under_way_names_it_no_more_from_its_next_rows_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "CHUNK_ROWS", 2)
    alvania, borellia = desk("ALV"), desk("BOR")
    data = secrets.token_bytes(8)
    held = hold(borellia.investigator.actor, File(data=data), audience=Audience.COMMUNITY)
    rows = [sha256(data), sha256(secrets.token_bytes(8)), sha256(data), sha256(secrets.token_bytes(8))]
    answers = iter(sent(alvania, released(alvania), body(*rows)).streaming_content)
    before = [json.loads(line) for line in next(answers).splitlines()]
    tightened(borellia.investigator.actor, held.public_id)
    after = [json.loads(line) for line in next(answers).splitlines()]
    assert (_level(before), _level(after)) == ("full", "contact_only")
    assert str(held.public_id) in json.dumps(before)
    assert str(held.public_id) not in json.dumps(after)


def _level(lines: list[dict[str, Any]]) -> str:
    [answer] = lines[0]["answers"]
    level: str = answer["level"]
    return level


def test_matches_of_it_follow_on_the_owners_side_and_others_do_not() -> None:
    alvania, borellia = desk("ALV"), desk("BOR")
    code = random_code()
    theirs = hold(
        borellia.investigator.actor, File(pdq=code), audience=Audience.COMMUNITY, handling=Handling.OPEN
    )
    mine = hold(alvania.investigator.actor, File(pdq=flipped(code, 3)), handling=Handling.OPEN)
    other = hold(alvania.investigator.actor, File(pdq=flipped(code, 4)), handling=Handling.OPEN)
    _matched(alvania, mine.content, other.content)
    tightened(alvania.investigator.actor, mine.public_id, Handling.RELEASABLE)
    with administrator() as look:
        found = dict(look.execute("SELECT content_id, handling FROM matching_candidate").fetchall())
    assert found == {mine.content: "releasable", other.content: "open"}
    assert theirs.content not in found


def _matched(asker: Desk, *contents: uuid.UUID) -> None:
    from factories.matching import matching_service

    service = matching_service(asker.investigator.actor)
    with act_as(service, clock=utc_now):
        match_contents(service, None, list(contents))


def test_it_goes_one_way_and_for_the_owner_alone() -> None:
    alvania, borellia = desk("ALV"), desk("BOR")
    owner = borellia.investigator.actor
    held = hold(
        owner, File(data=secrets.token_bytes(8)), audience=Audience.COMMUNITY, handling=Handling.ORCON
    )
    for handling in (Handling.OPEN, Handling.ORCON):
        with pytest.raises(Invalid):
            tightened(owner, held.public_id, handling)
    for content in (held.public_id, uuid.uuid4()):
        with pytest.raises(NotFound):
            tightened(alvania.investigator.actor, content)
    tightened(owner, held.public_id)
    with administrator() as look:
        assert look.execute("SELECT handling FROM media_content").fetchall() == [("originator_only",)]
