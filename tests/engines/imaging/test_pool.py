"""What a pool of confined workers answers for good files."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps

import vigie
from engines.imaging.drawn import drawn, written
from engines.imaging.heic import heic
from vigie.engines.hashing.pdq import distance, downsample, from_raster, luma_from_rgb
from vigie.engines.imaging import (
    ConfinedPool,
    EncoderPool,
    Limits,
    MediaRefused,
    OuterLayer,
    Raster,
    veil_png,
)

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


@pytest.fixture(scope="module")
def pool():
    with ConfinedPool("FR/unit-1", workers=2, outer=OuterLayer.NONE) as running:
        yield running


@pytest.fixture(scope="module")
def encoders():
    with EncoderPool("FR/unit-1", outer=OuterLayer.NONE) as running:
        yield running


def reference(data: bytes):
    return from_raster(downsample(luma_from_rgb(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))))


def test_the_parent_imports_no_decoder():
    code = (
        "import sys, vigie.engines.imaging, vigie.engines.imaging.pool;"
        "print([name for name in ('PIL', 'simplejpeg', 'av', 'pi_heif') if name in sys.modules])"
    )
    source = vigie.__path__[0].removesuffix("/vigie")
    answer = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": source}, capture_output=True, check=True
    )
    assert answer.stdout.strip() == b"[]"


@pytest.mark.parametrize("name", FORMATS)
def test_the_full_analysis_equals_the_reference_to_the_last_bit(pool, name):
    data = written(drawn(640, 480), name)
    answer = pool.analyse_full(data)
    assert (answer.format, answer.width, answer.height) == (name.lower(), 640, 480)
    assert from_raster(answer.pdq_raster) == reference(data)


@pytest.mark.parametrize("size", [(640, 480), (1600, 1200), (4000, 3000), (300, 4000)])
def test_the_scaled_analysis_of_a_jpeg_stays_within_ten_bits(pool, size):
    data = written(drawn(*size), "JPEG", quality=90)
    exact = reference(data)
    assert exact.quality >= 50
    answer = pool.analyse(data)
    assert (answer.width, answer.height) == size
    assert distance(from_raster(answer.pdq_raster).code, exact.code) <= 10


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_jpegs_of_every_colour_model_hash_as_the_reference(pool, mode, progressive):
    data = written(drawn(640, 480).convert(mode), "JPEG", quality=95, progressive=progressive)
    answer = pool.analyse(data)
    assert distance(from_raster(answer.pdq_raster).code, reference(data).code) <= 10
    assert answer.facts["mode"] == mode
    assert ("progressive" in answer.facts) is progressive


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_every_mode_gives_hash_veil_and_clear_picture(pool, mode):
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(drawn(200, 100).convert("L")).astype(np.uint16) * 256)
    else:
        picture = drawn(200, 100).convert(mode)
    data = written(picture, "PNG")
    answer = pool.analyse(data)
    assert from_raster(answer.pdq_raster) == reference(data)
    assert (answer.veil.width, answer.veil.height) == (96, 48)
    assert pool.clear(data).array().shape == (100, 200, 3)
    assert 60 < pool.clear_grey(data).array().mean() < 200  # deep samples are scaled, not cut off to white


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_what_people_see_and_not_the_hash(pool, orientation):
    stored = drawn(320, 200)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned, plain = (written(stored, "JPEG", quality=95, **extra) for extra in ({"exif": exif}, {}))
    answer = pool.analyse(turned)
    assert answer.orientation == orientation
    assert (answer.width, answer.height) == (320, 200)
    assert np.array_equal(answer.pdq_raster, pool.analyse(plain).pdq_raster)
    upright = Image.open(io.BytesIO(turned))
    expected = np.asarray(ImageOps.exif_transpose(upright).convert("RGB")).astype(int)
    assert np.abs(pool.clear(turned).array().astype(int) - expected).max() <= 2
    assert (answer.veil.width > answer.veil.height) is (orientation <= 4)


def test_heic_is_decoded_and_refused_like_the_others(pool):
    picture = drawn(320, 240)
    data = heic(picture)
    answer = pool.analyse(data)
    assert (answer.format, answer.width, answer.height, answer.frames) == ("heic", 320, 240, 1)
    exact = from_raster(downsample(luma_from_rgb(np.asarray(picture))))
    assert distance(from_raster(answer.pdq_raster).code, exact.code) <= 10
    assert np.abs(pool.clear(data).array().astype(int) - np.asarray(picture)).mean() < 8
    with pytest.raises(MediaRefused, match="truncated"):
        pool.analyse(data[: len(data) // 2])


def test_facts_are_the_file_s_own_words(pool):
    exif = Image.Exif()
    exif[0x010F] = "Drawn\0"
    exif[0x0110] = "Model <b>1</b>" + "x" * 400
    detail = exif.get_ifd(0x8769)
    detail[0x9003] = "2024:05:06 07:08:09"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "S", (33.0, 30.0, 0.0)
    place[3], place[4] = "E", (18.0, 15.0, 36.0)
    facts = pool.analyse(written(drawn(64, 64), "JPEG", exif=exif)).facts
    assert facts["make"] == "Drawn"
    assert facts["model"].startswith("Model <b>")
    assert len(facts["model"]) == 256
    assert facts["taken"] == "2024:05:06 07:08:09"
    assert (facts["latitude"], facts["longitude"]) == ("-33.500000", "18.260000")


def test_frames_are_counted(pool):
    pictures = [drawn(40, 40, seed) for seed in range(5)]
    for name in ("GIF", "WEBP", "PNG", "TIFF"):
        data = written(pictures[0], name, save_all=True, append_images=pictures[1:])
        assert pool.analyse(data).frames == 5, name


def test_the_veil_is_small_soft_and_grey(pool):
    stripes = np.zeros((960, 960), dtype=np.uint8)
    stripes[:, ::20] = 255
    stripes[:, 1::20] = 255
    veil = pool.analyse(written(Image.fromarray(stripes), "PNG")).veil
    assert (veil.width, veil.height, veil.channels) == (96, 96, 1)
    assert np.ptp(veil.array()[:, 8:-8]) < 25  # 48 lines of full contrast are one grey
    png = veil_png(veil)
    assert len(png) <= 3000
    assert Image.open(io.BytesIO(png)).mode == "L"


def test_a_clear_picture_is_at_most_2560_long_and_becomes_a_new_jpeg(pool, encoders):
    original = drawn(3200, 1600)
    data = written(original, "JPEG", quality=95, comment=b"not to be carried over")
    raster = pool.clear(data)
    assert (raster.width, raster.height, raster.channels) == (2560, 1280, 3)
    jpeg = encoders.jpeg(raster)
    assert b"not to be carried over" not in jpeg
    again = Image.open(io.BytesIO(jpeg))
    assert again.size == (2560, 1280)
    expected = np.asarray(original.resize((2560, 1280), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(np.asarray(again).astype(int) - expected).mean() < 4
    grey = encoders.jpeg(pool.clear_grey(data))
    assert Image.open(io.BytesIO(grey)).mode == "L"


def test_the_encoder_refuses_more_than_a_clear_picture(encoders):
    with pytest.raises(MediaRefused, match="impossible picture"):
        encoders.jpeg(Raster(2561, 1, 1, bytes(2561)))
    assert encoders.jpeg(Raster(8, 8, 1, bytes(64)))


def test_a_file_object_is_read_from_its_beginning_and_left_open(pool, tmp_path):
    path = tmp_path / "named-wrongly.txt"
    path.write_bytes(written(drawn(100, 80), "PNG"))
    with path.open("rb") as file:
        file.seek(17)
        assert pool.analyse(file).format == "png"
        assert not file.closed


def test_threads_share_a_pool(pool):
    files = [written(drawn(200 + 10 * n, 150, n), "JPEG") for n in range(12)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(pool.analyse, files))
    assert [one.width for one in answers] == [200 + 10 * n for n in range(12)]


def test_a_worker_is_replaced_after_its_share_of_files():
    limits = Limits(files_per_worker=3)
    data = written(drawn(64, 64), "PNG")
    with ConfinedPool("FR", limits=limits, outer=OuterLayer.NONE) as pool:
        seen = []
        for _ in range(7):
            with pool._pictures.worker() as worker:
                seen.append(worker.pid)
            pool.analyse(data)
    assert len(set(seen)) == 3


def test_a_pool_names_its_owner_and_has_workers():
    with pytest.raises(ValueError, match="owner"):
        ConfinedPool("")
    with pytest.raises(ValueError, match="at least one worker"):
        ConfinedPool("FR", workers=0)
    with pytest.raises(ValueError, match="pixels"):
        Limits(pixels=0)
