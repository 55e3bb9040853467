"""Checking Merkle proofs a second time, from the text of RFC 6962 sections 2.1.1 and 2.1.2 alone.

The RFC defines PATH and SUBPROOF by recursion; here the same recursion is run backwards, from the end of a proof to its
beginning, rebuilding the roots it must have come from. The program's own check walks up from the leaf with a counter
(RFC 9162's algorithm): the two share no line and no idea.
"""

import hashlib


class _Wrong(Exception):  # noqa: N818 - a proof of the wrong shape
    pass


def _two(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """`k`: the largest power of two smaller than the count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = _split(len(leaves))
    return _two(tree_hash(leaves[:half]), tree_hash(leaves[half:]))


def path(wanted: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    if wanted < half:
        return [*path(wanted, leaves[:half]), tree_hash(leaves[half:])]
    return [*path(wanted - half, leaves[half:]), tree_hash(leaves[:half])]


def subproof(first: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b)."""
    if first == len(leaves):
        return [] if whole else [tree_hash(leaves)]
    half = _split(len(leaves))
    if first <= half:
        return [*subproof(first, leaves[:half], whole), tree_hash(leaves[half:])]
    return [*subproof(first - half, leaves[half:], False), tree_hash(leaves[:half])]


def includes(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether the proof is PATH(index, D[size]) of a tree with this root and this leaf there."""
    if not 0 <= index < size or any(len(one) != 32 for one in (leaf, root, *proof)):
        return False
    try:
        return _root_above(leaf, index, size, proof) == root
    except _Wrong:
        return False


def _root_above(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    if size == 1:
        if proof:
            raise _Wrong
        return leaf
    if not proof:
        raise _Wrong
    half, outer, inner = _split(size), proof[-1], proof[:-1]
    if index < half:
        return _two(_root_above(leaf, index, half, inner), outer)
    return _two(outer, _root_above(leaf, index - half, size - half, inner))


def extends(first: int, second: int, proof: list[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether the proof is PROOF(first, D[second]) between trees with these roots; first is at least 1."""
    if not 0 < first <= second or any(len(one) != 32 for one in (first_root, second_root, *proof)):
        return False
    try:
        return _both_roots(first, second, proof, first_root, True) == (first_root, second_root)
    except _Wrong:
        return False


def _both_roots(first: int, size: int, proof: list[bytes], known: bytes, whole: bool) -> tuple[bytes, bytes]:
    if first == size:
        if len(proof) != (0 if whole else 1):
            raise _Wrong
        return (known, known) if whole else (proof[0], proof[0])
    if not proof:
        raise _Wrong
    half, outer, inner = _split(size), proof[-1], proof[:-1]
    if first <= half:
        old, new = _both_roots(first, half, inner, known, whole)
        return old, _two(new, outer)
    old, new = _both_roots(first - half, size - half, inner, known, False)
    return _two(outer, old), _two(outer, new)
