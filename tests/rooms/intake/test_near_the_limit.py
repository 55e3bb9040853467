"""Where the quick reading of a JPEG could decide a match, the picture is read at every pixel before the match stands."""

import io
import shutil
import uuid
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from engines.imaging.drawn import drawn, written
from factories.actors import investigator
from factories.cases import borellian, directory, opened_exhibit
from factories.intake import handed_in, opened_submission, worked
from factories.matching import File, RunningMatcher, deliveries, hold, matcher_in_place
from factories.media import intake_service
from support.database import administrator
from vigie.engines.hashing import pdq
from vigie.engines.imaging import ConfinedPool
from vigie.engines.sealing import SealBroken
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.policy import Audience
from vigie.kernel.vault import Vault
from vigie.rooms.matching import queries
from vigie.rooms.matching.schemas import MatchView
from vigie.rooms.media.operations import read_at_every_pixel
from vigie.rooms.media.rules import AT_EVERY_PIXEL

SIDE = (1400, 1050)


@pytest.fixture(scope="module")
def matcher(_database_server: None) -> Iterator[RunningMatcher]:
    with matcher_in_place() as running:
        yield running


@pytest.fixture
def units(database: None, stored_vault: Vault, matcher: RunningMatcher) -> Iterator[tuple[Actor, Actor]]:
    directory()
    yield investigator(), borellian()
    shutil.rmtree(settings.VIGIE_HOME.uploads, ignore_errors=True)


@pytest.fixture(scope="module")
def photograph() -> bytes:
    """A JPEG whose code read grey and scaled is not the one of every pixel."""
    for seed in range(200, 240):
        data = written(grained(seed), "JPEG", quality=70)
        quick, exact = codes(data)
        if quick != exact:
            return data
    raise AssertionError("forty drawn pictures were read alike both ways")


def grained(seed: int) -> Image.Image:
    chance = np.random.default_rng(seed)
    smooth = np.asarray(drawn(*SIDE, seed).convert("RGB"), dtype=np.int16)
    grain = chance.integers(-60, 61, (SIDE[1], SIDE[0], 3), dtype=np.int16)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def codes(data: bytes) -> tuple[bytes, bytes]:
    """The code as it is read when files are handed in, and that of every pixel."""
    with ConfinedPool("tests", workers=1) as pool:
        readings = (pool.analyse(io.BytesIO(data)), pool.analyse_full(io.BytesIO(data)))
    quick, exact = (pdq.from_raster(one.pdq_raster).code for one in readings)
    return quick, exact


def bits(code: bytes) -> np.ndarray:
    return np.unpackbits(np.frombuffer(code, dtype=np.uint8))


def changed(code: bytes, other: bytes, number: int) -> bytes:
    """The code with so many bits changed, none of them one in which it differs from the other."""
    found = bits(code)
    found[np.flatnonzero(found == bits(other))[:number]] ^= 1
    return np.packbits(found).tobytes()


def hand_in(actor: Actor, *files: bytes) -> None:
    submission = opened_submission(actor, opened_exhibit(actor))
    handed_in(actor, submission, *files)
    worked(actor, submission)


def matches(actor: Actor) -> tuple[MatchView, ...]:
    with act_as(actor, clock=lambda: utc_now() + timedelta(seconds=3)):
        return queries.new_matches(actor)


def readings(actor: Actor) -> list[tuple[uuid.UUID, str, bytes]]:
    with administrator() as look:
        return look.execute(
            "SELECT c.id, c.analysed_with, f.pdq FROM media_content c JOIN media_fingerprint f ON f.content_id = c.id "
            "WHERE c.owner_unit = %s AND c.analysed_with <> '' ORDER BY c.id",
            [actor.unit],
        ).fetchall()


def test_a_likeness_within_the_limit_only_when_read_quickly_is_none(
    units: tuple[Actor, Actor], photograph: bytes
) -> None:
    mine, theirs = units
    quick, exact = codes(photograph)
    hold(theirs, File(pdq=changed(quick, exact, 31)), audience=Audience.COMMUNITY)
    hand_in(mine, photograph)
    assert matches(mine) == ()
    [(_, read, kept)] = readings(mine)
    assert read.endswith(AT_EVERY_PIXEL)
    assert kept == exact


