"""The manifest: what need not travel is said of the asker's own holdings only, and the same question has one answer."""

import uuid

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from factories.cases import BORELLIA_UNIT, borellian, opened_case, opened_exhibit
from factories.intake import (
    Neighbour,
    answered,
    arrived,
    closed,
    handed_in,
    line,
    opened_submission,
    row_id_of,
    seen,
    worked,
)
from factories.media import intake_service, new_content, picture, record, terms_of
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, TooLarge
from vigie.kernel.operation import act_as
from vigie.rooms.cases.schemas import Sending
from vigie.rooms.intake import operations
from vigie.rooms.intake.rules import LARGEST_FILE, LARGEST_MANIFEST, Reason, Status


def held(actor: Actor, *files: bytes) -> None:
    service = intake_service(actor)
    with act_as(service, clock=utc_now):
        record(service, [new_content(data) for data in files], terms_of(actor))


def statuses(actor: Actor, submission: uuid.UUID, *files: bytes) -> list[Status]:
    return [
        answer.status
        for answer in answered(actor, submission, *(line(entry, data) for entry, data in enumerate(files)))
    ]


def test_only_what_the_unit_does_not_hold_is_wanted(actor: Actor) -> None:
    held(actor, b"mine")
    submission = opened_submission(actor)
    assert statuses(actor, submission, b"mine", b"new") == [Status.KNOWN, Status.WANTED]
    so_far = seen(actor, submission)
    assert (so_far.known, so_far.new, so_far.bytes_saved, so_far.bytes_total) == (1, 1, 4, 7)


def test_what_others_hold_looks_like_new_however_many_they_are(actor: Actor) -> None:
    for unit in (BORELLIA_UNIT, uuid.uuid4(), uuid.uuid4()):
        held(borellian(unit=unit), b"theirs")
    submission = opened_submission(actor)
    assert statuses(actor, submission, b"theirs", b"nobodys") == [Status.WANTED, Status.WANTED]


def test_the_same_entries_again_get_the_same_answers(actor: Actor) -> None:
    held(actor, b"mine")
    submission = opened_submission(actor)
    lines = [line(0, b"mine"), line(1, b"new"), line(2, b""), line(3, b"new")]
    first = answered(actor, submission, *lines)
    assert answered(actor, submission, *lines) == first
    assert [answer.status for answer in first] == [Status.KNOWN, Status.WANTED, Status.REFUSED, Status.KNOWN]
    assert seen(actor, submission).stages.hashed.total == 4


def test_a_begun_upload_is_gone_on_with(actor: Actor) -> None:
    from vigie.rooms.intake.parts import part_of
    from vigie.rooms.intake.queries import upload_for

    submission = opened_submission(actor)
    [answer] = answered(actor, submission, line(0, b"new"))
    assert answer.upload is None
    with act_as(actor, clock=utc_now):
        target = upload_for(actor, submission, 0)
    part_of(target.submission_id, target.upload_id).create()
    [again] = answered(actor, submission, line(0, b"new"))
    assert again.upload == f"/api/v1/uploads/{target.upload_id}"


def test_bytes_met_twice_in_one_submission_travel_once(actor: Actor, matching: Neighbour) -> None:
    submission = opened_submission(actor)
    data = picture(1)
    assert statuses(actor, submission, data, data) == [Status.WANTED, Status.KNOWN]
    arrived(actor, submission, 0, data)
    worked(actor, submission)
    so_far = seen(actor, submission)
    assert so_far.stages.matched.done == 2
    assert so_far.bytes_saved == len(data)
    with administrator() as look:
        assert look.execute(
            "SELECT count(*), count(DISTINCT content_id) FROM media_occurrence"
        ).fetchone() == (2, 1)


def test_a_twin_travels_itself_when_the_first_was_refused(actor: Actor) -> None:
    submission = opened_submission(actor)
    lines = [line(0, b"new"), line(1, b"new")]
    answered(actor, submission, *lines)
    with administrator() as look:
        look.execute(
            "UPDATE intake_manifestentry SET state = 'refused', reason = 'too_large' WHERE ordinal = 0"
        )
    again = answered(actor, submission, *lines)
    assert [answer.status for answer in again] == [Status.REFUSED, Status.WANTED]


def test_closing_refuses_what_never_came_its_twins_included(actor: Actor) -> None:
    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"new"), line(1, b"new"), line(2, b"other"))
    arrived(actor, submission, 2, b"other")
    closed(actor, submission)
    so_far = seen(actor, submission)
    refused = {refusal.entry: refusal.reason for refusal in so_far.refusals}
    assert refused == {0: "not_sent", 1: "not_sent"}
    with pytest.raises(Conflict):
        answered(actor, submission, line(3, b"late"))


