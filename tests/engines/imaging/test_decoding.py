"""The worker's insides, called directly: what it does with good and bad bytes before anything confines it."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from engines.imaging.drawn import drawn, png_stating, written
from engines.imaging.heic import heic
from vigie.engines.hashing.pdq import (
    MATCH_QUALITY,
    Pdq,
    distance,
    downsample,
    from_raster,
    luma_from_rgb,
)
from vigie.engines.imaging import Kind, Limits, MediaRefused, Raster, kind_of, worker
from vigie.engines.imaging.confinement import probes
from vigie.engines.imaging.decoding import encoder_handlers, exif, film_handlers, pictures
from vigie.engines.imaging.protocol.messages import (
    ANSWER_BYTES,
    Asked,
    BadMessage,
    Request,
    Status,
    unpack_answer,
)
from vigie.engines.imaging.protocol.results import pack_raster, unpack_analysis, unpack_batch, unpack_raster
from vigie.engines.imaging.roles import Role
from vigie.engines.imaging.serving import serve
from vigie.engines.imaging.source import Source

LIMITS = Limits()
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
HARMLESS = [one for one in probes.PROBES if one.name not in ("trace a process", "execute a program")]


@pytest.fixture(scope="module")
def handlers():
    return {**worker._load(Role.PICTURES, LIMITS), **worker._load(Role.ENCODER, LIMITS)}


@pytest.fixture(scope="module")
def film_answers():
    return worker._load(Role.FILMS, LIMITS)


def ask(handlers, asked, data, detail=0) -> bytes:
    return handlers[asked](Request(asked, detail, 10, len(data)), bytearray(data))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("asked", [Asked.ANALYSE, Asked.ANALYSE_FULL])
def test_every_format_is_analysed(handlers, name, asked):
    data = written(drawn(200, 120), name)
    answer = unpack_analysis(ask(handlers, asked, data), kind=Kind(name.lower()), limits=LIMITS)
    assert (answer.width, answer.height) == (200, 120)
    if asked == Asked.ANALYSE_FULL:
        rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert from_raster(answer.pdq_raster) == from_raster(downsample(luma_from_rgb(rgb)))


def code_on_both_paths(handlers, data: bytes) -> tuple[Pdq, Pdq]:
    rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    answer = unpack_analysis(ask(handlers, Asked.ANALYSE, data), kind=Kind.JPEG, limits=LIMITS)
    return from_raster(answer.pdq_raster), from_raster(downsample(luma_from_rgb(rgb)))


@pytest.mark.parametrize(
    "size", [(512, 512), (768, 1024), (1200, 1600), (1000, 1500), (2400, 1801), (4000, 2880)]
)
@pytest.mark.parametrize("seed", range(4))
def test_a_scaled_jpeg_is_hashed_within_ten_bits_of_the_reference(handlers, size, seed):
    data = written(drawn(*size, seed), "JPEG", quality=60 + 10 * seed, subsampling=seed % 3)
    scaled, whole = code_on_both_paths(handlers, data)
    assert whole.quality >= MATCH_QUALITY
    assert distance(scaled.code, whole.code) <= 10
    assert abs(scaled.quality - whole.quality) <= 2


def test_a_jpeg_of_little_detail_is_decoded_whole(handlers):
    faint = Image.blend(Image.new("RGB", (1024, 768), (128, 128, 128)), drawn(1024, 768, 5), 0.2)
    scaled, whole = code_on_both_paths(handlers, written(faint, "JPEG", quality=95))
    assert 40 < whole.quality < 80
    assert scaled == whole


def test_a_clear_picture_goes_through_the_encoder(handlers):
    data = heic(drawn(320, 240))
    for asked, channels in ((Asked.CLEAR, 3), (Asked.CLEAR_GREY, 1)):
        raster = unpack_raster(ask(handlers, asked, data), side=2560)
        assert raster.channels == channels
        jpeg = ask(handlers, Asked.ENCODE_JPEG, pack_raster(raster), detail=85)
        assert Image.open(io.BytesIO(jpeg)).size == (320, 240)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_stating(20_000, 20_000, b""), "too_many_pixels"),
        (png_stating(12_000, 12_000, b""), "too_many_pixels"),
        (png_stating(90_000, 2, b""), "too_many_pixels"),
        (written(drawn(200, 120), "JPEG")[:900], "truncated"),
        (written(drawn(200, 120), "WEBP")[:900], "truncated"),
        (written(drawn(200, 120), "AVIF")[:900], "truncated"),
        (b"\xff\xd8\xff\xe0" + bytes(300), "corrupt"),
        (b"nothing", "unknown_format"),
    ],
)
@pytest.mark.filterwarnings(
    "ignore::PIL.Image.DecompressionBombWarning"
)  # the test run overrides the worker's own
def test_bad_pictures_are_refused(handlers, data, code):
    with pytest.raises(MediaRefused) as refused:
        ask(handlers, Asked.ANALYSE, data)
    assert refused.value.code == code


def test_memory_that_is_not_there_is_too_large():
    with pytest.raises(MediaRefused, match="too_large"), pictures.refusing_bad_files(b"", Kind.PNG):
        raise MemoryError
    with pytest.raises(MediaRefused, match="corrupt"):
        pictures.require_size(0, 1, LIMITS)


def test_an_odd_jpeg_is_left_to_the_other_decoder(handlers):
    """Stray bytes between two segments make libjpeg's strict reading fail; the picture is whole."""
    data = written(drawn(200, 120), "JPEG")
    odd = data[:20] + b"\0\0\0" + data[20:]
    for whole in (data + b"added behind", odd):
        answer = unpack_analysis(ask(handlers, Asked.ANALYSE, whole), kind=Kind.JPEG, limits=LIMITS)
        assert answer.width == 200


