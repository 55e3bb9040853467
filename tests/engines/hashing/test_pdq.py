"""PDQ: the reference's codes on drawn pictures, and what must hold for any picture.

The golden codes were computed with pdqhash 0.2.8 on the very same bytes.
"""

import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engines.hashing.drawn import TURNED, Rgb, landscape, poster
from vigie.engines.hashing import box_filter, pdq
from vigie.engines.hashing.pdq import Variant, complement, distance

GOLDEN = {
    "photograph-like": (
        lambda: landscape(512, 384),
        "643ca898dc1581d5cbf1db6152f6070caf312f4ba29269f6b18e4f1ddab2d0e1",
    ),
    "upright": (
        lambda: landscape(900, 1300, seed=2),
        "c8e212fad68106f1c4e3836946430497472d27cfc68b31def6bcb40fcd9e06f3",
    ),
    "thumbnail, odd sides": (
        lambda: landscape(97, 61, seed=3),
        "19fb488adfd904f15ce19bf156e4cf800325474ff5d2588e180e580dd7f2c7e1",
    ),
    "exactly 64x64": (
        lambda: landscape(64, 64, seed=4),
        "7972d054931086f1902087f38ef62797a905076fed51983ebd0eb80dbdf2caf1",
    ),
    "3 megapixels": (
        lambda: landscape(2000, 1500, seed=5),
        "70e2504e77d6c6f480a9cbe212f945155731c74fd091f9b6f00ed80dd572c7e1",
    ),
    "five pixels wide": (
        lambda: landscape(5, 7, seed=6),
        "c370ce73390e318cc6f183e0c6f16c5b398e93a4c67197a4390e6e5b9326ce73",
    ),
    # below: frequencies that are zero but for rounding, so the bits are those of the reference's sums
    "symmetric": (
        lambda: poster(320, 240),
        "975e68f471ba8f55ca784b862ad7e128a93514ab61d6965b865e2ca561a89e53",
    ),
    "small, symmetric": (
        lambda: poster(90, 90),
        "974d2d8260a2817dde388f573bd69f52ee2c957a30976a85c31e2a8531ed6a85",
    ),
}

GOLDEN_ORIENTATIONS = (
    "643ca898dc1581d5cbf1db6152f6070caf312f4ba29269f6b18e4f1ddab2d0e1",
    "7cabd1e8c0b8d9f46cd65e3b0fe6e3235a3be1ae0e930549c14c4ce3027ac33a",
    "2109023289402b7f9ea471ca0723aca6fa6485e1f7c7835ce4dbe5a78fe77a4b",
    "29fe7b4295ad735e3983f4915ab348810f6e4b045bc6afe39419c649572f6990",
    "241c5767dc117e2acbf1249e52f6f8f3af31d0b4a2929609b08eb0e2dab22f1e",
    "7149fdcd8940d4809ea48e3407a35359fa645a1ef7c73ca3e4db1a488fe785b4",
    "7cabae17c0f8260b6cd6a1c40fe61ddc5a3b1e518e93fab6c14cb31c027a3cc5",
    "29fe04ad95ad0ca139830b6e5ab3b6760d6e34fb5bc65018941919b6572f926f",
)


def hash_of(picture: Rgb) -> pdq.Pdq:
    return pdq.from_raster(pdq.downsample(pdq.luma_from_rgb(picture)))


@pytest.mark.parametrize("name", GOLDEN)
def test_the_code_is_the_reference_code_to_the_last_bit(name: str) -> None:
    draw, code = GOLDEN[name]
    hashed = hash_of(draw())
    assert hashed.code.hex() == code
    assert hashed.quality == 100
    assert hashed.may_match


def test_the_eight_orientations_are_the_reference_ones_in_its_order() -> None:
    hashed = hash_of(landscape(512, 384))
    assert tuple(code.hex() for code in hashed.dihedral) == GOLDEN_ORIENTATIONS
    assert hashed.dihedral[0] == hashed.code


@pytest.mark.parametrize("variant", list(Variant)[:8])
def test_each_orientation_is_the_code_of_the_picture_turned_that_way(variant: Variant) -> None:
    # 576 and 320 pixels have odd boxes and cells with a middle pixel, so that a turned picture is sampled alike
    foreseen = hash_of(landscape(576, 320, seed=8)).dihedral[list(Variant).index(variant)]
    turned = TURNED[variant.value](landscape(576, 320, seed=8))
    assert distance(foreseen, hash_of(np.ascontiguousarray(turned)).code) <= 2


@pytest.mark.parametrize("variant", list(Variant)[:8])
def test_orientations_match_where_an_even_box_samples_half_a_pixel_off(variant: Variant) -> None:
    foreseen = hash_of(landscape(512, 384, seed=8)).dihedral[list(Variant).index(variant)]
    turned = TURNED[variant.value](landscape(512, 384, seed=8))
    assert distance(foreseen, hash_of(np.ascontiguousarray(turned)).code) <= pdq.MATCH_DISTANCE


