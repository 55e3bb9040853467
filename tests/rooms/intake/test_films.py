"""Films on their way through the job: looked through after the pictures, frame by frame, with what can be had of them."""

import io
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import av
import pytest
from PIL import Image

from engines.imaging.drawn import drawn, written
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
from factories.media import picture
from support.database import administrator
from vigie.engines.hashing.digests import digest_bytes
from vigie.engines.hashing.pdq import distance, downsample, from_raster, luma_from_rgb
from vigie.engines.imaging import ConfinedPool, MediaRefused, OpenFilm, RefusalCode
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.cases.schemas import Share
from vigie.rooms.intake import examining
from vigie.rooms.intake.parts import remaining_parts
from vigie.rooms.intake.tasks import working
from vigie.rooms.media import queries as media
from vigie.rooms.media.operations import veiled_page

pytestmark = pytest.mark.usefixtures("matching")

SCENES = [drawn(320, 240, seed) for seed in (21, 22, 23, 24)]
SECONDS_EACH = 2


def film(scenes: list[Image.Image] = SCENES, *, rate: int = 5, bits: int = 2_000_000) -> bytes:
    """A drawn film of two seconds a scene."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as writing:
        stream = writing.add_stream("libx264", rate=rate)
        stream.width, stream.height = scenes[0].size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = bits
        for scene in scenes:
            for _ in range(SECONDS_EACH * rate):
                writing.mux(stream.encode(av.VideoFrame.from_image(scene)))
        writing.mux(stream.encode())
    return out.getvalue()


def rows(query: str) -> list[tuple[Any, ...]]:
    with administrator() as look:
        return look.execute(query.encode()).fetchall()


def states() -> list[tuple[str, str]]:
    return rows("SELECT state, reason FROM intake_manifestentry ORDER BY ordinal")  # type: ignore[return-value]


def code_of(scene: Image.Image) -> bytes:
    import numpy as np

    return from_raster(downsample(luma_from_rgb(np.asarray(scene)))).code


def test_a_film_ends_as_content_with_its_length_a_veil_and_a_fingerprint_for_each_scene(actor: Actor) -> None:
    exhibit = opened_exhibit(actor, share=Share.COUNTRY)
    submission = opened_submission(actor, exhibit)
    data = film()
    answered(actor, submission, line(0, data, path="DCIM/walk.mp4"))
    arrived(actor, submission, 0, data)
    worked(actor, submission)
    assert states() == [("matched", "")]
    with act_as(actor, clock=utc_now):
        [content] = media.contents_of_exhibit(actor, exhibit).contents
        assert set(veiled_page(actor, [content.public_id])) == {content.public_id}
    assert (content.kind, content.format, content.refusal) == ("film", "mp4", "")
    assert (content.width, content.height, content.duration_ms) == (320, 240, 8000)
    stored = rows(
        "SELECT frame_ms, pdq, quality, length(dihedral), audience FROM media_fingerprint ORDER BY frame_ms"
    )
    assert stored[0][:4] == (-1, None, 0, None)  # the file as a whole answers by its digests
    frames = stored[1:]
    assert {frame_ms // 1000 // SECONDS_EACH for frame_ms, *_ in frames} == {0, 1, 2, 3}
    for frame_ms, code, quality, turned, audience in frames:
        assert distance(code, code_of(SCENES[frame_ms // 1000 // SECONDS_EACH])) <= 20
        assert quality >= 50
        assert (turned, audience) == (256, "country")


def test_flat_frames_are_not_kept(actor: Actor) -> None:
    plain = Image.new("RGB", (320, 240), (90, 90, 90))
    submission = opened_submission(actor)
    handed_in(actor, submission, film([plain, SCENES[0], plain]))
    worked(actor, submission)
    frames = rows("SELECT frame_ms FROM media_fingerprint WHERE frame_ms >= 0")
    assert {frame_ms // 1000 for (frame_ms,) in frames} <= {2, 3}
    assert frames


def test_a_film_cut_short_gives_what_is_left(actor: Actor) -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mpegts") as writing:  # a stream has no table at its end that could be lost
        stream = writing.add_stream("libx264", rate=5)
        stream.width, stream.height = 320, 240
        stream.pix_fmt = "yuv420p"
        for scene in SCENES:
            for _ in range(SECONDS_EACH * 5):
                writing.mux(stream.encode(av.VideoFrame.from_image(scene)))
        writing.mux(stream.encode())
    whole = out.getvalue()
    submission = opened_submission(actor)
    handed_in(actor, submission, whole[: len(whole) * 5 // 8])
    worked(actor, submission)
    assert states() == [("matched", "")]
    [(kind, refusal)] = rows("SELECT kind, refusal FROM media_content")
    assert (kind, refusal) == ("film", "")
    scenes = {
        row[0] // 1000 // SECONDS_EACH
        for row in rows("SELECT frame_ms FROM media_fingerprint WHERE frame_ms >= 0")
    }
    assert {0, 1} <= scenes
    assert 3 not in scenes


def test_a_broken_film_is_named_with_its_reason_and_the_rest_goes_on(
    actor: Actor, matching: Neighbour
) -> None:
    submission = opened_submission(actor)
    broken = b"\x00\x00\x00\x18ftypmp42" + bytes(300)
    handed_in(actor, submission, broken, film(SCENES[:1]), picture(1))
    closed(actor, submission)
    worked(actor, submission)
    assert states() == [("matched", "corrupt"), ("matched", ""), ("matched", "")]
    found = rows("SELECT kind, refusal FROM media_content ORDER BY size, kind")
    assert sorted(found) == [("film", ""), ("film", "corrupt"), ("picture", "")]
    assert sum(len(asked) for asked in matching.asked) == 3
    assert seen(actor, submission).state == "recorded"
    assert rows("SELECT count(*) FROM media_fingerprint WHERE frame_ms = -1") == [(3,)]


def test_pictures_are_answered_before_any_film_is_looked_through(
    actor: Actor, matching: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = opened_submission(actor)
    honest, opened_after = ConfinedPool.frames, list[int]()

    def frames(pool: ConfinedPool, file: Any) -> Any:
        opened_after.append(sum(len(asked) for asked in matching.asked))
        return honest(pool, file)

    monkeypatch.setattr(ConfinedPool, "frames", frames)
    films = [film([drawn(160, 120, seed)]) for seed in range(40, 46)]
    handed_in(actor, submission, *films, *(picture(seed) for seed in range(12)))
    worked(actor, submission)
    assert states() == [("matched", "")] * 18
    assert opened_after[0] == 12
    assert len(opened_after) == 6


def test_a_film_keeps_no_transaction_open(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    open_for: list[int] = []
    honest = OpenFilm.__iter__

    def iterated(film: OpenFilm) -> Iterator[Any]:
        open_for.extend(
            row[0]
            for row in rows(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
            )
        )
        return honest(film)

    monkeypatch.setattr(OpenFilm, "__iter__", iterated)
    submission = opened_submission(actor)
    handed_in(actor, submission, film(SCENES[:1]))
    monkeypatch.setattr(working.rules, "BATCH_SECONDS", 5.0)
    worked(actor, submission)
    assert open_for == [0]


def test_a_film_that_ends_its_worker_half_way_keeps_what_was_seen_and_is_set_aside(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    honest = OpenFilm.__iter__

    def killing(film: OpenFilm) -> Iterator[Any]:
        tries.append(1)
        for frame in honest(film):
            if frame.time_ms >= 2000:
                raise MediaRefused(RefusalCode.WORKER_KILLED, "it ended its worker")
            yield frame

    monkeypatch.setattr(OpenFilm, "__iter__", killing)
    submission = opened_submission(actor)
    handed_in(actor, submission, film())
    worked(actor, submission)
    assert len(tries) == 2
    assert states() == [("matched", "quarantined")]
    assert rows("SELECT kind, refusal FROM media_content") == [("film", "")]
    [(most,)] = rows("SELECT max(frame_ms) FROM media_fingerprint")
    assert 0 <= most < 2000


def test_a_film_that_takes_too_long_gives_what_was_seen(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = OpenFilm.__iter__

    def slow(film: OpenFilm) -> Iterator[Any]:
        for frame in honest(film):
            if frame.time_ms >= 4000:
                raise MediaRefused(RefusalCode.TOO_SLOW, "looking through it took longer than allowed")
            yield frame

    monkeypatch.setattr(OpenFilm, "__iter__", slow)
    submission = opened_submission(actor)
    handed_in(actor, submission, film())
    worked(actor, submission)
    assert states() == [("matched", "")]
    [(words,)] = rows("SELECT analysed_with FROM media_content")
    assert words.startswith(examining.ENGINES)
    assert ", up to " in words


def test_no_more_frames_are_kept_than_a_film_may_have(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "MOST_FRAMES", 2)
    submission = opened_submission(actor)
    handed_in(actor, submission, film())
    worked(actor, submission)
    assert rows("SELECT count(*) FROM media_fingerprint WHERE frame_ms >= 0") == [(2,)]


def test_the_job_makes_room_after_its_time_for_films_and_another_run_goes_on(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "_FILMS_SECONDS", -1.0)
    submission = opened_submission(actor)
    handed_in(actor, submission, film(SCENES[:1]), picture(1))
    worked(actor, submission)
    assert sorted(state for state, _ in states()) == ["matched", "sent"]
    monkeypatch.undo()
    assert rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")[0][0] >= 1


def test_a_film_is_given_up_when_its_run_is_over() -> None:
    data, over = film(), threading.Event()
    over.set()
    given = examining.Given(uuid.uuid4(), digest_bytes(data).sha256, lambda: io.BytesIO(data))
    with ConfinedPool("FR") as pool, pytest.raises(examining.Abandoned):
        examining.examine(given, pool, over)


def test_a_film_whose_part_is_gone_is_said_to_be_lost(actor: Actor) -> None:
    submission = opened_submission(actor)
    handed_in(actor, submission, film(SCENES[:1]))
    remaining_parts(row_id_of(actor, submission))[0].path.unlink()
    worked(actor, submission)
    assert states() == [("refused", "part_missing")]


@pytest.mark.parametrize("stated", ["", "-5", "1e9", "9" * 13, "٣"])
def test_a_length_that_makes_no_sense_is_not_believed(stated: str) -> None:
    class Opening:
        facts = {"duration_ms": stated}

    assert examining._length(Opening(), 7000) == 7000  # type: ignore[arg-type]  # only its facts are read


def test_a_still_is_no_film_and_a_lost_file_neither() -> None:
    def lost() -> io.BytesIO:
        raise FileNotFoundError

    still = written(SCENES[0], "PNG")
    given = examining.Given(uuid.uuid4(), b"", lambda: io.BytesIO(still))
    assert not examining.is_film(given)
    assert not examining.is_film(examining.Given(uuid.uuid4(), b"", lost))