def test_deep_samples_are_spread_and_flat_ones_black():
    ramp = Image.fromarray(np.linspace(-5, 5, 256, dtype=np.float32).reshape(16, 16))
    assert np.ptp(np.asarray(pictures.for_eyes(ramp))) == 255
    flat = Image.fromarray(np.full((4, 4), np.nan, dtype=np.float32))
    assert not np.asarray(pictures.for_eyes(flat)).any()
    assert pictures.for_eyes(Image.new("1", (4, 4))).mode == "L"
    assert pictures.for_eyes(Image.new("CMYK", (4, 4))).mode == "RGB"


def test_a_damaged_exif_block_refuses_nothing():
    block = Image.Exif()
    block[0x0112] = "sideways"
    block[0x010F] = "\ud800broken"
    block.get_ifd(0x8825)[2] = ("north", "of", "here")
    assert exif.orientation_of(block) == 1
    assert exif.facts_of(block)["make"].endswith("broken")
    assert exif.clean({"make": " \0 ", "unheard of": "x"}) == {}


def test_a_film_is_opened_and_gone_through(film_answers):
    data = film_handlers._drawn()
    opening = unpack_analysis(ask(film_answers, Asked.OPEN_FILM, data), kind=Kind.AVI, limits=LIMITS)
    assert (opening.width, opening.facts["codec"]) == (64, "mpeg4")
    frames, at_end = unpack_batch(ask(film_answers, Asked.NEXT_FRAMES, b"", detail=2), limits=LIMITS)
    assert frames[0].time_ms == 0
    assert len(frames) <= 2
    while not at_end:
        frames, at_end = unpack_batch(ask(film_answers, Asked.NEXT_FRAMES, b"", detail=2), limits=LIMITS)
    assert ask(film_answers, Asked.OPEN_FILM, data)


def test_frames_without_a_film_are_refused():
    fresh = film_handlers.FilmHandlers(LIMITS)
    with pytest.raises(MediaRefused, match="no film is open"):
        fresh.next_frames(Request(Asked.NEXT_FRAMES, 1, 1, 0), bytearray())
    with pytest.raises(MediaRefused, match="unknown_format"):
        fresh.opened(Request(Asked.OPEN_FILM, 0, 1, 0), bytearray(written(drawn(9, 9), "PNG")))
    with pytest.raises(MediaRefused, match="corrupt"):
        fresh.opened(Request(Asked.OPEN_FILM, 0, 1, 0), bytearray(b"RIFF\0\0\0\0AVI " + bytes(400)))


