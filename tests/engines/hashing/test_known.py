"""Looking a file up in loaded lists: equal by digest, alike by PDQ, withdrawn items silent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.hashing.drawn import TURNED, landscape
from vigie.engines.formats.hash_lists import ListEntry, ListFault, ListRecord, ListWithdrawal
from vigie.engines.hashing.digests import Digests, digest_bytes
from vigie.engines.hashing.known import KnownHit, KnownLists
from vigie.engines.hashing.pdq import Pdq, Variant, downsample_rgb, from_raster

DRAWING = landscape(576, 320, seed=21)
FILE = digest_bytes(DRAWING.tobytes())
OTHER = digest_bytes(b"another file")


def pdq_of(picture: np.ndarray) -> Pdq:
    return from_raster(downsample_rgb(np.ascontiguousarray(picture)))


def turned(code: bytes, bits: int) -> bytes:
    return (int.from_bytes(code) ^ ((1 << bits) - 1)).to_bytes(32)


def loaded(*records: ListRecord, name: str = "national") -> KnownLists:
    lists = KnownLists()
    lists.add_list(name, records, on_fault=lambda fault: pytest.fail(fault.reason))
    return lists


@pytest.mark.parametrize("by", ["sha256", "sha1", "md5"])
def test_a_file_is_known_by_any_digest(by: str) -> None:
    lists = loaded(ListEntry("7", category="1", series="Demo", **{by: getattr(FILE, by)}))
    assert lists.look_up(FILE, None) == (KnownHit("national", "7", by, 0, None, None, "1", "Demo"),)
    assert lists.look_up(OTHER, None) == ()


def test_the_strongest_equal_digest_is_named_and_an_item_comes_once() -> None:
    code = pdq_of(DRAWING)
    lists = loaded(ListEntry("7", md5=FILE.md5, sha1=FILE.sha1, sha256=FILE.sha256, pdq=code.code))
    assert [hit.by for hit in lists.look_up(FILE, code)] == ["sha256"]


def test_an_item_whose_stronger_digest_differs_is_named_by_the_weaker() -> None:
    lists = loaded(ListEntry("7", md5=FILE.md5, sha256=OTHER.sha256))
    assert [hit.by for hit in lists.look_up(FILE, None)] == ["md5"]


def test_every_list_that_knows_the_file_answers() -> None:
    lists = loaded(ListEntry("1", md5=FILE.md5), name="b")
    lists.add_list("a", [ListEntry("2", md5=FILE.md5), ListEntry("3", md5=FILE.md5)], on_fault=lambda _: None)
    assert [(hit.list, hit.item) for hit in lists.look_up(FILE, None)] == [("a", "2"), ("a", "3"), ("b", "1")]


@pytest.mark.parametrize("variant", list(Variant))
def test_a_turned_mirrored_or_inverted_copy_is_found_and_its_variant_named(variant: Variant) -> None:
    known = pdq_of(DRAWING)
    lists = loaded(ListEntry("7", pdq=known.code))
    place = list(Variant).index(variant)
    picture = list(TURNED.values())[place % 8](DRAWING)
    copy = pdq_of(picture if place < 8 else 255 - picture)
    (hit,) = lists.look_up(OTHER, copy)
    assert (hit.by, hit.variant, hit.quality) == ("pdq", variant, 100)
    assert hit.distance <= 4
    assert lists.look_up(OTHER, pdq_of(landscape(576, 320, seed=22))) == ()


@pytest.mark.parametrize(("own", "mirrored", "nearer"), [(9, 4, Variant.FLIP_X), (4, 9, Variant.ORIGINAL)])
def test_of_two_variants_within_reach_the_nearer_is_named(own: int, mirrored: int, nearer: Variant) -> None:
    code = pdq_of(DRAWING).code
    dihedral = [turned(code, own), *(bytes(32),) * 3, turned(code, mirrored), *(bytes(32),) * 3]
    (hit,) = loaded(ListEntry("7", pdq=code)).look_up(OTHER, Pdq(dihedral[0], 100, tuple(dihedral)))
    assert (hit.variant, hit.distance) == (nearer, 4)


@pytest.mark.parametrize(("bits", "found"), [(31, 1), (32, 0)])
def test_the_distance_is_at_most_31(bits: int, found: int) -> None:
    code = pdq_of(DRAWING)
    assert len(loaded(ListEntry("7", pdq=turned(code.code, bits))).look_up(OTHER, code)) == found


@pytest.mark.parametrize(
    ("own", "listed", "found"), [(50, 50, 50), (49, 100, None), (100, 49, None), (80, None, 80), (90, 60, 60)]
)
def test_both_sides_need_quality_and_the_lower_is_told(
    own: int, listed: int | None, found: int | None
) -> None:
    code = pdq_of(DRAWING)
    lists = loaded(ListEntry("7", pdq=code.code, pdq_quality=listed))
    hits = lists.look_up(OTHER, Pdq(code.code, own, code.dihedral))
    assert [hit.quality for hit in hits] == ([] if found is None else [found])


def test_equal_comes_before_alike_and_near_before_far() -> None:
    code = pdq_of(DRAWING)
    lists = loaded(
        ListEntry("far", pdq=turned(code.code, 20)),
        ListEntry("near", pdq=turned(code.code, 3)),
        ListEntry("by md5", md5=FILE.md5),
        ListEntry("by sha1", sha1=FILE.sha1),
    )
    assert [hit.item for hit in lists.look_up(FILE, code)] == ["by sha1", "by md5", "near", "far"]


def test_a_withdrawn_item_is_silent_and_one_given_again_answers() -> None:
    code = pdq_of(DRAWING)
    entry = ListEntry("7", md5=FILE.md5, pdq=code.code)
    lists = loaded(entry, ListEntry("8", md5=FILE.md5), ListWithdrawal("7"), ListWithdrawal("9"))
    assert [hit.item for hit in lists.look_up(FILE, code)] == ["8"]
    assert len(lists) == 1
    again = loaded(entry, ListWithdrawal("7"), ListEntry("7", sha1=FILE.sha1))
    assert [hit.by for hit in again.look_up(FILE, code)] == ["sha1"]


def test_faults_are_handed_on_and_the_rest_is_loaded() -> None:
    faults: list[ListFault] = []
    lists = KnownLists()
    fault = ListFault("line 3", "nonsense")
    lists.add_list("national", [fault, ListEntry("1", md5=FILE.md5)], on_fault=faults.append)
    assert faults == [fault]
    assert len(lists) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_the_digests_found_are_those_a_plain_comparison_finds(rows: list[tuple[int, int, int]]) -> None:
    def made(md5: int, sha1: int, sha256: int) -> Digests:
        return Digests(bytes([md5]) * 16, bytes([sha1]) * 20, bytes([sha256]) * 32, 1)

    kept = [made(*row) for row in rows]
    lists = loaded(*(ListEntry(str(n), md5=k.md5, sha1=k.sha1, sha256=k.sha256) for n, k in enumerate(kept)))
    asked = made(1, 2, 3)
    expected = {
        str(n): next(by for by in ("sha256", "sha1", "md5") if getattr(k, by) == getattr(asked, by))
        for n, k in enumerate(kept)
        if k.md5 == asked.md5 or k.sha1 == asked.sha1 or k.sha256 == asked.sha256
    }
    assert {hit.item: hit.by for hit in lists.look_up(asked, None)} == expected
