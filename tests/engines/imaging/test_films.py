"""Films drawn for the tests: opened by content, one frame a second and key frames, damaged ones as far as they go."""

import contextlib
import io
import os
import random
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import PictureType
from PIL import Image

from engines.imaging.drawn import drawn, written
from vigie.engines.hashing.pdq import distance, downsample, from_raster, luma_from_rgb
from vigie.engines.imaging import ConfinedPool, Kind, Limits, MediaRefused, OuterLayer
from vigie.engines.imaging.decoding.films import Film

REGRESSIONS = Path(__file__).resolve().parents[2] / "regressions"
SCENES = [drawn(320, 240, seed) for seed in range(4)]
SECONDS_EACH = 2
CONTAINERS = {
    "mp4": ("mp4", "libx264"),
    "mp4-hevc": ("mp4", "libx265"),
    "matroska": ("matroska", "libvpx-vp9"),
    "webm": ("webm", "libsvtav1"),
    "avi": ("avi", "mpeg4"),
    "mpeg_ps": ("mpeg", "mpeg2video"),
    "mpeg_ts": ("mpegts", "libx264"),
    "flv": ("flv", "flv1"),
    "asf": ("asf", "wmv2"),
}


def film(container="mp4", codec="libx264", scenes=SCENES, seconds=SECONDS_EACH, rate=25) -> bytes:
    out = io.BytesIO()
    options = (
        {"x265-params": "log-level=none"}
        if codec == "libx265"
        else {"preset": "12"}
        if "av1" in codec
        else {}
    )
    with av.open(out, "w", format=container) as writing:
        stream = writing.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height = scenes[0].size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for scene in scenes:
            for _ in range(seconds * rate):
                writing.mux(stream.encode(av.VideoFrame.from_image(scene)))
        writing.mux(stream.encode())
    if hasattr(os, "sched_setscheduler") and os.geteuid() == 0:
        # SVT-AV1 puts the thread that calls it, and all it starts later, before everything else on the machine
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return out.getvalue()


@pytest.fixture(scope="module")
def pool():
    with ConfinedPool("FR/unit-1", outer=OuterLayer.NONE) as running:
        yield running


@pytest.fixture(scope="module")
def mp4():
    return film()


def code_of(picture: Image.Image) -> bytes:
    return from_raster(downsample(luma_from_rgb(np.asarray(picture)))).code


