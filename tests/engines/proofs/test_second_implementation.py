"""Two implementations that share nothing agree on every random proof, valid and broken (reference test 34)."""

import hashlib
import random

import pytest

from support import rfc_proofs
from vigie.engines.proofs import (
    consistency_proof,
    inclusion_proof,
    root,
    verify_consistency,
    verify_inclusion,
)

SEED = 6962
LARGEST = 300


def leaves_of(rng: random.Random) -> list[bytes]:
    return [hashlib.sha256(rng.randbytes(8)).digest() for _ in range(rng.randint(1, LARGEST))]


def bent(rng: random.Random, proof: list[bytes]) -> list[bytes]:
    """The proof changed in one of the ways a forger would try; sometimes not at all."""
    changed = list(proof)
    place = rng.randrange(len(changed)) if changed else 0
    match rng.randrange(6):
        case 0 if changed:
            changed[place] = bytes(byte ^ 1 for byte in changed[place])
        case 1 if changed:
            del changed[place]
        case 2:
            changed.insert(place, rng.randbytes(32))
        case 3 if len(changed) > 1:
            other = rng.randrange(len(changed))
            changed[place], changed[other] = changed[other], changed[place]
        case 4 if changed:
            changed[place] = changed[place][:-1]
    return changed


def near(rng: random.Random, value: int) -> int:
    return value + rng.choice((0, 0, 0, 0, 1, -1, 2, -2, value))


def agree(rng: random.Random, leaves: list[bytes]) -> list[bool]:
    """One inclusion and one consistency proof, each judged as it is and bent, by both."""
    size, top = len(leaves), root(leaves)
    index, first = rng.randrange(size), rng.randint(1, size)
    path, bridge = list(inclusion_proof(index, leaves)), list(consistency_proof(first, leaves))
    old = root(leaves[:first])
    answers = []
    for leaf, at, of, proof, under in (
        (leaves[index], index, size, path, top),
        (
            rng.choice((leaves[index], rng.choice(leaves))),
            near(rng, index),
            near(rng, size),
            bent(rng, path),
            top,
        ),
    ):
        ours = verify_inclusion(leaf, at, of, proof, under)
        assert ours == rfc_proofs.includes(leaf, at, of, proof, under), (at, of, proof)
        answers.append(ours)
    for low, high, proof, before in (
        (first, size, bridge, old),
        (max(1, near(rng, first)), near(rng, size), bent(rng, bridge), rng.choice((old, old, old, top))),
    ):
        ours = verify_consistency(low, high, proof, before, top)
        assert ours == rfc_proofs.extends(low, high, proof, before, top), (low, high, proof)
        answers.append(ours)
    return answers


def compare(proofs: int) -> tuple[int, int]:
    """How many proofs both accepted and both refused."""
    rng, accepted, judged, leaves = random.Random(SEED), 0, 0, []
    while judged < proofs:
        if judged % 200 == 0:
            leaves = leaves_of(rng)
        answers = agree(rng, leaves)
        accepted += sum(answers)
        judged += len(answers)
    return accepted, judged - accepted


def test_both_make_the_same_proofs():
    rng = random.Random(SEED)
    for _ in range(20):
        leaves = leaves_of(rng)
        index, first = rng.randrange(len(leaves)), rng.randint(1, len(leaves))
        assert rfc_proofs.tree_hash(leaves) == root(leaves)
        assert rfc_proofs.path(index, leaves) == list(inclusion_proof(index, leaves))
        assert rfc_proofs.subproof(first, leaves, True) == list(consistency_proof(first, leaves))


def test_two_implementations_agree_on_two_thousand_proofs():
    accepted, refused = compare(2_000)
    assert accepted > 1_000
    assert refused > 400


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_two_implementations_agree_on_a_hundred_thousand_proofs(record_property):
    accepted, refused = compare(100_000)
    record_property("accepted", accepted)
    record_property("refused", refused)
    assert accepted + refused >= 100_000
    assert refused > 20_000
