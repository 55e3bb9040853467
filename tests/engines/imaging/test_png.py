"""Veils are written as small PNGs that any reader opens."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from vigie.engines.imaging import Raster, veil_png
from vigie.engines.imaging.png import VEIL_BYTES, grey_png

pictures = arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)))


@given(pictures)
def test_a_grey_png_reads_back_to_the_same_pixels(pixels):
    again = Image.open(io.BytesIO(grey_png(pixels)))
    assert again.mode == "L"
    assert np.array_equal(np.asarray(again), pixels)


def test_noise_is_made_smaller_until_it_fits():
    noise = np.random.default_rng(1).integers(0, 256, (96, 96), dtype=np.uint8)
    written = veil_png(Raster.from_array(noise))
    assert len(written) <= VEIL_BYTES
    width, height = Image.open(io.BytesIO(written)).size
    assert width == height
    assert 48 <= width < 96


def test_a_soft_picture_keeps_its_size_and_nearly_its_greys():
    ramp = np.add.outer(np.arange(72), np.arange(96)).astype(np.uint8)
    written = veil_png(Raster.from_array(ramp))
    assert len(written) <= VEIL_BYTES
    again = np.asarray(Image.open(io.BytesIO(written))).astype(int)
    assert np.abs(again - ramp).max() <= 8


def test_a_veil_has_no_colour():
    with pytest.raises(ValueError, match="grey"):
        veil_png(Raster(1, 1, 3, b"rgb"))
