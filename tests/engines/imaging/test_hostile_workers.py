"""A worker that has been taken over says whatever it likes: the parent believes possible numbers only.

The worker here is a script that greets as the real one does and then answers with bytes of the test's choosing.
"""

import struct
import sys
import time

import numpy as np
import pytest

from engines.imaging.drawn import drawn, written
from vigie.engines.imaging import (
    Analysis,
    ConfinedPool,
    EncoderPool,
    FilmFrame,
    Limits,
    MediaRefused,
    OuterLayer,
    Raster,
    process,
)
from vigie.engines.imaging.protocol.messages import Status, pack_answer
from vigie.engines.imaging.protocol.results import pack_analysis, pack_batch, pack_raster

PYTHON = sys.executable
PNG = written(drawn(40, 30), "PNG")
FILM = b"RIFF\0\0\0\0AVI " + bytes(100)
BLANK = np.zeros((64, 64), dtype=np.float32)
VEIL = Raster(4, 4, 1, bytes(16))
GREETING = pack_answer(Status.DONE, 4) + b"none"

SCRIPT = """#!{python} -S
import os, struct
answers = {answers!r}
def read(length):
    taken = b""
    while len(taken) < length:
        more = os.read(0, length - len(taken))
        if not more:
            os._exit(0)
        taken += more
    return taken
os.write(1, {greeting!r})
for answer in answers:
    header = read(20)
    read(struct.unpack("<Q", header[12:])[0])
    rest = answer
    while rest:
        rest = rest[os.write(1, rest):]
{ending}
"""


@pytest.fixture
def taken_over(monkeypatch, tmp_path):
    """Return a function that makes every worker started from now on answer with the bytes given."""

    def arrange(*answers: bytes, greeting: bytes = GREETING, ending: str = "read(1)"):
        script = tmp_path / "worker"
        text = SCRIPT.format(python=PYTHON, answers=answers, greeting=greeting, ending=ending)
        script.write_text(text)
        script.chmod(0o755)
        monkeypatch.setattr(process.sys, "executable", str(script))

    return arrange


@pytest.fixture
def pool():
    with ConfinedPool("FR", limits=Limits(picture_seconds=2), outer=OuterLayer.NONE) as running:
        yield running


def done(payload: bytes) -> bytes:
    return pack_answer(Status.DONE, len(payload)) + payload


def analysis(kind="png") -> bytes:
    return pack_analysis(Analysis(kind, 40, 30, 1, 1, BLANK, VEIL, {}))


def refusal_of(ask) -> MediaRefused:
    with pytest.raises(MediaRefused) as refused:
        ask()
    return refused.value


def test_the_script_is_believed_when_it_says_what_is_possible(taken_over, pool):
    taken_over(done(analysis()))
    assert pool.analyse(PNG).width == 40


@pytest.mark.parametrize(
    "answer",
    [
        b"no answer of this protocol",
        pack_answer(Status.DONE, 1 << 62),
        pack_answer(Status.REFUSED, 1 << 20),
        done(b""),
        done(b"\xff" * 20_000),
        done(analysis("jpeg")),
        done(analysis()[:-1]),
        pack_answer(Status.REFUSED, 9) + b"made up\n!",
    ],
    ids=range(8),
)
def test_an_impossible_analysis_ends_the_worker(taken_over, pool, answer):
    taken_over(answer)
    refused = refusal_of(lambda: pool.analyse(PNG))
    assert refused.code == "worker_killed"
    assert not pool._pictures._alive
    taken_over(done(analysis()))
    assert pool.analyse(PNG)


def test_a_clear_picture_of_other_size_or_colour_is_not_taken(taken_over, pool):
    for raster in (Raster(2561, 1, 3, bytes(7683)), Raster(2, 2, 1, bytes(4))):
        taken_over(done(pack_raster(raster)))
        assert refusal_of(lambda: pool.clear(PNG)).code == "worker_killed"