def test_a_court_case_wants_every_file_again(actor: Actor) -> None:
    held(actor, b"mine")
    submission = opened_submission(actor, sending=Sending.EVERYTHING)
    assert statuses(actor, submission, b"mine", b"new", b"new") == [Status.WANTED] * 3


def test_a_file_that_failed_may_be_sent_again_under_a_new_upload(actor: Actor) -> None:
    from vigie.rooms.intake.queries import upload_for

    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"new"))
    with act_as(actor, clock=utc_now):
        before = upload_for(actor, submission, 0)
        operations.file_differs(actor, before.upload_id)
    assert seen(actor, submission).refusals[0].reason == Reason.DIGEST_DIFFERS
    [again] = answered(actor, submission, line(0, b"new"))
    assert (again.status, again.reason) == (Status.WANTED, None)
    with act_as(actor, clock=utc_now):
        assert upload_for(actor, submission, 0).upload_id != before.upload_id


def test_a_file_that_changed_is_taken_anew_until_its_bytes_were_acknowledged(actor: Actor) -> None:
    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"one"))
    assert answered(actor, submission, line(0, b"other"))[0].status is Status.WANTED
    arrived(actor, submission, 0, b"other")
    [answer] = answered(actor, submission, line(0, b"third"))
    assert (answer.status, answer.reason) == (Status.REFUSED, Reason.CHANGED_SINCE)


@pytest.mark.parametrize(
    ("data", "changes", "reason"),
    [(b"", {}, Reason.EMPTY), (b"x", {"bytes": LARGEST_FILE + 1}, Reason.TOO_LARGE)],
)
def test_what_is_never_taken_is_refused_with_its_reason(
    actor: Actor, data: bytes, changes: dict[str, int], reason: Reason
) -> None:
    submission = opened_submission(actor)
    [answer] = answered(actor, submission, line(0, data, **changes))
    assert (answer.status, answer.reason, answer.upload) == (Status.REFUSED, reason, None)


def test_a_manifest_that_cannot_be_understood_is_refused_whole(actor: Actor) -> None:
    submission = opened_submission(actor)
    with pytest.raises(Invalid, match="entry 0 is named twice"):
        answered(actor, submission, line(0, b"one"), line(0, b"other"))
    with pytest.raises(Invalid, match="no base64"):
        answered(actor, submission, line(0, b"one", path_base64="!"))
    with pytest.raises(TooLarge):
        answered(actor, submission, *[line(0, b"one")] * (LARGEST_MANIFEST + 1))
    with pytest.raises(NotFound):
        answered(actor, uuid.uuid4(), line(0, b"one"))
    assert seen(actor, submission).stages.hashed.total == 0


def test_a_path_that_is_no_text_keeps_its_bytes(actor: Actor) -> None:
    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"x", path="caf\ufffd\x00.jpg", path_base64="Y2Fm6S5qcGc="))
    with administrator() as look:
        row = look.execute("SELECT path, path_text FROM intake_manifestentry").fetchone()
    assert row == (b"caf\xe9.jpg", "caf\ufffd\ufffd.jpg")


def test_nobody_hands_in_for_another_unit_or_without_a_certificate(actor: Actor) -> None:
    submission = opened_submission(actor)
    other = borellian()
    with pytest.raises(NotFound):
        answered(other, submission, line(0, b"x"))
    with act_as(other, clock=utc_now), pytest.raises(NotFound):
        operations.open_submission(
            other, case=uuid.uuid4(), exhibit=opened_exhibit_of(actor), source="browser"
        )
    import dataclasses

    with pytest.raises(Refused):
        answered(dataclasses.replace(actor, certified_until=None), submission, line(0, b"x"))


def opened_exhibit_of(actor: Actor) -> uuid.UUID:
    with administrator() as look:
        row = look.execute(
            "SELECT public_id FROM cases_exhibit WHERE owner_unit = %s", [actor.unit]
        ).fetchone()
    assert row is not None
    found: uuid.UUID = row[0]
    return found


def test_a_submission_names_its_case_and_a_known_source(actor: Actor) -> None:
    exhibit = opened_exhibit(actor)
    other_case = opened_case(actor, reference="C-2")
    with act_as(actor, clock=utc_now):
        with pytest.raises(NotFound):
            operations.open_submission(actor, case=other_case, exhibit=exhibit, source="browser")
        from vigie.rooms.cases import queries as cases

        case = cases.exhibit(actor, exhibit).case_public_id
        with pytest.raises(Invalid, match="carrier pigeon"):
            operations.open_submission(actor, case=case, exhibit=exhibit, source="carrier pigeon")


def test_known_files_start_work_at_once(actor: Actor) -> None:
    held(actor, b"mine")
    submission = opened_submission(actor)
    statuses(actor, submission, b"mine")
    with administrator() as look:
        rows = look.execute(
            "SELECT queueing_lock, args - 'on_behalf' FROM procrastinate_jobs WHERE task_name = 'intake.work'"
        ).fetchall()
    row_id = str(row_id_of(actor, submission))
    assert rows == [(f"intake:{row_id}", {"submission": row_id})]


