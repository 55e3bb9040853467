"""What a person may look at: every look passes the gates and is in the log before there are bytes."""

import hashlib
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from factories.actors import investigator
from factories.cases import borellian, directory
from factories.media import intake_service, new_content, recorded, terms_of
from factories.media import picture as drawn
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.operation import act_as
from vigie.kernel.policy import Audience
from vigie.kernel.vault import Vault
from vigie.rooms.media.operations import clear_view, veiled_page
from vigie.rooms.media.operations.viewing import LARGEST_PAGE
from vigie.rooms.media.schemas import ClearReason


@pytest.fixture
def actor(database: None, stored_vault: Vault) -> Actor:
    directory()
    return investigator()


def lines(verb: str) -> list[tuple[Any, ...]]:
    with administrator() as look:
        return look.execute(
            "SELECT outcome, reason, subject_id, facts, concerned FROM audit_event WHERE verb = %s ORDER BY id",
            [verb],
        ).fetchall()


def looked_at(actor: Actor, *ids: uuid.UUID) -> dict[uuid.UUID, bytes]:
    with act_as(actor, clock=utc_now):
        return veiled_page(actor, ids)


def opened(
    actor: Actor, content: uuid.UUID, reason: str = ClearReason.CONFIRM_MATCH, note: str = ""
) -> bytes:
    with act_as(actor, clock=utc_now):
        return clear_view(actor, content, reason, note)


def test_a_page_of_veils_is_one_line_with_a_digest_of_the_ids(actor: Actor) -> None:
    ids = sorted(recorded(actor, seed=seed) for seed in range(3))
    shown = looked_at(actor, *ids)
    assert sorted(shown) == ids
    for png in shown.values():
        assert Image.open(io.BytesIO(png)).mode == "L"
    [(outcome, _, _, facts, _)] = lines("media:veil:view")
    digest = hashlib.sha256(b"".join(one.bytes for one in ids)).hexdigest()
    assert (outcome, facts) == ("done", {"count": 3, "digest": digest})


def test_another_owners_shared_content_is_shown_veiled_and_its_owner_is_concerned(actor: Actor) -> None:
    theirs = borellian()
    shared, kept = recorded(theirs, seed=1), recorded(theirs, seed=2, audience=Audience.UNIT)
    assert set(looked_at(actor, shared, kept, uuid.uuid4())) == {shared}
    assert lines("media:veil:view")[0][4] == [theirs.unit]


def test_a_page_has_an_end(actor: Actor) -> None:
    with pytest.raises(Invalid):
        looked_at(actor, *[uuid.uuid4() for _ in range(LARGEST_PAGE + 1)])


def test_no_certificate_no_veil(actor: Actor) -> None:
    content = recorded(actor, seed=1)
    with pytest.raises(Refused):
        looked_at(investigator(certified_until=None), content)
    assert [line[:2] for line in lines("media:veil:view")] == [("refused", "certificate-missing")]


def test_a_clear_view_is_rebuilt_from_pixels_and_says_why(actor: Actor) -> None:
    content = recorded(actor, seed=7)
    jpeg = opened(actor, content, note="hands match")
    with Image.open(io.BytesIO(jpeg)) as rebuilt:
        assert (rebuilt.format, rebuilt.size) == ("JPEG", (64, 48))
    assert jpeg != drawn(7)
    [(outcome, _, subject, facts, _)] = lines("media:clear:view")
    assert (outcome, subject, facts["why"]) == ("done", content, "confirm_match")
    assert "hands match" not in str(facts)


def test_the_four_gates(actor: Actor) -> None:
    content = recorded(actor, seed=1)
    past = utc_now() - timedelta(days=1)
    with pytest.raises(Refused, match="agreement"):
        opened(investigator(agreement_until=past), content)
    with pytest.raises(Refused, match="certificate"):
        opened(investigator(certified_until=past), content)
    with pytest.raises(StepUpNeeded):
        opened(investigator(confirmed_at=utc_now() - timedelta(minutes=6)), content)
    with pytest.raises(Refused, match="why"):
        opened(actor, content, reason="")
    with pytest.raises(NotFound):
        opened(actor, uuid.uuid4())
    with pytest.raises(Invalid, match="reasons"):
        opened(actor, content, reason="curiosity")
    assert {line[0] for line in lines("media:clear:view")} == {"refused"}


def test_what_another_owner_shares_is_never_opened_clear_here(actor: Actor) -> None:
    content = recorded(borellian(), seed=1)
    with pytest.raises(Refused, match="owner"):
        opened(actor, content)
    assert lines("media:clear:view")[0][:2] == ("refused", "owner-only")


def test_a_broken_file_leaves_a_line_though_nothing_was_shown(actor: Actor) -> None:
    from factories.media import record

    service = intake_service(actor)
    with act_as(service, clock=utc_now):
        broken = new_content(b"\xff\xd8\xff" + bytes(100))
        [row_id] = record(service, [broken], terms_of(actor)).values()
    with administrator() as look:
        row = look.execute("SELECT public_id FROM media_content WHERE id = %s", [row_id]).fetchone()
    assert row is not None
    with pytest.raises(Refused, match="cannot be shown"):
        opened(actor, row[0])
    assert lines("media:clear:view")[0][:2] == ("refused", "cannot-be-shown")


def test_bytes_that_are_not_here_are_said_to_be_so(actor: Actor) -> None:
    content = recorded(actor, seed=1)
    with administrator() as look:
        look.execute("UPDATE media_content SET holding = 'not_held'")
    with pytest.raises(Refused, match="not here"):
        opened(actor, content)
