"""The Merkle tree of RFC 6962 and RFC 9162."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.engines.proofs import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves and their roots published with the RFC 6962 reference implementation (certificate-transparency).
PUBLISHED_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
PUBLISHED_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(data)) for data in PUBLISHED_LEAVES]
MANY = [leaf_hash(str(number).encode()) for number in range(130)]


def test_the_root_of_no_leaves_is_the_hash_of_nothing():
    assert root([]) == EMPTY_ROOT == sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots_are_reproduced(size):
    assert root(LEAVES[:size]).hex() == PUBLISHED_ROOTS[size - 1]


def test_published_proofs_are_reproduced():
    published_path = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [step.hex() for step in inclusion_proof(5, LEAVES)] == published_path
    published_growth = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [step.hex() for step in consistency_proof(6, LEAVES)] == published_growth


def test_every_inclusion_proof_of_every_small_tree_verifies():
    for size in range(1, 130):
        leaves = MANY[:size]
        top = root(leaves)
        for index in range(size):
            assert verify_inclusion(leaves[index], index, size, inclusion_proof(index, leaves), top)


def test_every_consistency_proof_of_every_small_tree_verifies():
    roots = [root(MANY[:size]) for size in range(131)]
    for second in range(130):
        for first in range(second + 1):
            proof = consistency_proof(first, MANY[:second])
            assert verify_consistency(first, second, proof, roots[first], roots[second])


def test_a_growing_tree_has_the_root_of_its_leaves_and_goes_on_from_its_frontier():
    tree = Tree()
    for size, leaf in enumerate(MANY):
        assert tree.size == size
        assert tree.root() == root(MANY[:size])
        resumed = Tree(tree.size, tree.frontier)
        resumed.append(leaf)
        untouched = tree.copy()
        tree.append(leaf)
        assert resumed.root() == tree.root() != untouched.root()


def change(proof: list[bytes], how: str, position: int, bit: int) -> list[bytes]:
    """Return a proof that is not the one given."""
    position %= len(proof) + 1
    if how == "add" or not proof:
        return [*proof[:position], leaf_hash(b"foreign"), *proof[position:]]
    position %= len(proof)
    if how == "drop":
        return proof[:position] + proof[position + 1 :]
    if how == "cut":
        return [*proof[:position], proof[position][:-1], *proof[position + 1 :]]
    flipped = bytearray(proof[position])
    flipped[bit // 8] ^= 1 << bit % 8
    return [*proof[:position], bytes(flipped), *proof[position + 1 :]]


CHANGES = st.tuples(
    st.sampled_from(["flip", "drop", "add", "cut"]), st.integers(0, 200), st.integers(0, 8 * 32 - 1)
)


@settings(deadline=None)
@given(st.integers(1, 130), st.data(), CHANGES)
def test_a_changed_inclusion_proof_never_verifies(size, data, changes):
    index = data.draw(st.integers(0, size - 1))
    leaves = MANY[:size]
    proof, top = list(inclusion_proof(index, leaves)), root(leaves)
    assert not verify_inclusion(leaves[index], index, size, change(proof, *changes), top)


@settings(deadline=None)
@given(st.integers(1, 130), st.data())
def test_an_inclusion_proof_fits_no_other_leaf_place_or_root(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = MANY[:size]
    proof, top = inclusion_proof(index, leaves), root(leaves)
    other = data.draw(st.integers(-2, size + 2).filter(lambda place: place != index))
    assert not verify_inclusion(leaves[index], other, size, proof, top)
    assert not verify_inclusion(leaf_hash(b"foreign"), index, size, proof, top)
    assert not verify_inclusion(leaves[index], index, size, proof, leaf_hash(b"foreign"))
    assert not verify_inclusion(b"short", index, size, proof, top)


@settings(deadline=None)
@given(st.integers(1, 130), st.data(), CHANGES)
def test_a_changed_consistency_proof_never_verifies(second, data, changes):
    first = data.draw(st.integers(0, second))
    proof, roots = list(consistency_proof(first, MANY[:second])), (root(MANY[:first]), root(MANY[:second]))
    assert not verify_consistency(first, second, change(proof, *changes), *roots)


@settings(deadline=None)
@given(st.integers(1, 130), st.data())
def test_a_consistency_proof_fits_no_other_size_or_root(second, data):
    first = data.draw(st.integers(0, second))
    proof, roots = consistency_proof(first, MANY[:second]), (root(MANY[:first]), root(MANY[:second]))
    foreign = leaf_hash(b"foreign")
    other = data.draw(st.integers(-2, second + 2).filter(lambda size: size != first))
    assert not verify_consistency(other, second, proof, *roots)
    assert not verify_consistency(first, second, proof, foreign, roots[1])
    if first:  # every log grows out of the empty one, whatever its root
        assert not verify_consistency(first, second, proof, roots[0], foreign)


def test_a_longer_path_than_the_tree_is_high_is_refused():
    pair = node_hash(LEAVES[0], LEAVES[1])
    assert verify_inclusion(LEAVES[0], 0, 2, [LEAVES[1]], pair)
    assert not verify_inclusion(LEAVES[0], 0, 2, [LEAVES[1], LEAVES[2]], node_hash(pair, LEAVES[2]))
    assert not verify_consistency(1, 2, [LEAVES[1], LEAVES[2]], LEAVES[0], node_hash(pair, LEAVES[2]))
    assert not verify_consistency(3, 4, [], root(LEAVES[:3]), root(LEAVES[:4]))


def test_what_cannot_be_is_refused_with_the_figures():
    with pytest.raises(ValueError, match="no leaf 8 in a tree of 8"):
        inclusion_proof(8, LEAVES)
    with pytest.raises(ValueError, match="no prefix of 9"):
        consistency_proof(9, LEAVES)
    with pytest.raises(ValueError, match="1 frontier hashes do not belong to a tree of 3 leaves"):
        Tree(3, [LEAVES[0]])
    with pytest.raises(ValueError, match="not 5"):
        Tree().append(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        Tree(1, [b"short"])