def test_a_jpeg_that_is_none_is_not_taken(taken_over):
    with EncoderPool("FR", outer=OuterLayer.NONE) as encoders:
        taken_over(done(b"<html>"))
        assert refusal_of(lambda: encoders.jpeg(Raster(2, 2, 1, bytes(4)))).code == "worker_killed"


@pytest.mark.parametrize(
    "batch",
    [
        b"\xff" * 100,
        pack_batch([FilmFrame(5, BLANK), FilmFrame(5, BLANK)], at_end=1),
        pack_batch([FilmFrame(5000, BLANK), FilmFrame(2000, BLANK)], at_end=1),
    ],
)
def test_impossible_frames_end_the_film(taken_over, pool, batch):
    taken_over(done(analysis("avi")), done(batch))

    def look_through():
        with pool.frames(FILM) as film:
            list(film)

    assert refusal_of(look_through).code == "worker_killed"


def test_a_film_without_end_ends(taken_over):
    nothing_yet = done(struct.pack("<HB", 0, 0))
    taken_over(done(analysis("avi")), ending=f"while True:\n    read(20)\n    os.write(1, {nothing_yet!r})")
    limits = Limits(film_work_seconds=1)
    with ConfinedPool("FR", limits=limits, outer=OuterLayer.NONE) as pool:

        def look_through():
            with pool.frames(FILM) as film:
                for frame in film:
                    pytest.fail(f"{frame} came from nowhere")

        assert refusal_of(look_through).code == "too_slow"


def test_an_answer_that_trickles_is_too_slow(taken_over, pool):
    slow = "import time\nfor one in range(100):\n    os.write(1, b'V')\n    time.sleep(0.5)"
    taken_over(pack_answer(Status.DONE, 200), ending=slow)
    started = time.monotonic()
    assert refusal_of(lambda: pool.analyse(PNG)).code == "too_slow"
    assert time.monotonic() - started < 5


def test_a_worker_that_reads_nothing_is_too_slow(taken_over, pool):
    taken_over(ending="import time\ntime.sleep(60)")
    bitmap = written(drawn(1200, 900), "BMP")
    assert refusal_of(lambda: pool.analyse(bitmap)).code == "too_slow"


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (31, "worker_killed", "forbidden system call"),
        (14, "too_slow", "processor time"),
        (24, "too_slow", "processor"),
    ],
)
def test_the_signal_that_ended_a_worker_is_told(taken_over, pool, number, code, words):
    taken_over(done(analysis()), ending=f"read(20)\nos.kill(os.getpid(), {number})")
    pool.analyse(PNG)
    refused = refusal_of(lambda: pool.analyse(PNG))
    assert refused.code == code
    assert words in refused.message


def test_a_worker_that_ends_while_it_is_sent_a_file(taken_over, pool):
    taken_over(ending="os._exit(3)")
    refused = refusal_of(lambda: pool.analyse(written(drawn(1200, 900), "BMP")))
    assert refused.code == "worker_killed"


def test_a_worker_that_says_it_cannot_be_confined_is_not_used(taken_over, pool):
    text = b"unsupported_here\nthe kernel refused a wall"
    taken_over(greeting=pack_answer(Status.REFUSED, len(text)) + text)
    refused = refusal_of(pool.layers)
    assert (refused.code, refused.message) == ("unsupported_here", "the kernel refused a wall")


def test_a_worker_that_cannot_be_started_is_told(monkeypatch, pool, tmp_path):
    monkeypatch.setattr(process.sys, "executable", str(tmp_path / "nothing here"))
    refused = refusal_of(lambda: pool.analyse(PNG))
    assert refused.code == "unsupported_here"
    assert "No such file" in refused.message


def test_control_characters_in_a_refusal_are_not_passed_on(taken_over, pool):
    text = b"corrupt\n\x1b[31mred\x07"
    taken_over(pack_answer(Status.REFUSED, len(text)) + text)
    assert refusal_of(lambda: pool.analyse(PNG)).message == " [31mred "
