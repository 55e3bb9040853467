"""Files that lie, stop early, explode or are nothing at all: refused by a stable word, and the pool goes on."""

import contextlib
import io
import os
import random
import resource
import signal
import threading
import time
import zlib

import pytest

from engines.imaging.drawn import drawn, png_chunk, png_stating, written
from vigie.engines.imaging import (
    ConfinedPool,
    EncoderPool,
    Limits,
    MediaRefused,
    OuterLayer,
    Raster,
    RefusalCode,
)

GOOD = written(drawn(160, 120), "JPEG")
LARGE = drawn(640, 480)


@pytest.fixture(scope="module")
def pool():
    with ConfinedPool("FR/unit-1", outer=OuterLayer.NONE) as running:
        yield running


def refusal(pool, data) -> str:
    with pytest.raises(MediaRefused) as refused:
        pool.analyse(data)
    assert pool.analyse(GOOD).width == 160, "the pool no longer serves"
    assert refused.value.message.isprintable()
    return str(refused.value.code)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_file_that_stops_early_is_truncated(pool, name, part):
    data = written(LARGE, name)
    assert refusal(pool, data[: int(len(data) * part)]) == "truncated"


def test_the_full_analysis_and_the_clear_picture_refuse_too(pool):
    half = written(LARGE, "JPEG")[:20_000]
    for ask in (pool.analyse_full, pool.clear, pool.clear_grey):
        with pytest.raises(MediaRefused, match="truncated"):
            ask(half)
    assert pool.analyse(GOOD)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\0" * 4096, "unknown_format"),
        (b"Dear colleague, the pictures follow.\n", "unknown_format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_format"),
        (b"%PDF-1.7\n", "unknown_format"),
        (b"\xff\xd8\xff", "corrupt"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 500, "corrupt"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "corrupt"),
        (b"GIF89a" + b"\xff" * 100, "corrupt"),
        (b"BM" + b"\0" * 12 + (40).to_bytes(4, "little") + b"\0" * 60, "corrupt"),
    ],
)
def test_what_is_no_picture_is_named(pool, data, code):
    assert refusal(pool, data) == code


def test_the_first_bytes_decide_and_not_a_name(pool):
    file = io.BytesIO(written(drawn(40, 30), "PNG"))
    file.name = "holiday.jpg"
    assert pool.analyse(file).format == "png"