def test_a_likeness_beyond_the_limit_only_when_read_quickly_is_found(
    units: tuple[Actor, Actor], photograph: bytes
) -> None:
    mine, theirs = units
    quick, exact = codes(photograph)
    apart = int((bits(quick) != bits(exact)).sum())
    known = changed(exact, quick, 31)
    assert int((bits(quick) != bits(known)).sum()) == 31 + apart
    hold(theirs, File(pdq=known), audience=Audience.COMMUNITY)
    hand_in(mine, photograph)
    [match] = matches(mine)
    assert match.distance == 31


def test_what_stays_beyond_the_limit_is_told_to_nobody(units: tuple[Actor, Actor], photograph: bytes) -> None:
    mine, theirs = units
    quick, exact = codes(photograph)
    hold(theirs, File(pdq=changed(exact, quick, 36)), audience=Audience.COMMUNITY)
    hand_in(mine, photograph)
    assert matches(mine) == ()
    assert deliveries(theirs) == []
    [(_, read, _)] = readings(mine)
    assert read.endswith(AT_EVERY_PIXEL)


def test_a_likeness_near_the_limit_stands_with_its_exact_distance(
    units: tuple[Actor, Actor], photograph: bytes
) -> None:
    mine, theirs = units
    quick, exact = codes(photograph)
    hold(theirs, File(pdq=changed(exact, quick, 24)), audience=Audience.COMMUNITY)
    hand_in(mine, photograph)
    [match] = matches(mine)
    assert match.distance == 24


@pytest.mark.parametrize("known", ["far", "near", "hidden"])
def test_where_nothing_depends_on_it_nothing_is_read_again(
    units: tuple[Actor, Actor], photograph: bytes, known: str
) -> None:
    mine, theirs = units
    quick, exact = codes(photograph)
    if known == "near":
        hold(theirs, File(pdq=changed(quick, exact, 12)), audience=Audience.COMMUNITY)
    if known == "hidden":  # a silent record must leave no trace, and a second reading would be one
        hold(
            theirs, File(pdq=changed(quick, exact, 30)), audience=Audience.COMMUNITY, excluded=(mine.country,)
        )
    hand_in(mine, photograph)
    [(_, read, kept)] = readings(mine)
    assert not read.endswith(AT_EVERY_PIXEL)
    assert kept == quick


def test_an_original_that_cannot_be_opened_again_holds_nothing_up(
    units: tuple[Actor, Actor], photograph: bytes, stored_vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = units
    quick, exact = codes(photograph)
    hold(theirs, File(pdq=changed(quick, exact, 28)), audience=Audience.COMMUNITY)

    def broken(*_: object) -> None:
        raise SealBroken("a segment was changed")

    monkeypatch.setattr(stored_vault, "open_original", broken)
    hand_in(mine, photograph)
    [match] = matches(mine)
    assert match.distance == 28
    [(_, read, kept)] = readings(mine)
    assert not read.endswith(AT_EVERY_PIXEL)
    assert kept == quick


def test_reading_again_takes_each_jpeg_of_the_unit_once_and_nothing_else(
    units: tuple[Actor, Actor], photograph: bytes
) -> None:
    mine, theirs = units
    hand_in(mine, photograph, written(drawn(320, 240, 5), "PNG"), b"no picture")
    hand_in(theirs, photograph)
    ids = [one for one, _, _ in readings(mine) + readings(theirs)]
    service = intake_service(mine)
    with act_as(service, clock=utc_now):
        first, second = read_at_every_pixel(service, ids), read_at_every_pixel(service, ids)
    assert [row for row, read, _ in readings(mine) if read.endswith(AT_EVERY_PIXEL)] == first
    assert len(first) == 1
    assert second == []
    assert not any(read.endswith(AT_EVERY_PIXEL) for _, read, _ in readings(theirs))
