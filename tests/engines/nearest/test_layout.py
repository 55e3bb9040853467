"""The cut into chunks misses no code within the radius, by arithmetic and by trial."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.engines.nearest.layout import BASE, MOST_FLIPS, SEGMENT, Layout

LAYOUTS = [SEGMENT, BASE, Layout(16, 8), Layout(11, 11), Layout(3, 5), Layout(10, 24)]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("radius", range(48))
def test_every_way_to_place_the_differing_bits_is_found_by_some_chunk(layout: Layout, radius: int) -> None:
    """If no chunk matched, each would differ in one bit more than it is searched to: more bits than the radius has."""
    plan = layout.plan(radius)
    if plan is None:
        assert radius + 1 > layout.chunks * (MOST_FLIPS + 1)
        return
    assert sum(flips + 1 for flips in plan.flips.tolist()) > radius
    assert layout.chunks * layout.width <= 256  # chunks of one width, side by side: none overlaps another


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_flips_probed_are_all_values_within_them_and_each_once(layout: Layout) -> None:
    for radius in (0, 7, 31, 3 * layout.chunks - 1):
        plan = layout.plan(radius)
        if plan is None:
            continue
        for flips, probes in zip(plan.flips.tolist(), plan.probes.tolist(), strict=True):
            probed = plan.masks[:probes]
            expected = sum(
                (1, layout.width, layout.width * (layout.width - 1) // 2)[count] for count in range(flips + 1)
            )
            assert len(np.unique(probed)) == probes == expected
            assert all(int(mask).bit_count() <= flips and mask < layout.buckets for mask in probed)


@given(data=st.data(), layout=st.sampled_from(LAYOUTS), radius=st.integers(0, 32))
def test_a_code_within_the_radius_shares_a_probed_bucket(
    data: st.DataObject, layout: Layout, radius: int
) -> None:
    plan = layout.plan(radius)
    if plan is None:
        return
    apart = data.draw(st.sets(st.integers(0, 255), max_size=radius))
    in_chunk = [sum(1 for bit in apart if bit // layout.width == chunk) for chunk in range(layout.chunks)]
    assert any(bits <= flips for bits, flips in zip(in_chunk, plan.flips.tolist(), strict=True))


def test_the_layouts_in_use_search_radius_31_by_tables() -> None:
    segment, base = SEGMENT.plan(31), BASE.plan(31)
    assert segment is not None
    assert base is not None
    assert segment.flips.tolist() == [1] * 16
    assert base.flips.tolist() == [2] * 10 + [1]
    assert (int(segment.probes.sum()), int(base.probes.sum())) == (272, 2794)
    assert SEGMENT.plan(48) is None
    assert BASE.plan(33) is None


@pytest.mark.parametrize(("chunks", "width"), [(17, 16), (0, 16), (1, 25), (4, 3), (12, 23)])
def test_chunks_that_do_not_lie_apart_are_refused(chunks: int, width: int) -> None:
    with pytest.raises(ValueError, match="do not lie apart"):
        Layout(chunks, width)
