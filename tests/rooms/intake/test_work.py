"""The job from part to match: every acknowledged file ends in exactly one content, whatever happens on the way."""

import io
import os
import sys
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from factories.cases import opened_exhibit
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
from factories.media import intake_service, picture
from support.database import administrator
from vigie.engines.hashing import pdq
from vigie.engines.hashing.digests import digest_bytes
from vigie.engines.imaging import MediaRefused, RefusalCode
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.operation import act_as
from vigie.kernel.vault import Owner, Vault
from vigie.rooms.cases import queries as cases
from vigie.rooms.cases.schemas import Share
from vigie.rooms.intake import operations, rules, tasks
from vigie.rooms.intake.parts import Part, remaining_parts
from vigie.rooms.intake.queries import failures_csv
from vigie.rooms.intake.tasks import working
from vigie.rooms.media import queries as media
from vigie.rooms.media.operations import veiled_page

pytestmark = pytest.mark.usefixtures("matching")


def rows(query: str) -> list[tuple[Any, ...]]:
    with administrator() as look:
        return look.execute(query.encode()).fetchall()


def states() -> list[tuple[str, str]]:
    return rows("SELECT state, reason FROM intake_manifestentry ORDER BY ordinal")  # type: ignore[return-value]


def parts(actor: Actor, submission: uuid.UUID) -> int:
    return len(remaining_parts(row_id_of(actor, submission)))


def test_a_file_ends_as_content_with_its_place_its_print_and_a_veil(
    actor: Actor, matching: Neighbour
) -> None:
    exhibit = opened_exhibit(actor, share=Share.COUNTRY)
    submission = opened_submission(actor, exhibit)
    data = picture(1, 640, 480)
    answered(actor, submission, line(0, data, path="DCIM/é.jpg", modified="2019-07-01T12:00:00+02:00"))
    arrived(actor, submission, 0, data)
    worked(actor, submission)
    assert states() == [("matched", "")]
    assert parts(actor, submission) == 0
    with act_as(actor, clock=utc_now):
        [content] = media.contents_of_exhibit(actor, exhibit).contents
        [place] = media.places(actor, content.public_id)
        assert set(veiled_page(actor, [content.public_id])) == {content.public_id}
    assert (content.format, content.width, content.height, content.size) == ("jpeg", 640, 480, len(data))
    assert (place.path, place.modified) == ("DCIM/é.jpg", "2019-07-01T12:00:00+02:00")
    digests = digest_bytes(data)
    [stored] = rows("SELECT md5, sha1, sha256, pdq, quality, audience FROM media_fingerprint")
    assert stored[:3] == (digests.md5, digests.sha1, digests.sha256)
    assert stored[5] == "country"
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        import numpy as np

        luma = pdq.luma_from_rgb(np.asarray(opened))
    reference = pdq.from_raster(pdq.downsample(luma))
    assert (int.from_bytes(stored[3]) ^ int.from_bytes(reference.code)).bit_count() <= 10
    assert matching.asked == [[rows("SELECT id FROM media_content")[0][0]]]


def test_a_broken_file_is_recorded_and_the_rest_goes_on(actor: Actor, matching: Neighbour) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1), b"\xff\xd8\xff" + bytes(50), b"words", picture(2))
    worked(actor, submission)
    assert [state for state, _ in states()] == ["matched"] * 4
    assert [reason for _, reason in states()] == ["", "corrupt", "unknown_format", ""]
    so_far = seen(actor, submission)
    assert sorted((one.path, one.reason) for one in so_far.refusals) == [
        ("DCIM/0001.jpg", "corrupt"),
        ("DCIM/0002.jpg", "unknown_format"),
    ]
    assert so_far.refused == 2
    kinds = rows("SELECT kind, refusal FROM media_content ORDER BY kind, refusal")
    assert [kind for kind, _ in kinds] == ["other", "picture", "picture", "picture"]
    refusals = [refusal for _, refusal in kinds if refusal]
    assert len(refusals) == 2
    assert refusals[0] == "unknown_format"
    assert rows("SELECT count(*), count(pdq) FROM media_fingerprint") == [(4, 2)]
    assert sum(len(asked) for asked in matching.asked) == 4


def test_what_does_not_claim_to_be_a_picture_or_film_needs_no_word(actor: Actor) -> None:
    submission = opened_submission(actor)
    for wanted in answered(actor, submission, line(0, b"words", path="letters/one.txt")):
        arrived(actor, submission, wanted.entry, b"words")
    worked(actor, submission)
    assert states() == [("matched", "")]
    assert seen(actor, submission).refused == 0