@tries(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=1)), max_size=4), max_size=4))
def test_any_sequence_of_manifests_leaves_one_row_per_entry_and_steady_answers(
    actor: Actor, calls: list[list[tuple[int, bytes]]]
) -> None:
    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs")
        look.execute("TRUNCATE cases_case CASCADE")
    submission = opened_submission(actor)
    latest: dict[int, bytes] = {}
    for call in calls:
        asked = dict(call)
        answers = answered(actor, submission, *(line(entry, data) for entry, data in asked.items()))
        assert [answer.entry for answer in answers] == list(asked)
        latest |= asked
        assert answered(actor, submission, *(line(entry, data) for entry, data in asked.items())) == answers
    with administrator() as look:
        rows = look.execute("SELECT ordinal, size FROM intake_manifestentry ORDER BY ordinal").fetchall()
    assert rows == sorted((entry, len(data)) for entry, data in latest.items())


def test_handed_in_files_are_counted_by_stage(actor: Actor, matching: Neighbour) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1), picture(2), b"")
    stages = seen(actor, submission).stages
    assert (stages.sent.done, stages.sent.total, stages.analysed.done) == (2, 2, 0)
    worked(actor, submission)
    stages = seen(actor, submission).stages
    assert (stages.analysed.done, stages.matched.done, stages.matched.total) == (2, 2, 2)


def test_what_a_list_of_the_unit_names_need_not_travel_and_makes_nobody_a_holder(
    actor: Actor, matching: Neighbour
) -> None:
    listed, weakly = b"a system file", b"named by weak digests only"
    listing(actor, listed, weakly)
    submission = opened_submission(actor)
    assert statuses(actor, submission, listed, weakly) == [Status.KNOWN, Status.WANTED]
    worked(actor, submission)
    with administrator() as look:
        contents = look.execute("SELECT holding, kind, size FROM media_content").fetchall()
        prints = look.execute("SELECT count(*) FROM media_fingerprint").fetchone()
        entry = look.execute("SELECT state, reason FROM intake_manifestentry WHERE ordinal = 0").fetchone()
        places = look.execute("SELECT count(*) FROM media_occurrence").fetchone()
    assert contents == [("not_held", "other", len(listed))]
    assert (prints, entry, places) == ((0,), ("matched", ""), (1,))
    assert matching.asked == []
    assert seen(actor, submission).bytes_saved == len(listed)
    other = borellian()
    elsewhere = opened_submission(other)
    assert statuses(other, elsewhere, listed) == [Status.WANTED]


def test_a_file_a_list_named_is_taken_when_a_court_case_sends_it(actor: Actor, matching: Neighbour) -> None:
    listing(actor, b"a system file", b"x")
    worked_on = opened_submission(actor)
    statuses(actor, worked_on, b"a system file")
    worked(actor, worked_on)
    case = opened_case(actor, reference="C-2", sending=Sending.EVERYTHING)
    submission = opened_submission(actor, opened_exhibit(actor, case=case))
    handed_in(actor, submission, b"a system file")
    worked(actor, submission)
    with administrator() as look:
        assert look.execute("SELECT holding, refusal FROM media_content").fetchall() == [
            ("own_copy", "unknown_format")
        ]
        assert look.execute("SELECT count(*) FROM media_fingerprint").fetchone() == (1,)


def listing(actor: Actor, by_sha256: bytes, by_md5: bytes) -> None:
    """A list of the unit names one file by SHA-256 and another by its MD5 alone."""
    with administrator() as look:
        look.execute(
            "INSERT INTO matching_knownlist (id, public_id, owner_unit, owner_country, recorded_by, recorded_at, purpose,"
            " legal_basis, handling, confidentiality, name, source, version, role, terms) VALUES (gen_random_uuid(),"
            " gen_random_uuid(), %s, 'ALV', %s, now(), 'victim_identification', 'act-12', 'orcon', '', 'System files',"
            " 'a maker', '1', 'hide', 'online_only')",
            [actor.unit, actor.id],
        )
        for name, digest in (("sha256", line(0, by_sha256).sha256), ("md5", line(0, by_md5).md5)):
            look.execute(
                f"INSERT INTO matching_knownitem (id, list_id, owner_unit, owner_country, recorded_by, recorded_at,"
                f" purpose, legal_basis, handling, confidentiality, item, category, series, {name})"
                " SELECT gen_random_uuid(), id, owner_unit, owner_country, recorded_by, recorded_at, purpose,"
                " legal_basis, handling, confidentiality, %s, '', '', %s FROM matching_knownlist".encode(),
                [name, digest],
            )
