"""From hand-in to match, with a real matcher: another cut of a film, and a still of it, name the second to look at."""

import io
import shutil
import uuid
from collections.abc import Iterator
from datetime import timedelta

import av
import pytest
from django.conf import settings
from PIL import Image

from engines.imaging.drawn import drawn, written
from factories.actors import investigator
from factories.cases import borellian, directory, opened_exhibit
from factories.intake import handed_in, opened_submission, worked
from factories.matching import RunningMatcher, matcher_in_place
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.vault import Vault
from vigie.rooms.cases.schemas import Share
from vigie.rooms.matching import queries
from vigie.rooms.matching.schemas import MatchView
from vigie.rooms.matching.web.evidence import evidence
from vigie.rooms.media import queries as media

SCENES = [drawn(320, 240, seed) for seed in (61, 62, 63, 64)]
OTHERS = [drawn(320, 240, seed) for seed in (71, 72, 73)]
SECONDS_EACH = 3


@pytest.fixture(scope="module")
def matcher(_database_server: None) -> Iterator[RunningMatcher]:
    with matcher_in_place() as running:
        yield running


@pytest.fixture
def units(database: None, stored_vault: Vault, matcher: RunningMatcher) -> Iterator[tuple[Actor, Actor]]:
    directory()
    yield investigator(), borellian()
    shutil.rmtree(settings.VIGIE_HOME.uploads, ignore_errors=True)


def film(scenes: list[Image.Image], *, codec: str = "libx264", container: str = "mp4", rate: int = 5, bits: int = 2_000_000) -> bytes:  # fmt: skip
    """A drawn film of three seconds a scene."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as writing:
        stream = writing.add_stream(codec, rate=rate)
        stream.width, stream.height = 320, 240
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = bits
        for scene in scenes:
            for _ in range(SECONDS_EACH * rate):
                writing.mux(stream.encode(av.VideoFrame.from_image(scene)))
        writing.mux(stream.encode())
    return out.getvalue()


def hand_in(actor: Actor, *files: bytes, share: Share = Share.COMMUNITY) -> None:
    submission = opened_submission(actor, opened_exhibit(actor, share=share))
    handed_in(actor, submission, *files)
    worked(actor, submission)


def matches(actor: Actor) -> tuple[MatchView, ...]:
    with act_as(actor, clock=lambda: utc_now() + timedelta(seconds=3)):
        return queries.new_matches(actor)


def reasons(actor: Actor, match: MatchView) -> list[str]:
    with act_as(actor, clock=utc_now):
        own = media.facts(actor, [match.content])[match.content]
    said: list[str] = evidence(match, own)["reasons"]
    return said


def second(at_ms: int) -> int:
    return at_ms // 1000 // SECONDS_EACH


def test_another_cut_of_a_film_at_another_quality_matches_once_with_both_times(
    units: tuple[Actor, Actor],
) -> None:
    mine, theirs = units
    hand_in(theirs, film(SCENES))
    # the same scenes later in the film, in another container, coder and quality
    hand_in(mine, film([*OTHERS, *SCENES], codec="mpeg4", container="avi", rate=10, bits=400_000))
    [match] = matches(mine)
    assert (match.claim.value, match.by.value if match.by else "") == ("resembles", "pdq")
    assert match.distance is not None
    assert match.distance <= 31
    assert second(match.own_frame_ms) == second(match.frame_ms) + len(OTHERS)
    assert any("in your film at" in said for said in reasons(mine, match))


@pytest.mark.parametrize("asking", ["still", "film"])
def test_a_still_of_a_film_names_its_second_whichever_was_there_first(
    units: tuple[Actor, Actor], asking: str
) -> None:
    mine, theirs = units
    still, whole = written(SCENES[2], "JPEG", quality=60), film([*SCENES, *OTHERS])
    hand_in(theirs, whole if asking == "still" else still)
    hand_in(mine, still if asking == "still" else whole)
    [match] = matches(mine)
    found, other = (
        (match.frame_ms, match.own_frame_ms) if asking == "still" else (match.own_frame_ms, match.frame_ms)
    )
    assert second(found) == 2
    assert other == -1
    assert any(f"Found in the film at 0:0{found // 1000}" == said for said in reasons(mine, match))


def test_a_broken_film_is_found_by_its_digest(units: tuple[Actor, Actor]) -> None:
    mine, theirs = units
    broken = b"\x00\x00\x00\x18ftypmp42" + uuid.uuid4().bytes * 20
    hand_in(theirs, broken)
    hand_in(mine, film(OTHERS), broken)
    [match] = matches(mine)
    assert (match.claim.value, match.frame_ms, match.own_frame_ms) == ("identical", -1, -1)


def test_a_contact_keeps_no_time_code(units: tuple[Actor, Actor]) -> None:
    mine, theirs = units
    secret = [drawn(320, 240, seed) for seed in (81, 82)]
    hand_in(theirs, film(secret), share=Share.NONE)
    hand_in(mine, film(secret, bits=500_000))
    [match] = matches(mine)
    assert (match.level.value, match.frame_ms, match.own_frame_ms) == ("contact_only", -1, -1)
    with administrator() as look:
        kept = look.execute("SELECT frame_ms, own_frame_ms, distance FROM matching_candidate").fetchall()
    assert kept == [(-1, -1, None)]
