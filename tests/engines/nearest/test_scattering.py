"""Bits in another order: a bijection that keeps every distance and parts neighbours, in every chunk of every layout."""

import numpy as np

from engines.nearest.stores import random_codes
from vigie.engines.nearest.layout import BASE, SEGMENT
from vigie.engines.nearest.scattering import scattered


def bits(codes: np.ndarray) -> np.ndarray:
    """Bits of codes in their own order, the first byte's highest first."""
    return np.unpackbits(codes, axis=1)


def kept(codes: np.ndarray) -> np.ndarray:
    """Bits as they are kept: word by word, the lowest first."""
    words = scattered(codes)
    return (words[:, :, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)).reshape(len(codes), 256)


def test_every_eleventh_bit_is_taken_until_all_are() -> None:
    codes = random_codes(50)
    order = np.arange(256) * 11 % 256
    assert (kept(codes) == bits(codes)[:, order]).all()
    assert sorted(order.tolist()) == list(range(256))


def test_distances_are_those_of_the_codes() -> None:
    one, other = random_codes(200), random_codes(200, seed=2)
    apart = np.bitwise_count(scattered(one) ^ scattered(other)).sum(axis=1)
    assert (apart == np.bitwise_count(one ^ other).sum(axis=1)).all()


def test_no_chunk_holds_neighbours() -> None:
    order = np.arange(256) * 11 % 256
    for layout in (SEGMENT, BASE):
        for chunk in range(layout.chunks):
            own = np.sort(order[chunk * layout.width : (chunk + 1) * layout.width])
            assert np.diff(own).min() >= 11
            assert own[0] + 256 - own[-1] >= 11


def test_codes_whose_neighbouring_bits_agree_fill_the_buckets_of_a_chunk_evenly() -> None:
    spin = np.random.default_rng(3)
    changes = spin.random((20_000, 256)) < 0.35
    codes = np.packbits(np.cumsum(changes, axis=1) % 2 == 1, axis=1)
    crowded = np.bincount((codes.view(">u2")[:, 0]).astype(np.int64), minlength=1 << 16).max()
    even = np.bincount((scattered(codes)[:, 0] & np.uint64(0xFFFF)).astype(np.int64), minlength=1 << 16).max()
    assert crowded > 20
    assert even < 8, "0.3 a bucket on average"
