"""What a page says for and against a match, word by word."""

import datetime as dt
import uuid
from typing import Any

import pytest

from vigie.kernel.policy import Handling
from vigie.rooms.matching.schemas import By, Claim, Level, MatchView, State
from vigie.rooms.matching.web.evidence import contact_of, evidence, item_rows, turned_as, variant_words
from vigie.rooms.media.schemas import ContentFacts, ContentState, Kind
from vigie.rooms.units.schemas import Desk

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


def item(**changes: Any) -> ContentFacts:
    facts: dict[str, Any] = {
        "public_id": uuid.uuid4(), "owner_unit": uuid.uuid4(), "owner_country": "BOR", "is_own": False,
        "kind": Kind.PICTURE, "format": "jpeg", "width": 600, "height": 400, "duration_ms": None, "size": 1000,
        "sha256": "ab" * 32, "state": ContentState.SHOWN, "refusal": "", "has_veil": True, "handling": Handling.ORCON,
        "recorded_at": NOW,
    }  # fmt: skip
    return ContentFacts(**(facts | changes))


def match(**changes: Any) -> MatchView:
    facts: dict[str, Any] = {
        "public_id": uuid.uuid4(), "content": uuid.uuid4(), "level": Level.FULL, "claim": Claim.RESEMBLES,
        "by": By.PDQ, "distance": 6, "variant": "original", "frame_ms": -1, "state": State.PROPOSED,
        "holder_unit": uuid.uuid4(), "holder_country": "BOR", "desk": None, "other": item(), "engine": "pdq",
        "published_at": NOW, "seen_at": None, "may_judge": True,
    }  # fmt: skip
    return MatchView(**(facts | changes))


@pytest.mark.parametrize(
    ("variant", "words", "turn"),
    [
        ("original", "", ""),
        ("", "", ""),
        ("rotate90", "turned by 90 degrees to the left", "as-rotate90"),
        ("flip_y", "mirrored left to right", "as-flip-y"),
        ("original_complement", "light and dark swapped", ""),
        ("flip_x_complement", "mirrored top to bottom, light and dark swapped", "as-flip-x"),
    ],
)
def test_a_variant_in_words_and_as_a_turn(variant: str, words: str, turn: str) -> None:
    assert variant_words(variant) == words
    assert turned_as(variant) == turn


def test_a_near_resemblance_says_so_and_a_far_one_warns() -> None:
    near, far = evidence(match(), item()), evidence(match(distance=29), item())
    assert near["chip"] == "distance 6"
    assert near["sure"] is False
    assert len(far["doubts"]) == len(near["doubts"]) + 1


def test_only_sha256_is_sure() -> None:
    equal = evidence(match(by=By.SHA256, claim=Claim.IDENTICAL, distance=None), item())
    weak = evidence(match(by=By.MD5, claim=Claim.IDENTICAL, distance=None), item())
    assert (equal["sure"], equal["doubts"]) == (True, [])
    assert weak["sure"] is False
    assert any("can be made on purpose" in doubt for doubt in weak["doubts"])


def test_what_differs_is_said() -> None:
    doubts = evidence(match(other=item(width=10, height=10, format="png"), variant="flip_y"), item())[
        "doubts"
    ]
    assert "Different size in pixels" in doubts
    assert "Different file format" in doubts
    assert "One of the two was turned or mirrored" in doubts
    swapped = evidence(match(variant="original_complement"), item())["doubts"]
    assert "One of the two has light and dark swapped" in swapped


def test_a_frame_of_a_film_names_its_time() -> None:
    assert "Found in the film at 1:05" in evidence(match(frame_ms=65_000), item())["reasons"]


def test_a_contact_has_no_evidence_at_all() -> None:
    bare = match(level=Level.CONTACT_ONLY, by=None, distance=None, variant="", other=None, may_judge=False)
    assert evidence(bare, item())["reasons"] == []


def test_facts_of_both_items_stand_in_rows() -> None:
    rows = {
        label: (a, b) for label, a, b in item_rows(item(duration_ms=61_000), item(width=None, height=None))
    }
    assert rows["Pixels"] == ("600 \N{MULTIPLICATION SIGN} 400", "\N{EM DASH}")
    assert rows["Length"] == ("1:01", "0:00")
    assert all(b == "" for _, _, b in item_rows(item(), None))


def test_a_desk_shows_the_time_it_is_there() -> None:
    desk = Desk(
        unit=uuid.uuid4(), code="bor", unit_name="Unit", country="BOR", country_name="Borduvia", town="Zelm",
        desk="Desk", phone="1", mail="", languages="", hours="", time_zone="America/Bogota",
    )  # fmt: skip
    assert contact_of(desk, NOW)["now"] == "07:00"
