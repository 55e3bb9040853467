"""Erasure: the first step leaves nothing to open, the last nothing to find, and others know only that it was withdrawn."""

import json
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from factories.actors import investigator
from factories.cases import borellian, opened_case, opened_exhibit
from factories.matching import RunningMatcher
from factories.media import picture
from factories.retention import approved, erased, given, ordered, others_told, row_of, stored, supervisor_of
from support.database import administrator
from vigie.engines.notes import open_note
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.installation import checkpoint_key
from vigie.kernel.operation import act_as
from vigie.kernel.vault import Vault
from vigie.rooms.approvals import operations as approvals
from vigie.rooms.approvals.operations import ProposalClosed, TwoPersons
from vigie.rooms.cases import operations as cases
from vigie.rooms.matching import operations as matching
from vigie.rooms.matching import queries as matches
from vigie.rooms.matching.rules import Opinion, State
from vigie.rooms.media import queries as media
from vigie.rooms.retention import operations, queries
from vigie.rooms.retention.schemas import Authority, ErasureState

KEYS = "SELECT count(*) FROM media_originalkey"
TRACES = (
    "media_content",
    "media_originalkey",
    "media_rendition",
    "media_fingerprint",
    "media_occurrence",
    "matching_candidate",
    "matching_matchnotice",
    "series_membership",
    "retention_remains",
)


def rows(table: str, unit: uuid.UUID) -> int:
    return int(stored(f"SELECT count(*) FROM {table} WHERE owner_unit = %s", unit)[0][0])


def finished(actor: Actor, *contents: uuid.UUID) -> uuid.UUID:
    """Ordered, carried out, others told, certified."""
    erasure = ordered(actor, *contents)
    _carried_out(actor, erasure)
    return erasure


def test_nothing_is_left_of_an_erased_content_but_a_tombstone(actor: Actor, stored_vault: Vault) -> None:
    first, second = given(actor, picture(1), picture(2))
    finished(actor, first, second)
    assert {table: rows(table, actor.unit) for table in TRACES} == dict.fromkeys(TRACES, 0)
    assert list(stored_vault._blobs.names()) == []
    kept = stored("SELECT public_id, owner_unit, authority, object_name <> '' FROM media_tombstone")
    assert sorted(kept) == sorted((one, actor.unit, "decision", True) for one in (first, second))
    assert stored("SELECT path_text, size, state, sha256, content_id FROM intake_manifestentry") == [
        ("", 0, "erased", b"", None),
        ("", 0, "erased", b"", None),
    ]


def test_other_contents_of_the_unit_and_of_others_are_untouched(actor: Actor, stored_vault: Vault) -> None:
    other = borellian()
    first, second = given(actor, picture(1), picture(2))
    theirs = given(other, picture(1))
    finished(actor, first)
    with act_as(actor, clock=utc_now):
        assert set(media.facts(actor, [first, second])) == {second}
    with act_as(other, clock=utc_now):
        assert set(media.facts(other, [first, *theirs])) == set(theirs)
    assert len(list(stored_vault._blobs.names())) == 2


def test_the_first_step_leaves_nothing_to_open_and_nothing_to_see(actor: Actor) -> None:
    [content] = given(actor, picture(1))
    erasure = ordered(actor, content)
    service = _service(actor)
    with act_as(service, clock=utc_now):
        assert operations.take_apart(service, row_of(erasure)) == 1
        assert operations.take_apart(service, row_of(erasure)) == 0
    assert stored(KEYS) == [(0,)]
    with act_as(actor, clock=utc_now), pytest.raises(NotFound):
        media.content(actor, content)
    with act_as(actor, clock=utc_now):
        view = queries.erasure(actor, erasure)
    assert (view.state, view.contents, view.unopenable) == (ErasureState.UNDER_WAY, 1, 1)


def test_the_index_holds_no_code_and_no_digest_of_it(actor: Actor, matcher: RunningMatcher) -> None:
    [content] = given(actor, picture(1))
    [(name, digest, code)] = stored("SELECT id, sha256, pdq FROM media_fingerprint")
    inside = matcher.home.root / "index"
    assert _found_in(inside, bytes(digest))
    finished(actor, content)
    assert not _found_in(inside, bytes(digest))
    assert not _found_in(inside, bytes(code))
    assert not _found_in(inside, name.bytes)