def test_the_complement_is_the_code_of_the_inverted_picture() -> None:
    picture = landscape(512, 384, seed=9)
    assert distance(complement(hash_of(picture).code), hash_of(255 - picture).code) <= 2


def test_the_sixteen_variants_are_the_eight_orientations_and_their_complements() -> None:
    hashed = hash_of(landscape(200, 150))
    named = dict(pdq.variants(hashed))
    assert list(named) == list(Variant)
    assert named[Variant.ORIGINAL] == hashed.code
    assert named[Variant.FLIP_Y] == hashed.dihedral[5]
    assert named[Variant.FLIP_Y_COMPLEMENT] == complement(hashed.dihedral[5])


@pytest.mark.parametrize(
    "picture", [landscape(300, 200), poster(320, 240), landscape(64, 64), landscape(40, 300)]
)
def test_reading_the_three_channels_at_once_gives_the_same_hash(picture: Rgb) -> None:
    once = pdq.downsample_rgb(picture)
    assert np.abs(once - pdq.downsample(pdq.luma_from_rgb(picture))).max() < 0.001
    assert pdq.from_raster(once) == hash_of(picture)


def test_a_grey_plane_of_bytes_is_read_as_it_is() -> None:
    grey = landscape(300, 200)[:, :, 1]
    assert np.array_equal(pdq.downsample(grey), pdq.downsample(grey.astype(np.float32)))


@given(
    st.sampled_from([1, 2, 4]),
    st.tuples(st.integers(64, 150), st.integers(64, 150)).flatmap(
        lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 255), fill=st.integers(0, 255))
    ),
)
@example(
    1, np.pad(np.zeros((1, 1), np.uint8), ((0, 63), (0, 63)), constant_values=1)
)  # one sample for each cell
@settings(max_examples=30, deadline=None)
def test_a_scaled_plane_is_read_as_the_pixels_it_stands_for(eighths: int, plane: np.ndarray) -> None:
    block = 8 // eighths
    whole = np.repeat(np.repeat(plane, block, axis=0), block, axis=1)
    exact = box_filter.running_box_raster(whole.astype(np.float32))
    assert np.abs(pdq.downsample_scaled(plane, *whole.shape) - exact).max() < 0.02


def test_a_scaled_plane_keeps_to_the_places_of_the_whole_picture() -> None:
    # 1040 and 772 pixels: boxes of 9 and 7; as pictures of their own, halves have boxes of 5 and 4, as if 10 and 8
    kept = own = 0
    for seed in range(31, 37):
        picture = landscape(1040, 772, seed=seed)[:, :, 1]
        whole = hash_of(np.repeat(picture[:, :, None], 3, axis=2)).code
        halves = picture.reshape(386, 2, 520, 2).mean(axis=(1, 3)).round().astype(np.uint8)
        kept += distance(from_scaled(halves, 772, 1040), whole)
        own += distance(pdq.from_raster(pdq.downsample(halves)).code, whole)
    assert kept <= 6
    assert own > 3 * kept


def from_scaled(plane: np.ndarray, height: int, width: int) -> bytes:
    return pdq.from_raster(pdq.downsample_scaled(plane, height, width)).code


def test_sides_that_were_rounded_up_are_no_other_scale() -> None:
    plane = landscape(201, 301)[
        :, :, 1
    ]  # 3/8 of 535 x 802, whose last samples stand for less than a whole block
    whole = pdq.downsample_scaled(plane, 802, 535)
    assert not np.array_equal(whole, pdq.downsample(plane))
    assert np.isfinite(whole).all()
    assert np.array_equal(pdq.downsample_scaled(plane, 900, 900), pdq.downsample(plane))


@pytest.mark.parametrize(
    ("picture", "needed"),
    [
        (landscape(600, 400), False),
        (np.full((600, 400, 3), 90, dtype=np.uint8), False),
        ((landscape(600, 400) // 8 + 100).astype(np.uint8), True),
        (poster(320, 240), True),
    ],
    ids=["detailed", "flat", "faint", "symmetric"],
)
def test_a_weak_or_symmetric_picture_needs_every_pixel(picture: Rgb, needed: bool) -> None:
    assert pdq.needs_every_pixel(pdq.downsample_rgb(picture)) is needed


@given(
    st.tuples(st.integers(5, 300), st.integers(5, 300)).flatmap(
        lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 255), fill=st.integers(0, 255))
    )
)
@settings(max_examples=60, deadline=None)
def test_the_weighted_filter_agrees_with_the_running_sums(grey: np.ndarray) -> None:
    luma = grey.astype(np.float32)
    height, width = luma.shape
    weighted = box_filter.filter_rows(
        box_filter.filter_columns(grey, box_filter.tent_weights(height)), box_filter.tent_weights(width)
    )
    assert np.abs(weighted - box_filter.running_box_raster(luma)).max() < 0.01