def test_a_film_whose_times_go_back_gives_its_frames_in_order(pool):
    """Found by changing a drawn film: its worker was taken for one that is no longer ours, and the film for its killer."""
    with pool.frames((REGRESSIONS / "films/48bb5f45ab4daf41.bin").read_bytes()) as opened:
        times = [frame.time_ms for frame in opened]
    assert len(times) > 1
    assert times == sorted(set(times))


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_its_scenes_once_and_in_order(pool, name):
    with pool.frames(film(*CONTAINERS[name])) as opened:
        opening = opened.opening
        frames = list(opened)
    assert opening.format == {"mp4-hevc": "mp4", "webm": "matroska"}.get(name, name)
    assert (opening.width, opening.height) == (320, 240)
    assert (opening.veil.width, opening.veil.height) == (96, 72)
    # A scene may come twice where the coder sharpens a still one as it goes on, never more often than once a second
    assert len(SCENES) <= len(frames) <= len(SCENES) * SECONDS_EACH
    scenes = [code_of(scene) for scene in SCENES]
    seen = []
    for frame in frames:
        near = [
            n for n, scene in enumerate(scenes) if distance(from_raster(frame.pdq_raster).code, scene) <= 20
        ]
        assert len(near) == 1
        assert near[0] == min(frame.time_ms // 1000 // SECONDS_EACH, len(SCENES) - 1)
        seen += near
    assert sorted(set(seen)) == [0, 1, 2, 3]


def test_a_still_film_is_one_frame(pool):
    still = film("avi", "mpeg4", scenes=SCENES[:1], seconds=6)
    with pool.frames(still) as opened:
        assert [frame.time_ms for frame in opened] == [0]


def of_short_scenes(codec: str, rate: int, scenes: list[Image.Image], frames_each: int) -> bytes:
    """A film whose scenes each begin with a key frame."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as writing:
        stream = writing.add_stream(codec, rate=rate)
        stream.width, stream.height = scenes[0].size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.bit_rate = 9_000_000
        stream.gop_size = 1000
        for scene in scenes:
            for number in range(frames_each):
                frame = av.VideoFrame.from_image(scene)
                frame.pict_type = PictureType.I if number == 0 else PictureType.NONE
                writing.mux(stream.encode(frame))
        writing.mux(stream.encode())
    return out.getvalue()


def test_scenes_shorter_than_a_second_are_met_by_their_key_frames(pool):
    scenes = [drawn(320, 240, seed) for seed in range(9)]
    with pool.frames(of_short_scenes("mpeg4", 20, scenes, 8)) as opened:  # 0.4 s each
        frames = [(frame.time_ms, from_raster(frame.pdq_raster).code) for frame in opened]
    met = {n for n, scene in enumerate(scenes) for _, code in frames if distance(code, code_of(scene)) <= 20}
    assert met == set(range(9))
    assert {time_ms for time_ms, _ in frames} >= {400 * number for number in range(9)}
    assert [time_ms for time_ms, _ in frames] == sorted({time_ms for time_ms, _ in frames})


def test_a_film_all_of_key_frames_gives_one_a_second(pool):
    scenes = [drawn(64, 64, seed) for seed in range(60)]
    with pool.frames(of_short_scenes("mjpeg", 20, scenes, 1)) as opened:
        assert [frame.time_ms for frame in opened] == [0, 1000, 2000]


def test_key_frames_close_together_are_not_all_taken(pool):
    scenes = [drawn(64, 64, seed) for seed in range(30)]
    with pool.frames(of_short_scenes("mpeg4", 20, scenes, 2)) as opened:  # a key frame each 0.1 s
        times = [frame.time_ms for frame in opened]
    assert times == [0, 300, 600, 900, 1000, 1300, 1600, 1900, 2000, 2300, 2600, 2900]


def test_frames_arrive_in_bounded_batches(pool):
    scenes = [drawn(64, 64, seed) for seed in range(150)]
    with pool.frames(film("avi", "mpeg4", scenes=scenes, seconds=1, rate=2)) as opened:
        assert len([frame.time_ms for frame in opened]) == 150


def test_facts_of_a_film(pool, mp4):
    with pool.frames(mp4) as opened:
        facts = opened.opening.facts
    assert facts["codec"] == "h264"
    assert facts["duration_ms"] == "8000"
    assert facts["frame_rate"] == "25.000"
    assert "audio" not in facts


def test_a_film_stored_lying_is_veiled_upright(pool, mp4):
    at = mp4.index(b"tkhd") + 4 + 40
    quarter_turn = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 240 << 16, 0, 0x40000000)
    with pool.frames(mp4[:at] + quarter_turn + mp4[at + 36 :]) as opened:
        assert opened.opening.orientation == 6
        assert (opened.opening.width, opened.opening.height) == (320, 240)
        assert (opened.opening.veil.width, opened.opening.veil.height) == (72, 96)


@pytest.mark.parametrize(
    ("codec", "pixels"),
    [
        ("ffv1", "yuv420p10le"),
        ("ffv1", "bgr0"),
        ("mjpeg", "yuvj420p"),
        ("ffv1", "gray"),
        ("rawvideo", "yuv420p"),
    ],
)
def test_deep_coloured_and_full_range_films_hash_alike(pool, codec, pixels):
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as writing:
        stream = writing.add_stream(codec, rate=1)
        stream.width, stream.height = SCENES[0].size
        stream.pix_fmt = pixels
        stream.bit_rate = 9_000_000
        writing.mux(stream.encode(av.VideoFrame.from_image(SCENES[0])))
        writing.mux(stream.encode())
    with pool.frames(out.getvalue()) as opened:
        confined = from_raster(opened.opening.pdq_raster)
    assert distance(confined.code, code_of(SCENES[0])) <= 12
    assert abs(confined.quality - 100) <= 10
    assert (
        from_raster(Film(bytearray(out.getvalue()), Kind.MATROSKA, Limits()).opening.pdq_raster) == confined
    )


def with_sound() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as writing:
        writing.metadata["creation_time"] = "2024-05-06T07:08:09Z"
        stream = writing.add_stream("libx264", rate=5)
        stream.width, stream.height = SCENES[0].size
        stream.pix_fmt = "yuv420p"
        sound = writing.add_stream("aac", rate=8000, layout="mono")
        for scene in SCENES:
            for _ in range(5):
                writing.mux(stream.encode(av.VideoFrame.from_image(scene)))
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono"
        )
        silence.sample_rate = 8000
        writing.mux(sound.encode(silence))
        writing.mux([*stream.encode(), *sound.encode()])
    return out.getvalue()


def test_a_film_states_its_sound_and_date():
    film = Film(bytearray(with_sound()), Kind.MP4, Limits())
    assert film.opening.facts["audio"] == "aac"
    assert film.opening.facts["created"].startswith("2024-05-06T07:08:09")
    frames, ended = film.batch(2, 10)
    assert (len(frames), ended) == (2, False)
    assert film.batch(2, 0) == ([], False)
    frames, ended = film.batch(60, 10)
    assert ended
    film.close()


def test_a_film_ends_at_its_longest_or_at_damage():
    data = with_sound()
    film = Film(bytearray(data), Kind.MP4, Limits(film_seconds=1))
    frames, ended = film.batch(60, 10)
    assert ended
    assert frames[-1].time_ms <= 1000
    damaged = bytearray(data)
    start = data.index(b"mdat") + 200
    damaged[start : start + 40_000] = bytes(40_000)
    with contextlib.suppress(MediaRefused):
        assert Film(damaged, Kind.MP4, Limits()).batch(60, 10)[1]


def test_films_without_pictures_or_frames_are_refused():
    empty = bytearray(with_sound())
    at = empty.index(b"vmhd") - 200
    name = empty.index(b"vide", at)
    empty[name : name + 4] = b"soun"
    with pytest.raises(MediaRefused):
        Film(empty, Kind.MP4, Limits())


def test_a_film_cut_short_gives_what_is_left(pool):
    whole = film("matroska", "libx264")
    with pool.frames(whole[: len(whole) // 2]) as opened:
        assert 1 <= len(list(opened)) <= 6


def test_a_film_with_damaged_packets_gives_the_rest(pool):
    damaged = bytearray(film("avi", "mpeg4"))
    for at in range(len(damaged) // 3, len(damaged) // 3 + 4000, 7):
        damaged[at] ^= 0x5A
    with pool.frames(damaged) as opened:
        assert list(opened)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data[: len(data) // 2], "truncated"),  # the index of an MP4 stands at its end
        (lambda data: data[:64], "truncated"),
        (lambda data: data[:8] + bytes(len(data) - 8), "corrupt"),
        (lambda data: b"\x1aE\xdf\xa3" + bytes(1000), "corrupt"),
        (lambda data: b"FLV\x01\x05\0\0\0\x09" + bytes(1000), "truncated"),
    ],
)
def test_a_film_nothing_can_be_read_from_is_refused(pool, mp4, change, code):
    with pytest.raises(MediaRefused) as refused, pool.frames(change(mp4)):
        pytest.fail("it was opened")
    assert refused.value.code == code
    with pool.frames(mp4) as opened:
        assert opened.opening.width == 320


def test_a_picture_is_no_film_and_a_film_no_picture(pool, mp4):
    with (
        pytest.raises(MediaRefused, match="a picture and not a film"),
        pool.frames(written(SCENES[0], "PNG")),
    ):
        pytest.fail("it was opened")
    with pytest.raises(MediaRefused, match="a film and not a picture"):
        pool.analyse(mp4)


def test_sound_alone_is_no_film(pool):
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as writing:
        stream = writing.add_stream("pcm_s16le", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
        silence.sample_rate = 8000
        writing.mux(stream.encode(silence))
    with pytest.raises(MediaRefused, match="no moving pictures"), pool.frames(out.getvalue()):
        pytest.fail("it was opened")


def test_a_playlist_opens_no_other_file(pool, tmp_path):
    target = tmp_path / "other.mp4"
    target.write_bytes(film(seconds=1))
    for playlist in (f"#EXTM3U\n#EXTINF:1,\n{target}\n", f"ffconcat version 1.0\nfile {target}\n"):
        with pytest.raises(MediaRefused, match="unknown_format"), pool.frames(playlist.encode()):
            pytest.fail("it was opened")


def test_what_lies_beyond_the_longest_film_is_left_out(mp4):
    with (
        ConfinedPool("FR", limits=Limits(film_seconds=3), outer=OuterLayer.NONE) as pool,
        pool.frames(mp4) as opened,
    ):
        assert max(frame.time_ms for frame in opened) <= 3000


def test_too_many_pixels_are_refused_before_decoding(mp4):
    limits = Limits(pixels=320 * 240 - 1)
    with (
        ConfinedPool("FR", limits=limits, outer=OuterLayer.NONE) as pool,
        pytest.raises(MediaRefused) as refused,
        pool.frames(mp4),
    ):
        pytest.fail("it was opened")
    assert refused.value.code == "too_many_pixels"


def test_leaving_a_film_early_frees_its_worker(pool, mp4):
    for _ in range(3):
        with pool.frames(mp4) as opened:
            next(iter(opened))
    with pool.frames(mp4) as opened:
        assert next(iter(opened)).time_ms == 0


@pytest.mark.parametrize("container", ["mp4", "avi", "matroska"])
def test_flipped_bytes_in_films_give_frames_or_a_refusal(pool, container):
    data = film(*CONTAINERS[container], scenes=[drawn(64, 64, seed) for seed in range(2)], seconds=1)
    chance = random.Random(f"flips of {container}")
    codes: set[str] = set()
    for _ in range(25):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(damaged))] ^= chance.randint(1, 255)
        try:
            with pool.frames(damaged) as opened:
                assert len(list(opened)) <= 100
        except MediaRefused as refused:
            codes.add(str(refused.code))
    assert codes <= {"corrupt", "truncated", "unknown_format", "too_many_pixels", "too_large"}