def test_others_know_only_that_it_was_withdrawn_by_its_owner(actor: Actor) -> None:
    other = borellian()
    [content] = given(actor, picture(1))
    [theirs] = given(other, picture(1))
    with act_as(other, clock=_later):
        [match] = matches.new_matches(other)
        assert match.other is not None
        matching.give_verdict(other, match.public_id, Opinion.SAME_ITEM)
    finished(actor, content)
    with act_as(other, clock=_later):
        [left] = matches.new_matches(other)
    assert (left.state, left.content, left.other, left.distance, left.by, left.may_judge) == (
        State.ERASED, theirs, None, None, None, False,
    )  # fmt: skip
    assert [one.opinion for one in left.verdicts] == [Opinion.SAME_ITEM], "what they said is theirs"
    [row] = stored("SELECT other_public_id, distance, variant, claim, level FROM matching_candidate")
    assert row == (None, None, "", "resembles", "contact_only")
    assert (
        stored("SELECT count(*) FROM match_delivery")
        == stored("SELECT count(*) FROM match_withdrawal")
        == [(0,)]
    )
    with act_as(other, clock=_later), pytest.raises(Conflict):
        matching.give_verdict(other, left.public_id, Opinion.UNRELATED)


def test_an_owner_who_was_told_of_it_keeps_no_fact_of_it(actor: Actor) -> None:
    from vigie.rooms.matching.tasks import deliver

    other = borellian()
    given(other, picture(1))
    [content] = given(actor, picture(1))
    _due()
    deliver(0)
    assert stored("SELECT asker_public_id FROM matching_matchnotice") == [(content,)]
    finished(actor, content)
    [row] = stored("SELECT asker_public_id, distance, claim, state, asker_unit FROM matching_matchnotice")
    assert row == (None, None, "resembles", "erased", actor.unit)


def test_a_notice_that_was_not_delivered_yet_never_comes(actor: Actor) -> None:
    from vigie.rooms.matching.tasks import deliver

    given(borellian(), picture(1))
    [content] = given(actor, picture(1))
    finished(actor, content)
    _due()
    deliver(0)
    assert stored("SELECT count(*) FROM matching_matchnotice") == [(0,)]


def proposed(actor: Actor, *contents: uuid.UUID, **changes: Any) -> uuid.UUID:
    facts: dict[str, Any] = {"authority": Authority.DECISION, "words": "Why"} | changes
    with act_as(actor, clock=utc_now):
        return operations.propose_erasure(actor, contents=contents, **facts).public_id


def test_a_person_who_may_not_say_so_cannot_erase(actor: Actor) -> None:
    [content] = given(actor, picture(1))
    with pytest.raises(Refused):
        proposed(actor, content)
    with pytest.raises(StepUpNeeded):
        proposed(supervisor_of(investigator(confirmed_at=None)), content)
    with pytest.raises(NotFound):
        proposed(supervisor_of(borellian()), content)
    assert stored(KEYS) == [(1,)]


def test_one_supervisor_alone_erases_nothing(actor: Actor) -> None:
    [content] = given(actor, picture(1))
    boss = supervisor_of(actor)
    proposal = proposed(boss, content)
    with pytest.raises(TwoPersons), act_as(boss, clock=utc_now):
        approvals.approve(boss, proposal)
    assert stored("SELECT count(*) FROM retention_erasure") == [(0,)]
    approved(actor, proposal)
    assert stored("SELECT contents FROM retention_erasure") == [(1,)]


def test_a_file_that_came_to_a_case_since_is_nothing_anybody_agreed_to_erase(actor: Actor) -> None:
    case = opened_case(actor)
    exhibit = opened_exhibit(actor, case=case)
    given(actor, picture(1), exhibit=exhibit)
    boss = supervisor_of(actor)
    with act_as(boss, clock=utc_now):
        waits = operations.propose_case_erasure(
            boss, case=case, authority=Authority.COURT, words="Order 12/26"
        )
    given(actor, picture(1), picture(2), exhibit=exhibit)
    with pytest.raises(ProposalClosed):
        approved(actor, waits.public_id)
    assert stored("SELECT count(*) FROM retention_erasure") == [(0,)]


def test_a_hold_set_since_the_proposal_stops_it(actor: Actor) -> None:
    case = opened_case(actor)
    given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    boss = supervisor_of(actor)
    with act_as(boss, clock=utc_now):
        waits = operations.propose_case_erasure(
            boss, case=case, authority=Authority.COURT, words="Order 12/26"
        )
        cases.set_hold(boss, case=case, ordered_by="Court", why="An appeal")
    with pytest.raises(Conflict):
        approved(actor, waits.public_id)
    assert stored(KEYS) == [(1,)]


