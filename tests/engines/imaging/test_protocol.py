"""Whatever a worker sends, the parent takes possible numbers only and never allocates on its word."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.engines.imaging import Analysis, FilmFrame, Kind, Limits, Raster
from vigie.engines.imaging.protocol.messages import (
    LONGEST_REFUSAL,
    Asked,
    BadMessage,
    Request,
    Status,
    pack_answer,
    unpack_answer,
    unpack_request,
)
from vigie.engines.imaging.protocol.results import (
    FACTS,
    FRAMES_IN_BATCH,
    LONGEST_ANALYSIS,
    LONGEST_BATCH,
    pack_analysis,
    pack_batch,
    pack_raster,
    unpack_analysis,
    unpack_batch,
    unpack_raster,
)

LIMITS = Limits()
words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=256)


def analysis(**changes):
    facts = dict.fromkeys(FACTS, "x" * 256)
    values = {
        "format": "png",
        "width": 640,
        "height": 480,
        "orientation": 6,
        "frames": 3,
        "pdq_raster": np.linspace(0, 255, 4096, dtype=np.float32).reshape(64, 64),
        "veil": Raster(96, 72, 1, bytes(96 * 72)),
        "facts": facts,
    }
    return Analysis(**(values | changes))


def opened(payload, kind=Kind.PNG):
    return unpack_analysis(payload, kind=kind, limits=LIMITS)


@given(
    facts=st.dictionaries(st.sampled_from(FACTS), words),
    orientation=st.integers(1, 8),
    frames=st.integers(1, 9),
)
def test_an_analysis_arrives_as_it_was_sent(facts, orientation, frames):
    sent = analysis(facts=facts, orientation=orientation, frames=frames)
    packed = pack_analysis(sent)
    got = opened(packed)
    assert len(packed) <= LONGEST_ANALYSIS
    assert (got.format, got.width, got.height, got.orientation, got.frames) == (
        "png",
        640,
        480,
        orientation,
        frames,
    )
    assert np.array_equal(got.pdq_raster, sent.pdq_raster)
    assert (got.veil, got.facts) == (sent.veil, facts)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 0},
        {"height": 65_536},
        {"width": 60_000, "height": 60_000},
        {"orientation": 0},
        {"orientation": 9},
        {"frames": 0},
        {"veil": Raster(97, 1, 1, bytes(97))},
        {"format": "jpeg"},
        {"pdq_raster": np.full((64, 64), np.nan, dtype=np.float32)},
        {"pdq_raster": np.full((64, 64), 1e9, dtype=np.float32)},
    ],
    ids=str,
)
def test_impossible_numbers_are_refused(changes):
    with pytest.raises(BadMessage):
        opened(pack_analysis(analysis(**changes)))


@given(st.data())
def test_an_analysis_of_another_length_is_refused(data):
    packed = pack_analysis(analysis())
    cut = data.draw(st.integers(0, len(packed) - 1))
    for wrong in (packed[:cut], packed + b"\0"):
        with pytest.raises(BadMessage):
            opened(wrong)


def test_facts_that_do_not_exist_come_twice_or_are_no_text_are_refused():
    packed = pack_analysis(analysis(facts={"make": "a", "model": "b"}))
    start = len(packed) - 2 * 4
    for facts in (
        struct.pack("<BH", 200, 1) + b"a" + packed[start + 4 :],
        packed[start : start + 4] * 2,
        struct.pack("<BH", 1, 1) + b"\xff" + packed[start + 4 :],
        struct.pack("<BH", 1, 60_000) + packed[start + 3 :],
    ):
        with pytest.raises(BadMessage):
            opened(packed[:start] + facts)


@given(st.binary(max_size=300))
def test_random_bytes_are_never_an_answer(noise):
    for take in (opened, lambda raw: unpack_answer(raw, most=10), unpack_request):
        with pytest.raises(BadMessage):
            take(noise)


def test_a_raster_arrives_within_its_side():
    raster = Raster(5, 4, 3, bytes(range(60)))
    assert unpack_raster(pack_raster(raster), side=5) == raster
    for wrong in (
        pack_raster(raster)[:-1],
        pack_raster(raster) + b"\0",
        struct.pack("<IIB", 5, 4, 2) + bytes(40),
    ):
        with pytest.raises(BadMessage):
            unpack_raster(wrong, side=5)
    with pytest.raises(BadMessage):
        unpack_raster(pack_raster(raster), side=4)


def test_a_batch_arrives_and_is_bounded():
    frames = [FilmFrame(1000 * n, np.full((64, 64), n, dtype=np.float32)) for n in range(FRAMES_IN_BATCH)]
    packed = pack_batch(frames, at_end=1)
    assert len(packed) == LONGEST_BATCH
    got, at_end = unpack_batch(packed, limits=LIMITS)
    assert [one.time_ms for one in got] == [one.time_ms for one in frames]
    assert at_end == 1
    for wrong in (
        struct.pack("<HB", FRAMES_IN_BATCH + 1, 0),
        struct.pack("<HB", 0, 2),
        struct.pack("<HBI", 1, 0, 99_999_999) + bytes(16_384),
        packed[:-1],
        packed + b"\0",
    ):
        with pytest.raises(BadMessage):
            unpack_batch(wrong, limits=LIMITS)


def test_headers_carry_their_numbers_and_a_refusal_is_short():
    request = Request(Asked.ENCODE_JPEG, 85, 10, 1_500_000_000)
    assert unpack_request(request.pack()) == request
    assert unpack_answer(pack_answer(Status.DONE, 10), most=10) == (Status.DONE, 10)
    assert unpack_answer(pack_answer(Status.REFUSED, LONGEST_REFUSAL), most=1) == (
        Status.REFUSED,
        LONGEST_REFUSAL,
    )
    for status, length in ((Status.DONE, 11), (Status.REFUSED, LONGEST_REFUSAL + 1), (Status.DONE, 1 << 63)):
        with pytest.raises(BadMessage, match="at most"):
            unpack_answer(pack_answer(status, length), most=10)
    with pytest.raises(BadMessage):
        unpack_answer(b"VGa1\x07" + bytes(11), most=10)
    with pytest.raises(BadMessage):
        unpack_request(b"VGq1\x63" + bytes(15))


def test_a_raster_knows_its_size():
    for wrong in ((2, 2, 1, b"123"), (0, 2, 1, b""), (1, 1, 4, b"1234")):
        with pytest.raises(ValueError):
            Raster(*wrong)
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert np.array_equal(Raster.from_array(grey).array(), grey)
    colour = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    assert np.array_equal(Raster.from_array(colour).array(), colour)


def test_limits_travel_as_one_argument():
    limits = Limits(pixels=5, picture_seconds=3)
    assert Limits.from_argument(limits.to_argument()) == limits
