"""The places of the catalogue: each drawable, rich enough to be hashed, and like no other."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.near import distances, hashed
from vigie.demo.plan.world import FRAMES, HOLDINGS, UNHELD
from vigie.demo.scenes.catalogue import VIEWS, shoot
from vigie.demo.scenes.light import MOODS, lit
from vigie.demo.scenes.places import PLACES
from vigie.demo.scenes.space import photograph
from vigie.engines.hashing import pdq

SMALL_FRAME = (480, 320)


def views(name: str) -> list[pdq.Pdq]:
    taken = shoot(name, 1, SMALL_FRAME)
    return [
        hashed(lit(photograph(taken.stage, camera), "day", taken.stage, camera)) for camera in taken.cameras
    ]


def test_the_catalogue_and_the_plan_name_the_same_places() -> None:
    planned = {place for holding in HOLDINGS for place in holding.places} | set(UNHELD)
    assert planned == set(PLACES)
    assert set(FRAMES) <= planned


@pytest.mark.timeout(
    400
)  # 14 s of drawing on two free cores; 67 s were seen on a machine four times overbooked
def test_every_view_can_be_matched_and_no_two_places_look_alike() -> None:
    with ThreadPoolExecutor(2) as pool:
        by_place = dict(zip(PLACES, pool.map(views, PLACES), strict=True))
    for name, taken in by_place.items():
        assert len(taken) == VIEWS
        assert min(item.quality for item in taken) >= pdq.MATCH_QUALITY, name
        others = [item for other, seen in by_place.items() if other != name for item in seen]
        for item in taken:
            assert distances(item, others).min() > 60, name


def test_another_angle_of_a_place_is_another_picture() -> None:
    for name in ("Harbour", "Blue tiles", "Toy blocks"):
        first, *rest = views(name)
        assert distances(first, rest).min() > pdq.MATCH_DISTANCE


@pytest.mark.parametrize("light", MOODS)
def test_light_changes_the_picture_but_not_its_size(light: str) -> None:
    taken = shoot("Green wallpaper", 1, SMALL_FRAME)
    camera = taken.cameras[0]
    plain = photograph(taken.stage, camera)
    shown = lit(plain, next(name for name in MOODS if name == light), taken.stage, camera)
    assert shown.size == plain.size
    assert shown.tobytes() != plain.tobytes()


def test_an_evening_is_darker_than_the_day_and_its_lamp_warm() -> None:
    taken = shoot("Reading corner", 1, SMALL_FRAME)
    camera = taken.cameras[0]
    plain = photograph(taken.stage, camera)
    day, evening = (
        lit(plain, light, taken.stage, camera).convert("L").resize((1, 1)) for light in ("day", "evening")
    )
    assert evening.getpixel((0, 0)) < day.getpixel((0, 0))
    spot = camera.pixel(taken.stage.lamps[0])
    assert spot is not None
    red, _, blue = lit(plain, "evening", taken.stage, camera).getpixel((int(spot[0]), int(spot[1])))
    assert red > blue


def test_an_unknown_place_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="Nowhere"):
        shoot("Nowhere", 1, SMALL_FRAME)