@pytest.mark.parametrize(
    ("authority", "words"),
    [(Authority.DECISION, "  "), (Authority.RETENTION, "why")],
)
def test_an_order_needs_a_reason_and_a_persons_authority(
    actor: Actor, authority: Authority, words: str
) -> None:
    [content] = given(actor, picture(1))
    boss = supervisor_of(actor)
    with pytest.raises(Invalid):
        proposed(boss, content, authority=authority, words=words)
    with pytest.raises(Invalid):
        proposed(boss)
    empty = opened_case(actor, "C-2")
    with act_as(boss, clock=utc_now), pytest.raises(Conflict):
        operations.propose_case_erasure(boss, case=empty, authority=Authority.COURT, words="why")


def test_nothing_is_erased_twice_at_once(actor: Actor) -> None:
    [content] = given(actor, picture(1))
    ordered(actor, content)
    with pytest.raises(Conflict):
        ordered(actor, content)


def test_a_legal_hold_keeps_a_content_until_it_is_lifted(actor: Actor) -> None:
    case = opened_case(actor)
    [content] = given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    supervisor = supervisor_of(actor)
    with act_as(supervisor, clock=utc_now):
        hold = cases.set_hold(supervisor, case=case, ordered_by="Court of Appeal, 12/26", why="An appeal")
    with pytest.raises(Conflict):
        ordered(actor, content)
    with act_as(supervisor, clock=utc_now):
        assert cases.lift_hold(supervisor, hold) == case
    finished(actor, content)
    assert stored(KEYS) == [(0,)]


def test_a_hold_set_after_the_order_takes_the_content_out_of_it(actor: Actor) -> None:
    case = opened_case(actor)
    [kept] = given(actor, picture(1), exhibit=opened_exhibit(actor, case=case))
    [gone] = given(actor, picture(2), exhibit=opened_exhibit(actor, case=opened_case(actor, "C-2")))
    erasure = ordered(actor, kept, gone)
    supervisor = supervisor_of(actor)
    with act_as(supervisor, clock=utc_now):
        cases.set_hold(supervisor, case=case, ordered_by="Court", why="An appeal")
    _carried_out(actor, erasure)
    with act_as(actor, clock=utc_now):
        assert set(media.facts(actor, [kept, gone])) == {kept}
        assert queries.erasure(actor, erasure).contents == 1


def test_a_file_handed_in_again_is_a_new_content_that_opens(actor: Actor, stored_vault: Vault) -> None:
    exhibit = opened_exhibit(actor)
    [before] = given(actor, picture(1), exhibit=exhibit)
    finished(actor, before)
    [again] = given(actor, picture(1), exhibit=exhibit)
    assert again != before
    assert len(list(stored_vault._blobs.names())) == 1
    assert stored(KEYS) == [(1,)]
    assert stored("SELECT object_name FROM media_tombstone") == [("",)], "the name is another content's now"


def test_handing_in_while_the_object_is_being_removed_keeps_the_new_object(
    actor: Actor, stored_vault: Vault
) -> None:
    exhibit = opened_exhibit(actor)
    [before] = given(actor, picture(1), exhibit=exhibit)
    erasure = ordered(actor, before)
    service = _service(actor)
    with act_as(service, clock=utc_now):
        operations.take_apart(service, row_of(erasure))
    given(actor, picture(1), exhibit=exhibit)
    erased(actor, erasure)
    assert len(list(stored_vault._blobs.names())) == 1


STEPS = [
    "drop_matches", "drop_members", "blank_entries", "remove_contents", "remove_objects", "forget_fingerprints",
    "remove_parts", "certificate_of",
]  # fmt: skip