def test_a_part_damaged_at_rest_fails_its_file_alone(actor: Actor) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1), picture(2))
    part = remaining_parts(row_id_of(actor, submission))[0].path
    stored = bytearray(part.read_bytes())
    stored[10] ^= 1
    part.write_bytes(stored)
    worked(actor, submission)
    assert sorted(states()) == [("matched", ""), ("refused", "digest_differs")]
    assert rows("SELECT count(*) FROM media_content") == [(1,)]


def test_a_lost_part_is_said_to_be_lost_and_may_come_again(actor: Actor) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1))
    remaining_parts(row_id_of(actor, submission))[0].path.unlink()
    worked(actor, submission)
    assert states() == [("refused", "part_missing")]
    handed_in(actor, submission, picture(1))
    worked(actor, submission)
    assert states() == [("matched", "")]


def test_a_file_that_ends_two_workers_is_quarantined_and_never_opened_again(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vigie.engines.imaging import ConfinedPool

    honest, killer, tries = ConfinedPool.analyse, picture(13), []

    def analyse(pool: ConfinedPool, file: Any) -> Any:
        if digest_bytes(file.read()).sha256 == digest_bytes(killer).sha256 or file.seek(0):
            tries.append(1)
            raise MediaRefused(RefusalCode.WORKER_KILLED, "it ended its worker")
        return honest(pool, file)

    def analyse_from_start(pool: ConfinedPool, file: Any) -> Any:
        file.seek(0)
        return analyse(pool, file)

    monkeypatch.setattr(ConfinedPool, "analyse", analyse_from_start)
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1), killer, picture(2))
    worked(actor, submission)
    assert states() == [("matched", ""), ("matched", "quarantined"), ("matched", "")]
    assert len(tries) == rules.KILLS_BEFORE_QUARANTINE
    assert rows("SELECT refusal FROM media_content WHERE refusal <> ''") == [("worker_killed",)]
    worked(actor, submission)
    assert len(tries) == rules.KILLS_BEFORE_QUARANTINE
    assert [refusal.reason for refusal in seen(actor, submission).refusals] == ["quarantined"]


def test_a_fault_of_ours_in_one_file_does_not_hold_up_the_others(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vigie.rooms.intake import examining

    calls = []

    def fails_first(raster: Any) -> Any:
        calls.append(1)
        if len(calls) <= 2:
            raise RuntimeError("a mistake of ours")
        return honest(raster)

    honest = pdq.from_raster
    monkeypatch.setattr(examining.pdq, "from_raster", fails_first)
    monkeypatch.setattr(working, "_THREADS", 1)
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1), picture(2))
    worked(actor, submission)
    assert sorted(states()) == [("matched", ""), ("matched", "quarantined")]


def test_a_film_that_cannot_be_opened_is_kept_with_its_digests_and_the_reason(actor: Actor) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, b"\x00\x00\x00\x18ftypmp42" + bytes(64))
    worked(actor, submission)
    assert rows("SELECT kind, format, refusal FROM media_content") == [("film", "mp4", "corrupt")]


def test_the_job_takes_its_share_and_another_run_follows(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "JOB_FILES", 3)
    submission = opened_submission(actor)
    handed_in(actor, submission, *(picture(seed) for seed in range(7)))
    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs")
    worked(actor, submission)
    assert seen(actor, submission).stages.matched.done == rules.FIRST_BATCH_FILES
    assert rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'intake.work'") == [(1,)]
    worked(actor, submission)
    assert seen(actor, submission).stages.matched.done == 7


def test_a_run_that_can_take_nothing_leaves_the_files_to_the_run_that_has_them(actor: Actor) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1), picture(2))
    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs")
    with administrator() as other, other.transaction():
        other.execute("SELECT 1 FROM intake_manifestentry FOR UPDATE")
        worked(actor, submission)
        assert states() == [("sent", "")] * 2
    assert rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    worked(actor, submission)
    assert states() == [("matched", "")] * 2


def test_the_first_answer_comes_after_a_small_batch(actor: Actor, matching: Neighbour) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, *(picture(seed) for seed in range(9)))
    assert seen(actor, submission).first_answer_at is None
    worked(actor, submission)
    assert [len(asked) for asked in matching.asked] == [4, 5]
    assert seen(actor, submission).first_answer_at is not None


