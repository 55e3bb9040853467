"""The demonstration's plan: a world of fictional countries in which every level of answer occurs."""

import dataclasses
import json
from collections import Counter

import pytest

from vigie.demo.plan import Plan, Sharing, make_plan
from vigie.demo.plan.making import level
from vigie.demo.plan.world import HOLDINGS, SMALL, UNHELD


@pytest.fixture(scope="module")
def full() -> Plan:
    return make_plan(1, "full")


def test_equal_seeds_give_equal_plans_and_other_seeds_other_ones(full: Plan) -> None:
    assert make_plan(1, "full") == full
    assert make_plan(2, "full") != full


def test_the_full_set_has_six_hundred_files_in_forty_series_at_least(full: Plan) -> None:
    stills = [f for f in full.held() if f.recipe.form != "mp4"]
    assert len(stills) >= 600
    assert len(full.series) >= 40
    assert {unit.country for unit in full.units} == {country.code for country in full.countries}
    assert Counter(unit.country for unit in full.units) == {"ALV": 2, "BOR": 2, "CAS": 2}


@pytest.mark.parametrize("size", ["full", "small"])
def test_no_two_files_share_a_path_even_where_case_does_not_count(size: str) -> None:
    plan = make_plan(1, "full" if size == "full" else "small")
    paths = [f.path for f in plan.held()] + [f.path for f in plan.incoming.files]
    assert len({path.casefold() for path in paths}) == len(paths)


def test_the_small_set_has_eight_series_and_about_sixty_files() -> None:
    plan = make_plan(1, "small")
    assert [series.name for series in plan.series] == list(SMALL)
    assert 55 <= len(plan.held()) + len(plan.incoming.files) <= 75


@pytest.mark.parametrize(
    ("sharing", "owner", "expected"),
    [
        (Sharing("community"), "BOR", "full"),
        (Sharing("listed", ("ALV",)), "BOR", "full"),
        (Sharing("listed", ("CAS",)), "BOR", "contact_only"),
        (Sharing("country"), "BOR", "contact_only"),
        (Sharing("country"), "ALV", "full"),
        (Sharing("unit"), "ALV", "contact_only"),
        (Sharing("country", answer_outside="silent"), "BOR", "silent"),
        (Sharing("community", excluded=("ALV",)), "BOR", "silent"),
    ],
)
def test_levels_follow_audience_exclusion_and_answer_outside(
    sharing: Sharing, owner: str, expected: str
) -> None:
    assert level(sharing, owner, "ALV") == expected


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_level_is_planted_by_exact_recompressed_mirrored_and_rotated_copies(seed: int) -> None:
    plan = make_plan(seed, "full")
    kinds = Counter((a.level, a.by, a.variant) for a in plan.answers)
    for answered in ("full", "contact_only", "silent"):
        assert kinds[answered, "sha256", "original"] == 1
        assert kinds[answered, "pdq", "original"] == 1
        assert kinds[answered, "pdq", "flip_y"] == 1
        assert kinds[answered, "pdq", "rotate180"] == 1
    countries = {unit.key: unit.country for unit in plan.units}
    assert all(countries[a.owner_unit] != "ALV" for a in plan.answers)


def test_the_exhibit_of_the_day_mixes_own_planted_new_and_broken_files(full: Plan) -> None:
    kinds = Counter(f.kind for f in full.incoming.files)
    assert kinds == {"own": 30, "planted": 12, "new": 15, "clip": 1, "broken": 2}
    held = {f.path: f.recipe for f in full.held()}
    assert all(held[f.copy_of] == f.recipe for f in full.incoming.files if f.kind == "own")
    assert {f.copy_of.split("/")[1] for f in full.incoming.files if f.kind == "own"} == {"alv-viu"}
    new = {(f.recipe.place, f.recipe.view) for f in full.incoming.files if f.kind == "new"}
    assert new.isdisjoint({(f.recipe.place, f.recipe.view) for f in full.held()})


def test_planted_series_are_held_by_one_unit_only(full: Plan) -> None:
    planted = {f.recipe.place for f in full.incoming.files if f.kind == "planted"}
    for place in planted:
        assert len({f.path.split("/")[1] for f in full.held() if f.recipe.place == place}) == 1


def test_people_cover_the_roles_and_languages_of_the_tour(full: Plan) -> None:
    people = {person.name: person for person in full.people}
    ines = people["Ines Dorval"]
    assert ines.certificate is not None
    assert (ines.unit, ines.roles) == ("alv-viu", ("investigator",))
    assert "supervisor" in people["Tomas Wehl"].roles
    assert {"oversight", "administrator"} <= {role for p in full.people for role in p.roles}
    assert {"fr", "ar"} <= {p.language for p in full.people}
    assert [p.key for p in full.people if p.certificate and p.certificate.valid_days == 5] == ["petra"]
    assert {p.unit for p in full.people} <= {unit.key for unit in full.units}


def test_the_plan_is_data_that_json_can_hold(full: Plan) -> None:
    assert json.loads(json.dumps(dataclasses.asdict(full)))["incoming"]["person"] == "ines"


def test_no_place_is_both_held_and_unknown() -> None:
    held = [place for holding in HOLDINGS for place in holding.places]
    assert len(held) == len(set(held))
    assert not set(held) & set(UNHELD)
