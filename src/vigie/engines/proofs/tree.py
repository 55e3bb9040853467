"""Merkle tree arithmetic of RFC 6962 section 2.1 and RFC 9162 section 2.1, over leaf hashes of 32 bytes."""

from collections.abc import Iterable, Sequence
from functools import reduce
from hashlib import sha256
from typing import Self

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 of a zero byte and the data (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 of a one byte and both children (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows by one leaf hash at a time and keeps only its frontier.

    The frontier holds the roots of the complete subtrees, largest first: one hash per set bit of the size.
    `Tree(size, frontier)` goes on from stored values; `ValueError` when the two do not belong together.
    """

    __slots__ = ("_frontier", "_size")

    def __init__(self, size: int = 0, frontier: Iterable[bytes] = ()) -> None:
        self._size = size
        self._frontier = list(frontier)
        if size < 0 or len(self._frontier) != size.bit_count():
            raise ValueError(
                f"{len(self._frontier)} frontier hashes do not belong to a tree of {size} leaves"
            )
        for known in self._frontier:
            _require_hash(known)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def frontier(self) -> tuple[bytes, ...]:
        """What has to be stored, with the size, to go on later."""
        return tuple(self._frontier)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the end; amortised cost is one node hash."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Self:
        """Add leaf hashes in order and return the same tree.

        The node hash is written out here: of a million entries the calls took longer than the hashing.
        """
        pop, push = self._frontier.pop, self._frontier.append
        for each in leaves:
            top, rest = each, self._size
            _require_hash(top)
            while rest & 1:
                top = sha256(b"\x01" + pop() + top).digest()
                rest >>= 1
            push(top)
            self._size += 1
        return self

    def root(self) -> bytes:
        """Return the root of the tree as it stands, in O(log size)."""
        if not self._frontier:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self._frontier))

    def copy(self) -> "Tree":
        """Return an independent tree of the same leaves."""
        return Tree(self._size, self._frontier)


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes; that of no leaves is SHA-256 of nothing."""
    return Tree().extend(leaves).root()


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the path that shows leaf `index` (from 0) under the root of `leaves` (RFC 6962 section 2.1.1).

    Costs one pass over the leaves. `ValueError` when there is no such leaf.
    """
    low, high = 0, len(leaves)
    if not low <= index < high:
        raise ValueError(f"there is no leaf {index} in a tree of {high}")
    path = []
    while high - low > 1:
        split = low + _left_size(high - low)
        if index < split:
            path.append(root(leaves[split:high]))
            high = split
        else:
            path.append(root(leaves[low:split]))
            low = split
    return tuple(reversed(path))


def consistency_proof(first: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the path that shows the first `first` leaves to be a prefix of `leaves` (RFC 6962 section 2.1.2).

    Empty when `first` is 0 or all of them. `ValueError` when there are not that many.
    """
    low, high = 0, len(leaves)
    if not low <= first <= high:
        raise ValueError(f"a tree of {high} leaves has no prefix of {first}")
    path = []
    while 0 < first < high:
        split = low + _left_size(high - low)
        if first <= split:
            path.append(root(leaves[split:high]))
            high = split
        else:
            path.append(root(leaves[low:split]))
            low = split
    if low > 0:
        path.append(root(leaves[low:high]))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Return whether `proof` shows leaf hash `leaf` at `index` of `size` under root `expected`.

    RFC 9162 section 2.1.3.2. Anything malformed is False, never an error.
    """
    if not 0 <= index < size or not _are_hashes(leaf, expected, *proof):
        return False
    node, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            node, last = _skip_lone_levels(node, last)
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and computed == expected


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Return whether `proof` shows the tree of `first` leaves to be a prefix of that of `second` leaves.

    RFC 9162 section 2.1.4.2; an empty first tree needs an empty proof. Malformed input is False, never an error.
    """
    if not 0 <= first <= second or not _are_hashes(first_root, second_root, *proof):
        return False
    if first in {0, second}:
        return not proof and first_root == (second_root if first == second else EMPTY_ROOT)
    path = [first_root, *proof] if first.bit_count() == 1 else list(proof)
    if not path:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            node, last = _skip_lone_levels(node, last)
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _skip_lone_levels(node: int, last: int) -> tuple[int, int]:
    """Climb past the levels on which a node at the right edge has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _left_size(size: int) -> int:
    """Return the largest power of two smaller than `size` (which is 2 or more)."""
    return 1 << ((size - 1).bit_length() - 1)


def _require_hash(value: bytes) -> None:
    if len(value) != HASH_BYTES:
        raise ValueError(f"a tree hash has {HASH_BYTES} bytes, not {len(value)}")


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