@given(st.integers(1, 6000))
@settings(max_examples=50, deadline=None)
def test_every_cell_averages_pixels_of_its_own_neighbourhood(length: int) -> None:
    tent = box_filter.tent_weights(length)
    assert np.allclose([weights.sum() for weights in tent.weights], 1, atol=1e-5)
    assert all((weights > 0).all() for weights in tent.weights)
    assert all(
        start <= (cell + 0.5) * length / 64 <= start + len(weights)
        for cell, (start, weights) in enumerate(zip(tent.starts, tent.weights, strict=True))
    )


@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_luma_is_what_double_precision_rounded_once_gives(picture: Rgb) -> None:
    red, green, blue = np.moveaxis(picture.astype(np.float64), 2, 0)
    assert np.array_equal(
        pdq.luma_from_rgb(picture), (red * 0.299 + green * 0.587 + blue * 0.114).astype(np.float32)
    )


@pytest.mark.parametrize("shape", [(4, 200), (200, 4), (1, 1)])
def test_a_picture_under_five_pixels_has_an_empty_hash_of_no_quality(shape: tuple[int, int]) -> None:
    hashed = hash_of(np.full((*shape, 3), 77, dtype=np.uint8))
    assert hashed == pdq.Pdq(code=bytes(32), quality=0, dihedral=(bytes(32),) * 8)
    assert pdq.downsample_rgb(np.full((*shape, 3), 77, dtype=np.uint8)).max() == 0


def test_a_flat_picture_has_no_quality_and_may_not_match() -> None:
    hashed = hash_of(np.full((300, 400, 3), 128, dtype=np.uint8))
    assert hashed.quality == 0
    assert not hashed.may_match


def test_quality_counts_steps_of_whole_hundredths() -> None:
    raster = np.zeros((64, 64), dtype=np.float32)
    raster[:, 32:] = 255  # one edge, 64 steps of 100 hundredths: 6400 // 90
    assert pdq.from_raster(raster).quality == 71
    raster[:, 32:] = 2.5  # under one hundredth: no step at all
    assert pdq.from_raster(raster).quality == 0


@pytest.mark.parametrize("variant", list(Variant)[:8])
def test_a_turn_undone_gives_the_picture_back(variant: Variant) -> None:
    picture = landscape(40, 30)
    turned = TURNED[variant.value](picture)
    assert np.array_equal(TURNED[pdq.undone(variant).value](turned), picture)
    assert pdq.undone(Variant(f"{variant}_complement")) == f"{pdq.undone(variant)}_complement"


@given(st.binary(min_size=32, max_size=32), st.sets(st.integers(0, 255)))
def test_distance_counts_the_bits_that_differ(code: bytes, flipped: set[int]) -> None:
    number = int.from_bytes(code)
    for bit in flipped:
        number ^= 1 << bit
    other = number.to_bytes(32)
    assert distance(code, other) == distance(other, code) == len(flipped)
    assert distance(complement(code), other) == 256 - len(flipped)


def test_the_thresholds_are_the_published_ones() -> None:
    assert (pdq.MATCH_DISTANCE, pdq.MATCH_QUALITY) == (31, 50)


def test_wrong_shapes_are_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="height x width x 3 bytes"):
        pdq.luma_from_rgb(np.zeros((8, 8), dtype=np.uint8))
    with pytest.raises(ValueError, match="height x width x 3 bytes"):
        pdq.downsample_rgb(np.zeros((8, 8, 4), dtype=np.uint8))
    with pytest.raises(ValueError, match="two dimensions, not 3"):
        pdq.downsample(np.zeros((8, 8, 3), dtype=np.float32))
    with pytest.raises(ValueError, match="64x64, not 32x64"):
        pdq.from_raster(np.zeros((32, 64), dtype=np.float32))
    with pytest.raises(ValueError, match="finite"):
        pdq.from_raster(np.full((64, 64), np.nan, dtype=np.float32))
    with pytest.raises(ValueError, match="32 bytes, not 31 and 32"):
        distance(bytes(31), bytes(32))
    with pytest.raises(ValueError, match="at least one pixel"):
        box_filter.tent_weights(0)


def test_a_very_large_picture_is_read_without_running_the_sums() -> None:
    # 24.5 megapixels of a symmetric drawing: running the sums would need 300 MB more
    grey = poster(7_000, 3_500)[:, :, 0]
    tracemalloc.start()
    raster = pdq.downsample(grey)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000
    assert pdq.from_raster(raster).quality == pdq.from_raster(pdq.downsample(grey[::7, ::7])).quality