def test_nothing_is_lost_while_the_matcher_is_away(actor: Actor, matching: Neighbour) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1))
    matching.away = True
    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs")
    worked(actor, submission)
    assert states() == [("recorded", "")]
    assert rows("SELECT scheduled_at > now() FROM procrastinate_jobs") == [(True,)]
    matching.away = False
    worked(actor, submission)
    assert states() == [("matched", "")]


@pytest.mark.parametrize("dies", ["after the rows", "before the answer", "after the answer"])
def test_a_run_that_dies_anywhere_is_made_good_by_the_next(
    actor: Actor, matching: Neighbour, monkeypatch: pytest.MonkeyPatch, stored_vault: Vault, dies: str
) -> None:
    class KilledError(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise KilledError

    places = {
        "after the rows": (working, "part_of"),
        "before the answer": (working, "_match_contents"),
        "after the answer": (operations, "mark_matched"),
    }
    submission = opened_submission(actor)
    data = [picture(seed) for seed in range(3)]
    handed_in(actor, submission, *data)
    with monkeypatch.context() as fault:
        fault.setattr(*places[dies], killed)
        with pytest.raises(KilledError):
            worked(actor, submission)
    worked(actor, submission)
    assert states() == [("matched", "")] * 3
    assert (
        rows("SELECT count(*) FROM media_content") == rows("SELECT count(*) FROM media_occurrence") == [(3,)]
    )
    assert len(list(stored_vault._blobs.names())) == 3
    swept(actor, submission, older_by=timedelta(hours=2))
    assert parts(actor, submission) == 0


def test_a_run_killed_before_its_commit_leaves_acknowledged_files_to_the_next(
    actor: Actor, monkeypatch: pytest.MonkeyPatch, stored_vault: Vault
) -> None:
    class KilledError(BaseException):
        pass

    from vigie.rooms.intake.operations import recording

    def killed(*_: Any) -> None:
        raise KilledError

    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1))
    with monkeypatch.context() as fault:
        fault.setattr(recording, "record_occurrences", killed)
        with pytest.raises(KilledError):
            worked(actor, submission)
    assert states() == [("sent", "")]
    worked(actor, submission)
    assert states() == [("matched", "")]
    [name] = stored_vault._blobs.names()
    assert name == stored_vault.object_name(Owner(actor.unit, actor.country), digest_bytes(picture(1)).sha256)


def test_parts_left_between_a_commit_and_their_removal_are_gone_when_the_job_runs_again(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1), picture(2))
    with monkeypatch.context() as dying:
        dying.setattr(Part, "remove", lambda part: sys.exit("killed"))
        with pytest.raises(SystemExit):
            worked(actor, submission)
    assert (states(), parts(actor, submission)) == ([("recorded", "")] * 2, 2)
    worked(actor, submission)
    assert (states(), parts(actor, submission)) == ([("matched", "")] * 2, 0)


def test_the_same_files_handed_in_again_by_another_run_are_found_at_the_same_places(
    actor: Actor, matching: Neighbour
) -> None:
    exhibit = opened_exhibit(actor)
    entries = [line(number, picture(1), path=path) for number, path in enumerate(("a.jpg", "b/a.jpg"))]
    for _ in range(2):
        submission = opened_submission(actor, exhibit)
        for wanted in answered(actor, submission, *entries):
            if wanted.status is rules.Status.WANTED:
                arrived(actor, submission, wanted.entry, picture(1))
        worked(actor, submission)
    assert states() == [("matched", "")] * 4
    assert rows("SELECT path_text FROM media_occurrence ORDER BY path_text") == [("a.jpg",), ("b/a.jpg",)]


def swept(actor: Actor, submission: uuid.UUID, older_by: timedelta = timedelta()) -> int:
    for part in remaining_parts(row_id_of(actor, submission)):
        then = (part.touched - older_by).timestamp()
        os.utime(part.path, (then, then))
    service, row_id = intake_service(actor), row_id_of(actor, submission)
    with act_as(service, clock=utc_now):
        return operations.sweep_parts(service, row_id)


def test_the_sweep_takes_orphans_of_an_hour_and_nothing_that_is_needed(actor: Actor) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1))
    folder = settings.VIGIE_HOME.uploads / row_id_of(actor, submission).hex
    (folder / uuid.uuid4().hex).write_bytes(b"left behind")
    assert swept(actor, submission) == 0
    assert swept(actor, submission, older_by=timedelta(hours=2)) == 1
    assert parts(actor, submission) == 1
    worked(actor, submission)
    assert states() == [("matched", "")]
    assert parts(actor, submission) == 0
    assert not folder.exists()