def test_a_header_of_3_6_gigapixels_is_refused_in_a_moment(pool):
    bomb = png_stating(60_000, 60_000, zlib.compress(bytes(60_000 // 8 + 1) * 8000, 9))
    pool.analyse(GOOD)
    started = time.monotonic()
    with pytest.raises(MediaRefused, match="too_many_pixels"):
        pool.analyse(bomb)
    assert time.monotonic() - started < 2
    assert pool.analyse(GOOD)


def test_a_long_thin_picture_within_the_pixels_is_refused_by_its_side(pool):
    assert refusal(pool, png_stating(100_000, 10, zlib.compress(bytes(12_501) * 10))) == "too_many_pixels"


def test_compressed_data_that_goes_on_for_ever_costs_nothing(pool):
    endless = zlib.compress(bytes(300_000_000), 9)
    picture = png_stating(64, 64, endless)
    grown = _grown_by(lambda: _either(pool, picture))
    text = GOOD_PNG[:33] + png_chunk(b"zTXt", b"Comment\0\0" + endless) + GOOD_PNG[33:]
    assert refusal(pool, text) in ("corrupt", "too_large")
    assert grown < 64 << 20


def test_a_worker_that_runs_out_of_memory_refuses_the_file():
    limits = Limits(address_space=700 << 20)
    with ConfinedPool("FR", limits=limits, outer=OuterLayer.NONE) as small:
        bitmap = png_stating(9_000, 9_000, zlib.compress(bytes(1126) * 9_000))
        assert refusal(small, bitmap) == "too_large"


def test_a_gif_of_many_frames_is_counted_not_decoded(pool):
    frames = [drawn(16, 16, 1).convert("P")] * 2
    base = written(frames[0], "GIF")
    image = base[base.index(b",") : -1]
    block = b"!\xf9\x04\x04\x01\x00\x00\x00" + image
    answer = pool.analyse(base[:-1] + block * 5000 + b";")
    assert answer.frames >= 5000


def test_a_file_over_the_limit_is_refused_before_it_is_read():
    class Endless(io.RawIOBase):
        def seek(self, offset, whence=0):
            return 2_000_000_000 if whence else 0

        def read(self, size=-1):
            assert size <= 4096, "more than the head was read"
            return GOOD[:size]

    with ConfinedPool("FR", outer=OuterLayer.NONE) as pool, pytest.raises(MediaRefused) as refused:
        pool.analyse(Endless())
    assert refused.value.code == RefusalCode.TOO_LARGE


def test_a_source_that_breaks_off_is_unreadable_and_the_worker_is_not_left_waiting(pool):
    class Shrinking(io.BytesIO):
        def read(self, size=-1):
            return super().read(size) if size <= 4096 else b""

    class Failing(io.BytesIO):
        def read(self, size=-1):
            if size > 4096:
                raise OSError(5, "Input/output error")
            return super().read(size)

    for kind in (Shrinking, Failing):
        assert refusal(pool, kind(written(LARGE, "PNG"))) == "unreadable"


def _either(pool, data):
    with contextlib.suppress(MediaRefused):
        pool.analyse(data)
    assert pool.analyse(GOOD)


def _grown_by(work) -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


GOOD_PNG = written(drawn(32, 32), "PNG")


@pytest.mark.parametrize(
    ("name", "times"), [("JPEG", 90), ("PNG", 25), ("WEBP", 40), ("GIF", 30), ("TIFF", 30)]
)
def test_flipped_bytes_give_an_answer_or_a_refusal_and_nothing_else(pool, name, times):
    """Seeds are fixed, so a failure can be had again."""
    data = written(drawn(96, 64), name)
    chance = random.Random(f"flips of {name}")

    def flip_and_ask():
        codes = set()
        for _ in range(times):
            damaged = bytearray(data)
            for _ in range(chance.randint(1, 6)):
                damaged[chance.randrange(len(damaged))] ^= chance.randint(1, 255)
            try:
                answer = pool.analyse(damaged)
                assert answer.pdq_raster.shape == (64, 64)
            except MediaRefused as refused:
                codes.add(refused.code)
        return codes

    found = set()
    grown = _grown_by(lambda: found.update(flip_and_ask()))
    assert RefusalCode.WORKER_KILLED not in found
    assert grown < 32 << 20
    assert pool.analyse(GOOD)


def test_a_worker_that_hangs_is_killed_in_time_and_replaced():
    with ConfinedPool("FR", limits=Limits(picture_seconds=1), outer=OuterLayer.NONE) as pool:
        pool.analyse(GOOD)
        hung = _worker_of(pool)
        os.kill(hung, signal.SIGSTOP)
        started = time.monotonic()
        assert refusal(pool, written(LARGE, "PNG")) == "too_slow"
        assert 0.9 < time.monotonic() - started < 5
        assert _worker_of(pool) != hung


def test_a_hung_worker_that_does_not_even_read_is_killed_as_well():
    with ConfinedPool("FR", limits=Limits(picture_seconds=1), outer=OuterLayer.NONE) as pool:
        pool.analyse(GOOD)
        os.kill(_worker_of(pool), signal.SIGSTOP)
        assert refusal(pool, written(drawn(2000, 1500), "BMP")) == "too_slow"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_file_that_kills_its_worker_is_named(number):
    with ConfinedPool("FR", outer=OuterLayer.NONE) as pool:
        pool.analyse(GOOD)
        with at_work(_worker_of(pool), number):
            assert refusal(pool, GOOD) == "worker_killed"


def test_a_closed_pool_refuses():
    pool = ConfinedPool("FR", outer=OuterLayer.NONE)
    pool.analyse(GOOD)
    pool.close()
    for _ in range(2):
        with pytest.raises(MediaRefused, match="worker_killed"):
            pool.analyse(GOOD)


def test_the_encoder_survives_its_worker():
    raster = Raster(16, 16, 3, bytes(768))
    with EncoderPool("FR", outer=OuterLayer.NONE) as pool:
        pool.jpeg(raster)
        with pool._encoders.worker() as worker:
            pid = worker.pid
        with at_work(pid, signal.SIGKILL), pytest.raises(MediaRefused, match="worker_killed"):
            pool.jpeg(raster)
        assert pool.jpeg(raster)


def _worker_of(pool) -> int:
    with pool._pictures.worker() as worker:
        return worker.pid


@contextlib.contextmanager
def at_work(pid, number):
    """The worker stands still while a job is given to it inside the block, and meets the signal in the middle of it."""
    os.kill(pid, signal.SIGSTOP)

    def end():
        time.sleep(0.3)
        os.kill(pid, number)
        os.kill(pid, signal.SIGCONT)

    ending = threading.Thread(target=end)
    ending.start()
    yield
    ending.join()