@pytest.mark.faults
@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_dies_at_any_step_is_repeated_and_ends(
    actor: Actor, stored_vault: Vault, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The death of a process as the database sees it; `make faults` kills a real one."""
    from vigie.rooms.retention.operations import erasing

    [content] = given(actor, picture(1))
    erasure = ordered(actor, content)
    whole = getattr(erasing, step)

    def dies(*given: object) -> None:
        whole(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, step, dies)
        with pytest.raises(KeyboardInterrupt):
            _carried_out(actor, erasure)
    _carried_out(actor, erasure)
    assert {table: rows(table, actor.unit) for table in TRACES} == dict.fromkeys(TRACES, 0)
    assert list(stored_vault._blobs.names()) == []
    assert stored("SELECT count(*), min(state) FROM retention_erasure") == [(1, "done")]


def test_an_erasure_waits_for_a_matcher_that_is_away(actor: Actor, matcher: RunningMatcher) -> None:
    [content] = given(actor, picture(1))
    erasure = ordered(actor, content)
    _taken_up()
    matcher.kill()
    erased(actor, erasure)
    assert stored("SELECT stage FROM retention_remains") == [("unopenable",)]
    assert stored(KEYS) == [(0,)]
    waits = stored(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'retention.erase' AND scheduled_at > now()"
    )
    assert waits == [(1,)]
    matcher.start()
    _carried_out(actor, erasure)
    assert stored("SELECT state FROM retention_erasure") == [("done",)]


def test_the_certificate_is_signed_and_names_what_when_and_the_day_of_the_last_backup(actor: Actor) -> None:
    first, second = given(actor, picture(1), picture(2))
    erasure = ordered(actor, first, second)
    with act_as(actor, clock=utc_now), pytest.raises(Conflict):
        queries.certificate(actor, erasure)
    _carried_out(actor, erasure)
    with act_as(actor, clock=utc_now):
        note = queries.certificate(actor, erasure)
        view = queries.erasure(actor, erasure)
    title, _, body = open_note(note, checkpoint_key().verifier).partition("\n")
    facts = json.loads(body)
    assert title == "vigie erasure certificate 1"
    assert (facts["count"], facts["contents"]) == (2, sorted(map(str, (first, second))))
    assert (facts["authority"], facts["backup_horizon_days"]) == (
        "decision",
        settings.VIGIE.backup_horizon_days,
    )
    assert view.done_at is not None
    assert facts["gone_from_backups_on"] > view.done_at.date().isoformat()
    events = {str(row[0]) for row in stored("SELECT id FROM audit_event")}
    assert {facts["ordered_log_entry"], facts["done_log_entry"]} <= events


def test_the_log_names_both_persons_and_keeps_the_reason_apart(actor: Actor) -> None:
    [content] = given(actor, picture(1))
    erasure = ordered(actor, content)
    [(facts, subject)] = stored(
        "SELECT facts, subject_id FROM audit_event WHERE id = (SELECT ordered_event FROM retention_erasure)"
    )
    assert subject == erasure
    assert facts["contents"] == 1
    proposers = stored("SELECT proposer_id FROM approvals_proposal")
    assert str(proposers[0][0]) in str(facts)
    assert "court said" not in str(stored("SELECT facts FROM audit_event"))


def test_another_unit_sees_no_erasure(actor: Actor) -> None:
    [content] = given(actor, picture(1))
    erasure = finished(actor, content)
    other = borellian()
    with act_as(other, clock=utc_now):
        assert queries.erasures(other).erasures == ()
        for ask in (queries.erasure, queries.certificate):
            with pytest.raises(NotFound):
                ask(other, erasure)


def test_erasures_come_page_by_page(actor: Actor) -> None:
    exhibit = opened_exhibit(actor)
    one, two = given(actor, picture(1), picture(2), exhibit=exhibit)
    orders = [ordered(actor, one), ordered(actor, two)]
    with act_as(actor, clock=utc_now):
        page = queries.erasures(actor, limit=1)
        assert [view.public_id for view in page.erasures] == orders[1:]
        assert [view.public_id for view in queries.erasures(actor, after=page.after).erasures] == orders[:1]
        with pytest.raises(NotFound):
            queries.erasures(actor, after=uuid.uuid4())


def _carried_out(actor: Actor, erasure: uuid.UUID) -> None:
    erased(actor, erasure)
    others_told()
    erased(actor, erasure)


def _service(actor: Actor) -> Actor:
    from vigie.kernel.jobs import OnBehalf
    from vigie.kernel.permissions import Role

    return OnBehalf.of(actor).service(Role.SERVICE_ERASURE)


def _taken_up() -> None:
    """The waiting job runs: it waits no more."""
    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'retention.erase'")


def _later() -> datetime:
    return utc_now() + timedelta(seconds=5)


def _due() -> None:
    with administrator() as look:
        look.execute("UPDATE match_delivery SET deliver_after = now()")


def _found_in(folder: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())