def test_parts_nobody_adds_to_for_a_week_are_given_up(actor: Actor) -> None:
    from vigie.rooms.intake.parts import part_of
    from vigie.rooms.intake.queries import upload_for

    submission = opened_submission(actor)
    answered(actor, submission, line(0, picture(1)))
    with act_as(actor, clock=utc_now):
        target = upload_for(actor, submission, 0)
    part_of(target.submission_id, target.upload_id).create()
    assert swept(actor, submission, older_by=timedelta(days=6)) == 0
    assert swept(actor, submission, older_by=timedelta(days=2)) == 1


def test_the_sweep_goes_on_while_there_is_something_to_sweep(actor: Actor) -> None:
    submission = opened_submission(actor)
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'intake.sweep' AND status = 'todo'"
    assert rows(waiting) == [(1,)]
    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs")
    tasks.sweep(on_behalf=OnBehalf.of(actor).as_arguments(), submission=str(row_id_of(actor, submission)))
    assert rows(waiting) == [(1,)]
    closed(actor, submission)
    worked(actor, submission)
    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs")
    tasks.sweep(on_behalf=OnBehalf.of(actor).as_arguments(), submission=str(row_id_of(actor, submission)))
    assert rows(waiting) == [(0,)]


def test_a_closed_submission_is_written_into_the_chain_of_custody_once(actor: Actor) -> None:
    exhibit = opened_exhibit(actor)
    submission = opened_submission(actor, exhibit)
    handed_in(actor, submission, picture(1), picture(2), picture(1), b"")
    worked(actor, submission)
    assert seen(actor, submission).state == "open"
    closed(actor, submission)
    worked(actor, submission)
    worked(actor, submission)
    assert seen(actor, submission).state == "recorded"
    with act_as(actor, clock=utc_now):
        steps = cases.custody(actor, exhibit)
        assert cases.verify_custody(actor, exhibit).intact
    assert [step.act for step in steps] == ["registered", "recorded"]
    counts = {name: steps[1].parameters[name] for name in ("files", "new", "refused")}
    assert counts == {"files": 4, "new": 2, "refused": 1}
    assert steps[1].parameters["submission"] == str(submission)


def test_failures_can_be_read_as_csv_that_no_spreadsheet_runs(actor: Actor) -> None:
    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"", path="=cmd|' /C calc'!A0"), line(1, b"x", path='a,"b".jpg'))
    closed(actor, submission)
    with act_as(actor, clock=utc_now):
        text = failures_csv(actor, submission)
    import csv

    heading, *lines = csv.reader(io.StringIO(text))
    assert heading == ["path", "bytes", "sha256", "reason"]
    assert sorted((row[0], row[3]) for row in lines) == [
        ("'=cmd|' /C calc'!A0", "empty"),
        ('a,"b".jpg', "not_sent"),
    ]


def test_jobs_carry_ids_only(actor: Actor) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1))
    for (arguments,) in rows("SELECT args FROM procrastinate_jobs"):
        assert set(arguments) == {"on_behalf", "submission"}
        uuid.UUID(arguments["submission"])
        assert set(arguments["on_behalf"]) == {"unit", "country", "person", "purpose"}


NO_ROOM = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON media_content FOR EACH ROW EXECUTE FUNCTION full_disk();
"""


def test_a_database_without_room_costs_nothing_but_time(actor: Actor) -> None:
    """Tries with back-off were over after half a minute, and what had arrived then waited for good."""
    submission = opened_submission(actor)
    handed_in(actor, submission, picture(1))
    with administrator() as look:
        look.execute("DELETE FROM procrastinate_jobs")
        look.execute(NO_ROOM)
        try:
            worked(actor, submission)
            assert look.execute("SELECT state FROM intake_manifestentry").fetchall() == [("sent",)]
            [(later,)] = look.execute("SELECT scheduled_at FROM procrastinate_jobs").fetchall()
        finally:
            look.execute("DROP FUNCTION full_disk() CASCADE")
        assert 0 < (later - utc_now()).total_seconds() <= rules.ROOM_PAUSE_SECONDS
        worked(actor, submission)
        assert look.execute("SELECT state FROM intake_manifestentry").fetchall() == [("matched",)]