def test_the_encoder_takes_rasters_only():
    with pytest.raises(MediaRefused, match="corrupt"):
        encoder_handlers.asked_to_encode(Request(Asked.ENCODE_JPEG, 85, 1, 3), bytearray(b"abc"))
    packed = bytearray(pack_raster(Raster(9, 7, 3, bytes(189))))
    assert Image.open(
        io.BytesIO(encoder_handlers.asked_to_encode(Request(Asked.ENCODE_JPEG, 85, 1, 0), packed))
    )


def served(handlers, *messages: bytes) -> list[tuple[Status, bytes]]:
    """What the loop answers to requests written before it starts, once their pipe has ended."""
    requests, to_worker = os.pipe()
    from_worker, answers = os.pipe()
    os.write(to_worker, b"".join(messages))
    os.close(to_worker)
    try:
        serve(requests, answers, handlers, most_bytes=1000)
    finally:
        for end in (requests, answers):
            os.close(end)
        with os.fdopen(from_worker, "rb") as replies:
            written_back = replies.read()
    found = []
    while written_back:
        status, length = unpack_answer(written_back[:ANSWER_BYTES], most=1 << 20)
        found.append((status, written_back[ANSWER_BYTES : ANSWER_BYTES + length]))
        written_back = written_back[ANSWER_BYTES + length :]
    return found


def test_the_loop_answers_each_request_and_ends_with_its_pipe():
    def echo(_request, data):
        if data == b"bad":
            raise MediaRefused("corrupt", "it is bad")
        return bytes(data) * 2

    def asking(data, asked=Asked.ANALYSE):
        return Request(asked, 0, 1, len(data)).pack() + data

    handlers = {Asked.ANALYSE: echo}
    assert served(handlers, asking(b"ab"), asking(b"bad"), asking(b"")) == [
        (Status.DONE, b"abab"),
        (Status.REFUSED, b"corrupt\nit is bad"),
        (Status.DONE, b""),
    ]
    assert served(handlers, asking(b"whole"), asking(b"cut off")[:-1]) == [(Status.DONE, b"wholewhole")]
    assert served(handlers, asking(bytes(1001)), asking(b"a")) == []
    assert served(handlers, asking(b"", Asked.CLEAR), asking(b"a")) == []
    with pytest.raises(BadMessage):
        served(handlers, b"no request at all, only noise")


@pytest.mark.parametrize("probe", HARMLESS, ids=lambda probe: probe.name)
def test_a_probe_succeeds_where_nothing_confines(probe):
    probe.attempt()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Kind.AVIF),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Kind.HEIC),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Kind.MP4),
        (b"\0\0\0\x08wide", Kind.MP4),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"BMW in the yard", None),
        (b"MM\0*", Kind.TIFF),
        (b"G" * 377, Kind.MPEG_TS),
        (b"G" * 300, None),
        (b"", None),
    ],
)
def test_kinds_are_told_from_marks(head, kind):
    assert kind_of(head) == kind


def test_a_source_measures_before_anything_is_sent():
    assert Source(memoryview(b"GIF89a"), LIMITS).kind == Kind.GIF

    class Broken(io.BytesIO):
        def seek(self, *_):
            raise OSError(5, "Input/output error")

    with pytest.raises(MediaRefused, match=r"unreadable.*Input/output error"):
        Source(Broken(b"GIF89a"), LIMITS)
    with pytest.raises(MediaRefused, match="too_large"):
        Source(b"GIF89a", Limits(file_bytes=5))


def test_a_refusal_travels_between_processes():
    import pickle

    refused = MediaRefused("truncated", "half of it")
    again = pickle.loads(pickle.dumps(refused))
    assert (again.code, again.message, str(again)) == ("truncated", "half of it", "truncated: half of it")
    with pytest.raises(ValueError):
        MediaRefused("made up", "")
