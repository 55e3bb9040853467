"""What happens to a picture on its way changes it as its name says, and the same way every time."""

import numpy as np
import pytest
from PIL import Image

from demo.near import VARIANTS, distances, hashed
from vigie.demo.scenes.catalogue import generator, shoot
from vigie.demo.scenes.copies import COPIES
from vigie.demo.scenes.encoding import still
from vigie.demo.scenes.space import photograph
from vigie.engines.hashing import pdq


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    taken = shoot("Market street", 1, (480, 320))
    return photograph(taken.stage, taken.cameras[0])


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_the_same_from_the_same_generator_and_leaves_its_source_alone(
    name: str, picture: Image.Image
) -> None:
    before = picture.tobytes()
    change = COPIES[next(known for known in COPIES if known == name)]
    first, again = (change(picture, generator(1, name)) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert picture.tobytes() == before
    assert (first.tobytes() == before) is (name == "plain")


@pytest.mark.parametrize(("name", "variant"), [("mirrored", "flip_y"), ("rotated", "rotate180")])
def test_turned_copies_match_under_their_variant(name: str, variant: str, picture: Image.Image) -> None:
    change = COPIES["mirrored" if name == "mirrored" else "rotated"]
    apart = distances(hashed(change(picture, generator(1))), [hashed(picture)])[:, 0]
    assert VARIANTS[int(apart.argmin())] == variant
    assert apart.min() <= pdq.MATCH_DISTANCE


def test_a_crop_is_smaller_and_a_border_larger(picture: Image.Image) -> None:
    assert COPIES["crop"](picture, generator(1)).width <= picture.width * 0.8
    assert COPIES["border"](picture, generator(1)).width > picture.width


def test_a_band_and_a_mark_touch_only_their_corner(picture: Image.Image) -> None:
    source = np.asarray(picture).astype(int)
    band = np.abs(np.asarray(COPIES["band"](picture, generator(1))).astype(int) - source).max(axis=(1, 2))
    assert band[: 320 - 320 // 11].max() == 0
    assert band[-10:].max() > 0
    mark = np.abs(np.asarray(COPIES["mark"](picture, generator(1))).astype(int) - source).max(axis=(0, 2))
    assert mark[: int(480 * 0.85)].max() == 0
    assert mark.max() > 0


def test_noise_stays_faint(picture: Image.Image) -> None:
    noisy = np.asarray(COPIES["noise"](picture, generator(1))).astype(int)
    assert 0 < np.abs(noisy - np.asarray(picture).astype(int)).max() <= 9


@pytest.mark.parametrize(
    ("form", "head"),
    [("png", b"\x89PNG"), ("webp", b"RIFF"), ("gif", b"GIF8"), ("bmp", b"BM"), ("tiff", b"II*")],
)
def test_each_form_begins_with_its_own_signature(form: str, head: bytes, picture: Image.Image) -> None:
    wanted = next(known for known in ("png", "webp", "gif", "bmp", "tiff") if known == form)
    assert still(picture, wanted, 80).startswith(head)
